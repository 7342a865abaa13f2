"""Signatures, checked by a library that shares no line with ours, with a name service of the test's own."""

import base64
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.smtp import Settings
from adapters.smtp_dkim import Key, Signer
from delivery.settings import Problem
from tests.adapters.contract import NOW, told
from tests.adapters.fake_smtp import FakeRelay
from tests.adapters.smtp_harness import SmtpHarness

MAIL = (
    b"From: a@court.example\r\nTo: b@mail.example\r\nSubject: one\r\n  two\r\nMIME-Version: 1.0\r\n\r\nWords  \r\n\r\n"
)


@cache
def _key(kind: str) -> Key:
    return rsa.generate_private_key(65537, 2048) if kind == "rsa" else Ed25519PrivateKey.generate()


def _record(key: Key) -> bytes:
    """What is published for a key (RFC 6376, 3.6.1; RFC 8463, 4.2)."""
    public = key.public_key()
    if isinstance(key, Ed25519PrivateKey):
        return b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw))
    encoded = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(encoded)


def _name_service(*signers: Signer) -> Callable[..., bytes | None]:
    records = {f"{one.selector}._domainkey.{one.domain}.".encode(): _record(one.key) for one in signers}

    def look_up(name: bytes, **_: object) -> bytes | None:
        return records.get(name)

    return look_up


def _holds(mail: bytes, *signers: Signer, which: int = 0) -> bool:
    try:
        checked: bool = dkim.DKIM(mail).verify(which, dnsfunc=_name_service(*signers))
    except dkim.ValidationError:
        return False
    return checked


@pytest.fixture(params=["rsa", "ed25519"])
def signer(request: pytest.FixtureRequest) -> Signer:
    return Signer("court.example", "s2026", _key(request.param))


@pytest.fixture
def relay() -> Iterator[FakeRelay]:
    with FakeRelay() as relay:
        yield relay


def test_a_mail_goes_out_signed(relay: FakeRelay, signer: Signer) -> None:
    harness = SmtpHarness(relay, signers=(signer,))
    harness.provider.submit(harness.message())
    harness.provider.submit(harness.message(html="", to="李雷@mail.example"))
    harness.provider.close()
    for mail in relay.taken:
        assert _holds(mail.content, signer)
        assert max(len(line) for line in mail.content.split(b"\r\n")) <= 998  # RFC 5322, 2.1.1


def test_each_key_signs(relay: FakeRelay) -> None:
    signers = (Signer("court.example", "old", _key("rsa")), Signer("court.example", "new", _key("ed25519")))
    harness = SmtpHarness(relay, signers=signers)
    harness.provider.submit(harness.message())
    harness.provider.close()
    assert [_holds(relay.taken[0].content, *signers, which=which) for which in (0, 1)] == [True, True]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Words", b"Swords"),
        (b"one", b"won"),
        (b"b@mail", b"c@mail"),
        (b"MIME-Version: 1.0", b"MIME-Version: 1.1"),
        (b"From: a@court.example", b"From: boss@court.example\r\nFrom: a@court.example"),
        (b"Subject: one", b"Subject: pay here\r\nSubject: one"),
        (b"To: b@", b"Reply-To: thief@else.example\r\nTo: b@"),
    ],
)
def test_whatever_is_changed_or_added_breaks_it(signer: Signer, old: bytes, new: bytes) -> None:
    mail = signer.signed(MAIL, NOW)
    assert _holds(mail, signer)
    head, _, rest = mail.partition(b"\r\nFrom:")
    assert not _holds(head + b"\r\n" + (b"From:" + rest).replace(old, new, 1), signer)


def test_white_space_may_change_on_the_way(signer: Signer) -> None:
    mail = signer.signed(MAIL, NOW)
    assert _holds(mail.replace(b"Words  \r\n\r\n", b"Words\r\n").replace(b"one\r\n  two", b"one two"), signer)


