"""Where a webhook may go: no special-purpose range of IANA, in whatever way its address is written."""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from delivery.domain.destination import Destination, Refusal, parse_destination, refusal
from delivery.domain.errors import BadValue

# The two registries as of 2025-05, and the multicast ranges, written out once more from the source.
V4 = (
    "0.0.0.0/8", "0.0.0.0/32", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.0.0/29", "192.0.0.8/32", "192.0.0.9/32", "192.0.0.10/32", "192.0.0.170/31", "192.0.2.0/24",
    "192.31.196.0/24", "192.52.193.0/24", "192.88.99.0/24", "192.88.99.2/32", "192.168.0.0/16", "192.175.48.0/24",
    "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4", "255.255.255.255/32", "224.0.0.0/4",
)  # fmt: skip
V6 = (
    "::1/128", "::/128", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/23",
    "2001::/32", "2001:1::1/128", "2001:1::2/128", "2001:1::3/128", "2001:2::/48", "2001:3::/32", "2001:4:112::/48",
    "2001:10::/28", "2001:20::/28", "2001:30::/28", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
    "5f00::/16", "fc00::/7", "fe80::/10", "ff00::/8",
)  # fmt: skip
METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254", "fd20:ce::254")
PUBLIC = (
    "8.8.8.8", "1.1.1.1", "223.5.5.5", "9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
    "223.255.255.255", "2400:3200::1", "2606:4700:4700::1111", "2001:200::1", "2003::1",
)  # fmt: skip


def _inside(network: IPv4Network | IPv6Network) -> st.SearchStrategy[IPv4Address | IPv6Address]:
    first, last = int(network.network_address), int(network.broadcast_address)
    kind = IPv4Address if network.version == 4 else IPv6Address
    return st.one_of(st.just(first), st.just(last), st.integers(first, last)).map(kind)


SPECIAL = st.sampled_from((*V4, *V6)).flatmap(lambda text: _inside(ip_network(text)))


@given(address=SPECIAL)
def test_no_special_address_is_connected_to(address: IPv4Address | IPv6Address) -> None:
    assert refusal(address) is not None


@given(address=SPECIAL)
def test_a_sandbox_reaches_its_own_machine_and_nothing_else_that_is_special(
    address: IPv4Address | IPv6Address,
) -> None:
    own = address in ip_network("127.0.0.0/8") if address.version == 4 else address == ip_address("::1")
    assert (refusal(address, sandbox=True) is None) == own


@given(four=_inside(IPv4Network("0.0.0.0/0")))
def test_an_ipv4_address_inside_an_ipv6_one_opens_nothing(four: IPv4Address) -> None:
    number = int(four)
    inside = (0xFFFF << 32 | number, number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80)
    for wrapped in map(IPv6Address, inside):
        assert refusal(wrapped) is not None, wrapped


@given(address=_inside(IPv4Network("0.0.0.0/0")))
def test_everything_else_in_ipv4_may_be_reached(address: IPv4Address) -> None:
    special = any(address in IPv4Network(text) for text in V4) or str(address) in METADATA
    assert (refusal(address) is not None) == special


@given(address=_inside(IPv6Network("2000::/3")))
def test_everything_else_in_global_ipv6_may_be_reached(address: IPv6Address) -> None:
    assert (refusal(address) is not None) == any(address in IPv6Network(text) for text in V6)


@pytest.mark.parametrize("text", PUBLIC)
def test_ordinary_addresses_may_be_reached(text: str) -> None:
    assert refusal(ip_address(text)) is None


@pytest.mark.parametrize("text", METADATA)
def test_a_cloud_s_credentials_are_out_of_reach_whatever_is_allowed(text: str) -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert refusal(ip_address(text), allowed=everything, sandbox=True) is Refusal.METADATA


def test_a_court_reaches_its_own_network_and_no_neighbour_s() -> None:
    own = (ip_network("10.20.0.0/16"), ip_network("fd12:3456::/32"))
    assert refusal(ip_address("10.20.3.4"), allowed=own) is None
    assert refusal(ip_address("fd12:3456::9"), allowed=own) is None
    assert refusal(ip_address("10.21.3.4"), allowed=own) is Refusal.PRIVATE
    assert refusal(ip_address("fd13::9"), allowed=own) is Refusal.PRIVATE


@pytest.mark.parametrize("text", ["127.0.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.9", "::ffff:10.0.0.1", "fe80::1"])
def test_what_is_allowed_opens_internal_ranges_only(text: str) -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert refusal(ip_address(text), allowed=everything) is not None


