"""Every table of the installation in one place.

Importing this module imports all of them, which migrations, audit, reseal and backup need; nothing else does.
"""

from sqlalchemy import MetaData

from delivery.store import (
    access_tokens,
    accounts,
    announcements,
    cases,
    cohorts,
    courts,
    desk,
    evidence,
    field,
    geocodes,
    hearings,
    imports,
    inbox,
    journal,
    links,
    notices,
    orders,
    parties,
    photo_grades,
    searches,
    tasks,
    uploads,
)
from delivery.store.model import Model

TABLE_MODULES = (
    access_tokens,
    accounts,
    announcements,
    cases,
    cohorts,
    courts,
    desk,
    evidence,
    field,
    geocodes,
    hearings,
    imports,
    inbox,
    journal,
    links,
    notices,
    orders,
    parties,
    photo_grades,
    searches,
    tasks,
    uploads,
)

METADATA: MetaData = Model.metadata