def test_another_key_does_not_verify(signer: Signer) -> None:
    fresh = rsa.generate_private_key(65537, 2048) if signer.key is _key("rsa") else Ed25519PrivateKey.generate()
    other = Signer(signer.domain, signer.selector, fresh)
    assert not _holds(signer.signed(MAIL, NOW), other)


@settings(deadline=None, max_examples=60)
@given(
    body=st.text(st.sampled_from("a \t\r\n=")).map(lambda text: re.sub(r"\r?\n|\r", "\r\n", text)),
    subject=st.text(st.sampled_from("a \t")).map(lambda text: f"x{text}"),
)
def test_any_white_space_is_read_as_the_library_reads_it(body: str, subject: str) -> None:
    signer = Signer("court.example", "s2026", _key("ed25519"))
    mail = f"From: a@court.example\r\nSubject: {subject}\r\n\r\n{body}\r\n".encode()
    assert _holds(signer.signed(mail, NOW), signer)


def _written(folder: Path, name: str, content: bytes) -> str:
    path = folder / name
    path.write_bytes(content)
    return str(path)


def _pem(key: Key | ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _read(**more: str) -> tuple[Settings | None, list[Problem]]:
    problems: list[Problem] = []
    environ = {"HOST": "mail.court.example", "FROM": "songda@Court.example", "CALLBACK_SECRET": "secret-new", **more}
    return Settings.from_environ({f"SONGDA_SMTP_{name}": value for name, value in environ.items()}, problems), problems


def test_settings_read_each_key_with_its_selector(tmp_path: Path) -> None:
    files = [_written(tmp_path, f"{kind}.pem", _pem(_key(kind))) for kind in ("rsa", "ed25519")]
    found, problems = _read(DKIM_KEY=",".join(files), DKIM_SELECTOR="r2026, e2026")
    assert problems == []
    assert found is not None
    assert [(one.domain, one.selector) for one in found.signers] == [
        ("court.example", "r2026"),
        ("court.example", "e2026"),
    ]
    above, _ = _read(
        FROM="songda@mail.court.example", DKIM_KEY=files[0], DKIM_SELECTOR="a", DKIM_DOMAIN="court.example"
    )
    assert above is not None
    assert above.signers[0].domain == "court.example"
    unsigned, _ = _read()
    assert unsigned is not None
    assert unsigned.signers == ()


def test_settings_name_what_cannot_sign(tmp_path: Path) -> None:
    short = _written(tmp_path, "short.pem", _pem(rsa.generate_private_key(65537, 1024)))  # noqa: S505 - the point
    curve = _written(tmp_path, "curve.pem", _pem(ec.generate_private_key(ec.SECP256R1())))
    text = _written(tmp_path, "text.pem", b"no key")
    key, selector, domain = (f"SONGDA_SMTP_DKIM_{name}" for name in ("KEY", "SELECTOR", "DOMAIN"))
    for file, message in [
        (short, "must be an RSA key of at least 2048 bits"),
        (curve, "must be an RSA key of at least 2048 bits"),
        (text, "names a file that holds no private key"),
        (str(tmp_path / "absent.pem"), "names a file that cannot be read"),
    ]:
        settings_of, problems = _read(DKIM_KEY=file, DKIM_SELECTOR="s2026")
        assert settings_of is None
        assert told(problems) == [(key, message)]
    good = _written(tmp_path, "good.pem", _pem(_key("rsa")))
    assert told(_read(DKIM_KEY=good)[1]) == [(selector, "must name one selector")]
    assert told(_read(DKIM_SELECTOR="s2026")[1]) == [(selector, "must name one selector")]
    assert told(_read(DKIM_KEY=good, DKIM_SELECTOR="S 2026")[1]) == [(selector, "must hold names")]
    for foreign in ("else.example", "rt.example", "mail.court.example"):
        wrong = _read(DKIM_KEY=good, DKIM_SELECTOR="s2026", DKIM_DOMAIN=foreign)[1]
        assert told(wrong) == [(domain, "must be the sender's domain")]
    assert told(_read(DKIM_DOMAIN="court.example")[1]) == [(key, "must be set")]
