"""Whom the court asked where a party is, and what came back."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_TARGETS = (
    ("order_id", "service_order"),
    ("case_id", "case"),
    ("party_id", "party"),
    ("address_id", "address"),
    ("evidence_id", "evidence"),
)


def upgrade() -> None:
    op.create_table(
        "address_search",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=24), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("answer", sa.String(length=12), nullable=False),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_by", sa.Uuid(), nullable=True),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("evidence_id", sa.Uuid(), nullable=True),
        sa.Column("note_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        *(
            sa.ForeignKeyConstraint(
                ["court_id", column],
                [f"{table}.court_id", f"{table}.id"],
                name=op.f(f"fk_address_search_court_id_{column}_{table}"),
            )
            for column, table in _TARGETS
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_address_search_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_address_search")),
    )
    op.create_index(
        op.f("ix_address_search_court_id_case_id_party_id"), "address_search", ["court_id", "case_id", "party_id"]
    )
    op.create_index(
        op.f("ix_address_search_court_id_case_id_party_id_source"),
        "address_search",
        ["court_id", "case_id", "party_id", "source"],
        unique=True,
        sqlite_where=sa.text("answer = ''"),
        postgresql_where=sa.text("answer = ''"),
    )
