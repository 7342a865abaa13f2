"""AMap's web service, version 3: where an address of the mainland lies (lbs.amap.com, geocoding).

Asked inside the country, about addresses inside the country; its coordinates are GCJ-02 and are kept as they came. A
question is a GET with the key, signed when the account has a private key. Refusals come as HTTP 200 with `status` 0
and an `infocode`; what those mean is a table here.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import requests

from adapters.environment import Group
from adapters.http import Timeouts, accepted, exchange, use_no_proxy_for_loopback
from adapters.whereabouts import Inside, lies_abroad
from delivery.domain.errors import Misconfigured, OutcomeUnknown, Permanent, SendError, Transient
from delivery.domain.geocode import Located, Tier
from delivery.domain.geodesy import Datum, Position
from delivery.settings import Problem

NAME = "amap"
GEOCODE = "/v3/geocode/geo"
_GOOD = "10000"
_NEXT_DAY = timedelta(hours=6)
_SOON = timedelta(minutes=1)
_LONGEST_ADDRESS = 200

# `level` (匹配级别) as the service writes it.
_TIERS: Mapping[str, Tier] = {
    "单元号": Tier.ROOFTOP,
    "门牌号": Tier.PARCEL,
    "门址": Tier.PARCEL,
    "兴趣点": Tier.INTERPOLATED,
    "住宅区": Tier.INTERPOLATED,
    "公交站台": Tier.STREET,
    "公交站": Tier.STREET,
    "地铁站": Tier.STREET,
    "道路交叉路口": Tier.STREET,
    "道路交叉口": Tier.STREET,
    "道路": Tier.STREET,
    "村庄": Tier.LOCALITY,
    "热点商圈": Tier.LOCALITY,
    "乡镇": Tier.LOCALITY,
    "开发区": Tier.DISTRICT,
    "区县": Tier.DISTRICT,
    "市": Tier.REGION,
    "省": Tier.REGION,
    "国家": Tier.REGION,
}

# infocode -> what it means for the next question.
_OUR_FAULT = {
    "10001": "credentials_refused",  # INVALID_USER_KEY
    "10002": "service_not_available",  # not opened for this key
    "10005": "ip_not_allowed",
    "10006": "credentials_refused",  # INVALID_USER_DOMAIN
    "10007": "signature_refused",
    "10008": "credentials_refused",  # INVALID_USER_SCODE
    "10009": "credentials_refused",  # USERKEY_PLAT_NOMATCH
    "10011": "https_not_allowed",
    "10012": "credentials_refused",  # INSUFFICIENT_PRIVILEGES
    "10013": "credentials_refused",  # USER_KEY_RECYCLED
    "10041": "service_not_available",
    "20011": "credentials_refused",  # INSUFFICIENT_ABROAD_PRIVILEGES
    "40000": "quota_used_up",
    "40002": "quota_used_up",  # SERVICE_EXPIRED
}
_LATER = {
    "10003": _NEXT_DAY,  # DAILY_QUERY_OVER_LIMIT
    "10044": _NEXT_DAY,  # USER_DAILY_QUERY_OVER_LIMIT
    "10004": _SOON,  # ACCESS_TOO_FREQUENT
    "10010": _NEXT_DAY,  # IP_QUERY_OVER_LIMIT
    "10014": _SOON,  # QPS_HAS_EXCEEDED_THE_LIMIT
    "10015": _SOON,  # GATEWAY_TIMEOUT
    "10016": _SOON,  # SERVER_IS_BUSY
    "10017": _SOON,  # RESOURCE_UNAVAILABLE
    "10019": _SOON,
    "10020": _SOON,
    "10021": _SOON,
    "20003": _SOON,  # UNKNOWN_ERROR
}
_NEVER = {
    "20000": "refused",  # INVALID_PARAMS: the address cannot be read
    "20001": "refused",
    "20012": "refused",  # ILLEGAL_CONTENT
    "20800": "address_not_found",  # OUT_OF_SERVICE: beyond the mainland
    "30001": "address_not_found",  # ENGINE_RESPONSE_DATA_ERROR
}


def sign(fields: Mapping[str, str], private_key: str) -> str:
    """`sig`: MD5 over the raw `k=v`, sorted by name and joined with &, and the private key. MD5 is the protocol's."""
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields))
    return hashlib.md5((text + private_key).encode()).hexdigest()  # noqa: S324


@dataclass(frozen=True, slots=True)
class Settings:
    """One account. Without a private key questions are not signed."""

    key: str = field(repr=False)
    private_key: str = field(repr=False, default="")
    api_base: str = "https://restapi.amap.com"
    timeout_seconds: float = 5
    abroad: bool = False

    @classmethod
    def from_environ(cls, environ: Mapping[str, str], problems: list[Problem]) -> "Settings | None":
        """Read `SONGDA_AMAP_*`; None when the group is absent, or wrong, which `problems` then says."""
        group = Group(environ, "SONGDA_AMAP_", problems)
        if not group.present:
            return None
        settings = cls(
            key=group.required("KEY"),
            private_key=group.text("PRIVATE_KEY"),
            api_base=group.url("API_BASE", "https://restapi.amap.com"),
            timeout_seconds=group.number("TIMEOUT_SECONDS", 5, lowest=1, highest=30),
            abroad=lies_abroad(group.text("API_BASE"), r"restapi\.amap\.com", group.choice("INSIDE", Inside.NO)),
        )
        return settings if group.sound() else None


class AMap:
    """The `Geocoder` of the mainland."""

    name = NAME

    def __init__(self, settings: Settings) -> None:
        self.abroad = settings.abroad
        self._settings = settings
        self._session = use_no_proxy_for_loopback(requests.Session(), settings.api_base)

    def locate(self, address: str, city: str) -> Located | None:
        """Where the address lies, GCJ-02. Of several places the first, at a street's exactness at best."""
        settings = self._settings
        fields = {"address": address[:_LONGEST_ADDRESS], "key": settings.key, "output": "JSON"}
        if city:
            fields["city"] = city
        if settings.private_key:
            fields["sig"] = sign(fields, settings.private_key)
        request = requests.Request("GET", settings.api_base + GEOCODE, params=fields)
        waits = Timeouts(connect=settings.timeout_seconds, read=settings.timeout_seconds)
        return _read(accepted(exchange(self._session, request, waits)).body)


def _read(body: bytes) -> Located | None:
    """Raises a `SendError` for a refusal or an answer that is none."""
    try:
        answer = json.loads(body)
        code, places = str(answer["infocode"]), answer.get("geocodes") or []
        if code != _GOOD or str(answer.get("status")) != "1":
            raise _refusal(code)
        return _located(places) if places else None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        pass
    raise OutcomeUnknown("answer_unreadable")


def _located(places: list[Any]) -> Located:
    first = places[0]
    lon, lat = (float(part) for part in first["location"].split(","))
    level = first.get("level")
    known = level if isinstance(level, str) else ""  # what is empty comes as []
    tier = _TIERS.get(known, Tier.REGION)
    if len(places) > 1 and tier in {Tier.ROOFTOP, Tier.PARCEL, Tier.INTERPOLATED}:
        tier = Tier.STREET  # it is not sure which one is meant
    return Located(Position(lat, lon), Datum.GCJ02, tier, known)


def _refusal(code: str) -> SendError:
    if code in _OUR_FAULT:
        return Misconfigured(_OUR_FAULT[code], detail=code)
    if code in _LATER:
        return Transient("rate_limited", detail=code, retry_after=_LATER[code])
    if code in _NEVER:
        return Permanent(_NEVER[code], detail=code)
    return OutcomeUnknown("answer_unknown", detail=code[:12])
