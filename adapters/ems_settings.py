"""What an agreement with China Post consists of, read from the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from adapters.ems_codec import SIGN_KEY_BYTES
from adapters.environment import Group
from adapters.hints import Network
from adapters.whereabouts import Inside, lies_abroad
from delivery.providers import PostalAddress, Sender
from delivery.settings import Problem

_MAINLAND = r"([a-z0-9-]+\.)*(ems|chinapost)\.com\.cn"


@dataclass(frozen=True, slots=True)
class Settings:
    """One agreement with China Post, and the address of courts that name none of their own. Keys are newest first.

    `jdpt_keys` vouch for pushes in the JDPT form, `legacy_paths` and `legacy_networks` are all that guards the oldest
    form; each form is heard only when it is set. `slip_api` is the interface code under which the agreement gives
    pictures of signed slips: it is in no public description. Empty where the agreement has none.
    """

    url: str
    sender_no: str
    authorization: str = field(repr=False)
    sign_keys: tuple[str, ...] = field(repr=False)
    sender_name: str
    sender_phone: str
    sender: PostalAddress
    product: str = "1"  # bizProductNo: 1 is 特快专递
    receipt: str = "2"  # receiptFlag: 2 is the receipt (回执)
    timeout_seconds: float = 20
    queries_per_minute: int = 60
    jdpt_keys: tuple[str, ...] = field(default=(), repr=False)
    legacy_paths: tuple[str, ...] = field(default=(), repr=False)
    legacy_networks: tuple[Network, ...] = ()
    slip_api: str = ""
    abroad: bool = False

    @property
    def posted_by(self) -> Sender:
        """The installation's own sender."""
        return Sender(self.sender_name, self.sender_phone, self.sender)

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_EMS_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_EMS_", problems)
        if not group.present:
            return None
        settings = cls(
            url=group.url("URL", "https://api.ems.com.cn/amp-prod-api/f/amp/api/open"),
            sender_no=group.required("SENDER_NO"),
            authorization=group.required("AUTHORIZATION"),
            sign_keys=group.keys("SIGN_KEY", SIGN_KEY_BYTES),
            sender_name=group.required("SENDER_NAME"),
            sender_phone=group.required("SENDER_PHONE"),
            sender=PostalAddress(
                province=group.required("SENDER_PROVINCE"),
                city=group.required("SENDER_CITY"),
                county=group.required("SENDER_COUNTY"),
                street=group.required("SENDER_STREET"),
                postcode=group.text("SENDER_POSTCODE"),
            ),
            product=str(group.number("PRODUCT", 1, lowest=1, highest=99)),
            receipt=str(group.number("RECEIPT", 2, lowest=1, highest=8)),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 20, lowest=1, highest=120),
            queries_per_minute=group.number("QUERIES_PER_MINUTE", 60, lowest=1, highest=6000),
            jdpt_keys=group.secrets("JDPT_KEY", required=False),
            legacy_paths=group.path_secrets("LEGACY_SECRET") if group.text("LEGACY_SECRET") else (),
            legacy_networks=group.networks("LEGACY_NETWORKS") if group.text("LEGACY_SECRET") else (),
            slip_api=group.text("SLIP_API"),
            abroad=lies_abroad(group.text("URL"), _MAINLAND, group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None
