"""The days that were given to a case for its hearing, and what became of them."""

from uuid import uuid5

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_BATCH = 500


def upgrade() -> None:
    hearing = op.create_table(
        "hearing",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("hearing_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=True),
        sa.Column("woken_by", sa.Uuid(), nullable=True),
        sa.Column("lost_on", sa.Date(), nullable=True),
        sa.Column("lost_order_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"], ["case.court_id", "case.id"], name=op.f("fk_hearing_court_id_case_id_case")
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "lost_order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_hearing_court_id_lost_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_hearing_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_hearing")),
    )
    op.create_index(op.f("ix_hearing_court_id_case_id"), "hearing", ["court_id", "case_id"])
    op.create_index(op.f("ix_hearing_court_id_hearing_at"), "hearing", ["court_id", "hearing_at"])
    _remember(hearing)


def _remember(hearing: sa.Table) -> None:
    """The hearings that stand today. What was moved before is not known any more."""
    case = sa.table(
        "case",
        sa.column("court_id", sa.Uuid()),
        sa.column("id", sa.Uuid()),
        sa.column("hearing_at", sa.DateTime(timezone=True)),
        sa.column("created_at", sa.DateTime(timezone=True)),
    )
    connection = op.get_bind()
    found = connection.execute(sa.select(case).where(case.c.hearing_at.is_not(None)).order_by(case.c.id)).all()
    rows = [
        {
            "court_id": row.court_id,
            "id": uuid5(row.id, "hearing"),
            "case_id": row.id,
            "hearing_at": row.hearing_at,
            "set_at": row.created_at,
            "result": "",
        }
        for row in found
    ]
    for first in range(0, len(rows), _BATCH):
        connection.execute(sa.insert(hearing), rows[first : first + _BATCH])