@pytest.mark.parametrize(
    ("url", "host", "port", "target", "authority"),
    [
        ("https://case.court.example/hook", "case.court.example", 443, "/hook", "case.court.example"),
        ("https://case.court.example", "case.court.example", 443, "/", "case.court.example"),
        ("https://case.court.example:8443/a?b=c", "case.court.example", 8443, "/a?b=c", "case.court.example:8443"),
        ("https://case.court.example?b=c", "case.court.example", 443, "/?b=c", "case.court.example"),
        ("https://8.8.8.8/", "8.8.8.8", 443, "/", "8.8.8.8"),
        ("https://[2400:3200:0::1]:444/", "2400:3200::1", 444, "/", "[2400:3200::1]:444"),
        ("https://xn--fiq228c.example/", "xn--fiq228c.example", 443, "/", "xn--fiq228c.example"),
        ("https://cases/", "cases", 443, "/", "cases"),
        ("https://10.20.3.4/", "10.20.3.4", 443, "/", "10.20.3.4"),
    ],
)
def test_an_address_is_read_into_its_parts(url: str, host: str, port: int, target: str, authority: str) -> None:
    read = parse_destination(url, sandbox=False)
    assert read == Destination("https", host, port, target)
    assert read.authority == authority


@pytest.mark.parametrize(
    "url",
    [
        "", "https://", "https:///x", "ftp://a.example/", "HTTPS://a.example/", "https://A.example/",
        "https://user@a.example/", "https://user:word@a.example/", "https://a.example/#part", "https://a.example/\\@b",
        "https://a.example\\@b.example/", "https://a.example/a b", "https://a.example/\r\nHost: b", "https://a.example/\n",
        "https://a..example/", "https://-a.example/", "https://a.example./", "https://a_b.example/",
        "https://a.example:0/", "https://a.example:65536/", "https://a.example:/", "https://a.example:8x/",
        "https://法院.example/", "https://ａ.example/", "https://[fe80::1%25eth0]/", "https://[::1/", "https://::1/",
        "https://a.example/" + "x" * 500,
    ],
)  # fmt: skip
def test_what_is_not_plainly_an_address_is_none(url: str) -> None:
    with pytest.raises(BadValue, match="webhook_url_invalid"):
        parse_destination(url, sandbox=True)


@pytest.mark.parametrize(
    "host",
    [
        "2130706433", "017700000001", "0x7f000001", "0177.0.0.1", "127.1", "127.0.1", "0x7f.0.0.1", "127.0.0.0x1",
        "10.0.0.01", "1.2.3.4.5", "256.1.1.1", "a.1", "a.0x7f", "0x",
    ],
)  # fmt: skip
def test_a_host_that_resolvers_read_as_a_number_must_be_written_as_one(host: str) -> None:
    """Decimal, octal, hexadecimal and shortened forms of IPv4 addresses."""
    with pytest.raises(BadValue, match="webhook_url_invalid"):
        parse_destination(f"https://{host}/", sandbox=True)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "169.254.169.254",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.9",
        "224.0.0.1",
        "[fe80::1]",
    ],
)
def test_a_number_that_no_court_may_reach_is_refused_at_once(host: str) -> None:
    with pytest.raises(BadValue, match="webhook_url_refused"):
        parse_destination(f"https://{host}/", sandbox=False)


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "localhost:8000"])
def test_plain_http_is_for_a_sandbox_and_its_own_machine(host: str) -> None:
    assert parse_destination(f"http://{host}/hook", sandbox=True).port == 8000
    with pytest.raises(BadValue, match="webhook_url_not_https"):
        parse_destination(f"http://{host}/hook", sandbox=False)


@pytest.mark.parametrize("host", ["a.example", "10.0.0.1", "8.8.8.8", "localhost.example"])
def test_plain_http_to_elsewhere_is_refused_in_a_sandbox_too(host: str) -> None:
    with pytest.raises(BadValue, match="webhook_url_not_https"):
        parse_destination(f"http://{host}/hook", sandbox=True)


@given(text=st.text(max_size=80))
def test_no_text_is_read_as_something_dangerous(text: str) -> None:
    """Whatever is written, it is refused by a code, or it is a plain host with a plain target."""
    for url in (text, f"https://{text}", f"https://a.example/{text}"):
        try:
            read = parse_destination(url, sandbox=False)
        except BadValue:
            continue
        assert read.scheme == "https"
        assert not set(read.host) & set("\r\n\t @#\\/?")
        assert not set(read.target) & set("\r\n\t #\\")
        assert read.address is None or refusal(read.address, allowed=(ip_network("0.0.0.0/0"),)) is None
