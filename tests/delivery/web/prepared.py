"""An empty sandbox installation with two courts, on any database."""

import pkgutil
from datetime import date, timedelta
from importlib import import_module
from pathlib import Path

import delivery.store
from delivery.domain.law.calendar import Calendar, Territory
from delivery.runtime import Runtime
from delivery.settings import Settings
from delivery.store.courts import Court, Installation
from delivery.store.model import Model
from delivery.store.vault import generate_keys

COURTS = (
    ("qinghe", "云州市青河区人民法院", "Qinghe District People's Court, Yunzhou"),
    ("baishan", "云州市白山区人民法院", "Baishan District People's Court, Yunzhou"),
)


class Weekends:
    """A calendar of weekends alone."""

    law = Calendar(
        {
            Territory.MAINLAND: {
                year: frozenset(
                    day
                    for day in (date(year, 1, 1) + timedelta(days=offset) for offset in range(366))
                    if day.weekday() >= 5
                )
                for year in range(2020, 2029)
            }
        }
    )

    def is_rest_day(self, day: date) -> bool:
        """Saturdays and Sundays."""
        return day.weekday() >= 5


def settings_for(database_url: str, folder: Path) -> Settings:
    """Settings with fresh keys; blobs lie in the folder."""
    return Settings(
        database_url=database_url,
        base_url="http://127.0.0.1:8100",
        keys=generate_keys(),
        blobs=f"file://{folder / 'blobs'}",
    )


def prepare(runtime: Runtime) -> None:
    """Make the tables and the two courts."""
    for module in pkgutil.iter_modules(delivery.store.__path__, "delivery.store."):
        import_module(module.name)
    Model.metadata.create_all(runtime.database.engine)
    with runtime.transaction() as session:
        session.add(Installation(sandbox=True, created_at=runtime.now()))
        session.add_all(Court(code=code, name=name, name_en=english) for code, name, english in COURTS)
