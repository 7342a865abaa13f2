"""Figures read one row per day: the court-local day of opening on each order, and the sums of the orders of a day.

Also an index by which the desk counts its open items of one kind without reading the others.
"""

from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from delivery.store.model import UTCDateTime

revision = "0004"
down_revision = "0003"

_BATCH = 1000


def upgrade() -> None:
    op.create_table(
        "cohort_day",
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("sums", sa.JSON(), nullable=False),
        sa.Column("summed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_cohort_day_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "opened_on", name=op.f("pk_cohort_day")),
    )
    op.add_column("court", sa.Column("cohorts_summed_at", sa.DateTime(timezone=True), nullable=True))
    # The default serves only the rows that are there; each is filled below, and new rows always bring their day.
    op.add_column(
        "service_order", sa.Column("opened_on", sa.Date(), nullable=False, server_default=sa.text("'1970-01-01'"))
    )
    _fill()
    with op.batch_alter_table("service_order") as table:
        table.alter_column("opened_on", server_default=None)
    op.drop_index(op.f("ix_service_order_court_id_opened_at"), "service_order")
    op.create_index(op.f("ix_service_order_court_id_opened_on"), "service_order", ["court_id", "opened_on"])
    op.create_index(op.f("ix_desk_item_court_id_kind_closed_at"), "desk_item", ["court_id", "kind", "closed_at"])


def _fill() -> None:
    """The day of each order in its court's own zone."""
    connection = op.get_bind()
    court = sa.table("court", sa.column("id", sa.Uuid()), sa.column("time_zone", sa.String()))
    order = sa.table(
        "service_order",
        sa.column("court_id", sa.Uuid()),
        sa.column("id", sa.Uuid()),
        sa.column("opened_at", UTCDateTime()),
        sa.column("opened_on", sa.Date()),
    )
    change = (
        sa.update(order)
        .where(order.c.court_id == sa.bindparam("of_court"), order.c.id == sa.bindparam("of_order"))
        .values(opened_on=sa.bindparam("day"))
    )
    for court_id, zone in connection.execute(sa.select(court.c.id, court.c.time_zone)).all():
        rows = connection.execute(sa.select(order.c.id, order.c.opened_at).where(order.c.court_id == court_id)).all()
        days = [
            {"of_court": court_id, "of_order": row.id, "day": row.opened_at.astimezone(ZoneInfo(zone)).date()}
            for row in rows
        ]
        for begin in range(0, len(days), _BATCH):
            connection.execute(change, days[begin : begin + _BATCH])
