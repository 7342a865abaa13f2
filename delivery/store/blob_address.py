"""What the address of an object store says beyond bucket and prefix: for settings to check and for opening it."""

from dataclasses import dataclass
from typing import Self
from urllib.parse import parse_qsl, urlsplit

_NAMES = frozenset({"endpoint", "region", "virtual_hosted"})


@dataclass(frozen=True, slots=True)
class S3Place:
    """Where the store is: each in place of the AWS variable of its kind, empty for that variable's own value.

    `virtual_hosted`: the bucket is part of the endpoint's host name, as some stores demand.
    """

    endpoint: str = ""
    region: str = ""
    virtual_hosted: bool = False

    @classmethod
    def named_in(cls, url: str) -> Self:
        """Read `s3://bucket/prefix?endpoint=URL&region=NAME&virtual_hosted=yes`. Raises `ValueError`."""
        query = urlsplit(url).query
        given = dict(parse_qsl(query, keep_blank_values=True))
        endpoint, virtual = given.get("endpoint", ""), given.get("virtual_hosted", "no")
        good = given.keys() <= _NAMES and all(given.values()) and virtual in {"yes", "no"}
        if not good or (endpoint and urlsplit(endpoint).scheme not in {"http", "https"}):
            message = "after the ? come endpoint=URL, region=NAME and virtual_hosted=yes, joined by &"
            raise ValueError(message)
        return cls(endpoint, given.get("region", ""), virtual == "yes")
