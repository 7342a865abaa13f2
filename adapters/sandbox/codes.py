"""Identity numbers that are valid by their checksums and yet nobody's.

A resident's number begins with the code of the county that issued it. The codes used here belong to counties that
were abolished in 1982 and 1983, before the first numbers were issued in 1984, so every check passes and no living
person can bear one.
"""

from datetime import date, timedelta

from adapters.sandbox.chance import Chance

# County codes that ended before 1984, with their last year (python-stdnum's list of divisions by year).
_ABOLISHED = (
    ("110201", 1982), ("110202", 1982), ("110203", 1982), ("110205", 1982), ("110207", 1982), ("120201", 1982),
    ("120203", 1982), ("120205", 1982), ("132134", 1983), ("132333", 1983), ("132422", 1983), ("132531", 1983),
    ("132625", 1983), ("132722", 1983), ("132726", 1983), ("132729", 1983),
)  # fmt: skip
_EARLIEST_BIRTH = date(1946, 1, 1)
_RESIDENT_WEIGHTS = tuple(2**power % 11 for power in range(17, 0, -1))
_UNIFIED_LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_UNIFIED_WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)

# Prefixes that a number plan accepts; the block behind them (000x) is not a subscriber's.
_MOBILE_PREFIXES = (
    "133",
    "135",
    "136",
    "138",
    "139",
    "150",
    "152",
    "158",
    "159",
    "173",
    "177",
    "180",
    "186",
    "187",
    "189",
)


def resident_number(chance: Chance, key: str, ordinal: int = 0) -> str:
    """A resident identity number (GB 11643) of 18 characters."""
    county, last_year = chance.one_of(_ABOLISHED, key, "id-county", ordinal)
    days = (date(last_year - 1, 12, 31) - _EARLIEST_BIRTH).days
    born_on = _EARLIEST_BIRTH + timedelta(days=chance.whole(0, days, key, "id-born", ordinal))
    sequence = chance.whole(1, 999, key, "id-sequence", ordinal)
    stem = f"{county}{born_on:%Y%m%d}{sequence:03d}"
    total = sum(int(digit) * weight for digit, weight in zip(stem, _RESIDENT_WEIGHTS, strict=True))
    return stem + "10X98765432"[total % 11]


def unified_code(chance: Chance, key: str, ordinal: int = 0) -> str:
    """A unified social credit code (GB 32100); the check digit of the inner code (GB 11714) is right too."""
    county, _ = chance.one_of(_ABOLISHED, key, "uscc-county", ordinal)
    inner = f"MA{chance.whole(0, 999_999, key, 'uscc-number', ordinal):06d}"
    remainder = 11 - sum(int(sign, 36) * weight for sign, weight in zip(inner, _ORGANISATION_WEIGHTS, strict=True)) % 11
    stem = "91" + county + inner + {10: "X", 11: "0"}.get(remainder, str(remainder))
    total = sum(_UNIFIED_LETTERS.index(sign) * weight for sign, weight in zip(stem, _UNIFIED_WEIGHTS, strict=True))
    return stem + _UNIFIED_LETTERS[-total % 31]


def mobile_number(chance: Chance, key: str, ordinal: int = 0) -> str:
    """Eleven digits of a mainland mobile number from a block without subscribers."""
    prefix = chance.one_of(_MOBILE_PREFIXES, key, "mobile-prefix", ordinal)
    return f"{prefix}000{chance.whole(0, 99_999, key, 'mobile-number', ordinal):05d}"
