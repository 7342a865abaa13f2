"""The port through which somebody is asked where an address lies.

Nothing is served by it, so a question may be asked again whatever became of the last one.
"""

from typing import Protocol

from delivery.domain.geocode import Located


class Geocoder(Protocol):
    """Who knows where an address lies. `abroad` says whether addresses leave the country with the question."""

    name: str
    abroad: bool

    def locate(self, address: str, city: str) -> Located | None:
        """Where an address in one line lies, looked for in a city; None says that there is no such place.

        Raises `SendError`: `Permanent` when it will never be known, `Misconfigured` when our account is wrong.
        """
