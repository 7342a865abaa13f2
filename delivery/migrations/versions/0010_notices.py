"""Sheets that are left at doors, every try to bind a blank one, and where postal addresses lie."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "geocode",
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("datum", sa.String(length=8), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("level", sa.String(length=20), nullable=False),
        sa.Column("uncertainty_m", sa.Integer(), nullable=True),
        sa.Column("position_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "address_id"],
            ["address.court_id", "address.id"],
            name=op.f("fk_geocode_court_id_address_id_address"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_geocode_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_geocode")),
    )
    op.create_index(op.f("ix_geocode_court_id_address_id"), "geocode", ["court_id", "address_id"])
    op.create_table(
        "notice",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("code_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("reason", sa.String(length=16), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("link_id", sa.Uuid(), nullable=True),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("minted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("minted_by", sa.Uuid(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("bound_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("bound_by", sa.Uuid(), nullable=True),
        sa.Column("record_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_notice_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "link_id"],
            ["service_link.court_id", "service_link.id"],
            name=op.f("fk_notice_court_id_link_id_service_link"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_notice_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_notice_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_notice")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_notice_code_hash")),
        sa.UniqueConstraint("court_id", "number", name=op.f("uq_notice_court_id_number")),
    )
    op.create_index(op.f("ix_notice_court_id_attempt_id"), "notice", ["court_id", "attempt_id"])
    op.create_index(op.f("ix_notice_court_id_batch_id"), "notice", ["court_id", "batch_id"])
    op.create_index(op.f("ix_notice_court_id_order_id"), "notice", ["court_id", "order_id"])
    op.create_table(
        "notice_binding",
        sa.Column("notice_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("result", sa.String(length=16), nullable=False),
        sa.Column("tried_by", sa.Uuid(), nullable=True),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_notice_binding_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "notice_id"],
            ["notice.court_id", "notice.id"],
            name=op.f("fk_notice_binding_court_id_notice_id_notice"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_notice_binding_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_notice_binding")),
    )
    op.create_index(op.f("ix_notice_binding_court_id_notice_id"), "notice_binding", ["court_id", "notice_id"])
