"""The register of rules.

Every article that the engine can cite, with the span in which its cited text has been in force.
An act is judged by the law of its day: where a period or a power changed, `versions` holds the values side by side.
The register says which text the article number belongs to, so that a reader opens the right one.
"""

from dataclasses import dataclass
from datetime import date

_NEW_YEAR_2024 = date(2024, 1, 1)

# Instrument -> first day of the cited text; None: older than anything that the engine is asked about.
IN_FORCE_FROM: dict[str, date | None] = {
    "CPL": _NEW_YEAR_2024,  # amendment of 2023
    "INT": date(2022, 4, 10),
    "EMS04": date(2005, 1, 1),
    "OP19": date(2017, 7, 19),
    "OP16": date(2016, 9, 12),
    "ONL": date(2021, 8, 1),
    "SIM": date(2021, 1, 1),  # text of 2020
    "HKM": date(2009, 3, 16),
    "TW": date(2008, 4, 23),
    "EVID": date(2020, 5, 1),
    "PROC": date(2018, 9, 1),
    "POST": date(2015, 4, 24),
    "SPC-2019": None,
    "CPR": date(2008, 10, 1),
    "CPLR": None,
    "CCP": None,
    "AB747": date(2027, 1, 1),
}

ARTICLES: dict[str, tuple[str, ...]] = {
    "CPL": (
        *("60", "85", "87", "88", "89", "90", "91", "92", "93", "94", "95", "102", "128", "139", "162", "163", "166"),
        *("171", "174", "227", "283", "285", "286"),
    ),
    "INT": (
        *("130", "131", "132", "133", "134", "135", "137", "138", "139", "140", "141", "244", "261", "429", "430"),
        *("533", "534"),
    ),
    "EMS04": ("1", "4", "5", "6", "7", "8", "9", "10", "11"),
    "OP19": ("6", "7", "8", "9", "14"),
    "OP16": ("3",),
    "ONL": ("4", "29", "30", "31"),
    "SIM": ("8", "10", "11", "18", "28", "29", "31"),
    "HKM": ("3", "4", "6", "7", "8", "9", "10", "12"),
    "TW": ("3", "5", "6", "8"),
    "EVID": ("55",),
    "PROC": ("14",),
    "POST": ("55",),
    "SPC-2019": ("168", "3513"),
    "CPR": ("6.3", "6.14", "6.26"),
    "CPLR": ("308-1", "308-2", "308-4", "311"),
    "CCP": ("415.10", "415.20", "415.30"),
    "AB747": ("",),
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One article of one instrument. `id` is what a legal effect cites."""

    id: str
    instrument: str
    article: str
    in_force_from: date | None


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(f"{instrument}-{article}" if article else instrument, instrument, article, IN_FORCE_FROM[instrument])
        for instrument, articles in ARTICLES.items()
        for article in articles
    )
}
