"""Endpoints of a court's case system, what they are told, and every try."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "webhook_endpoint",
        sa.Column("url_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("description", sa.String(length=120), nullable=False),
        sa.Column("types", sa.JSON(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("previous_secret_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("previous_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=24), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failing_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("rest_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_webhook_endpoint_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_webhook_endpoint")),
    )
    op.create_table(
        "announcement",
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_announcement_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_announcement_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_announcement")),
    )
    op.create_table(
        "announcement_delivery",
        sa.Column("announcement_id", sa.Uuid(), nullable=False),
        sa.Column("endpoint_id", sa.Uuid(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("try_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "announcement_id"],
            ["announcement.court_id", "announcement.id"],
            name=op.f("fk_announcement_delivery_court_id_announcement_id_announcement"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "endpoint_id"],
            ["webhook_endpoint.court_id", "webhook_endpoint.id"],
            name=op.f("fk_announcement_delivery_court_id_endpoint_id_webhook_endpoint"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_announcement_delivery_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_announcement_delivery")),
        sa.UniqueConstraint(
            "court_id",
            "announcement_id",
            "endpoint_id",
            name=op.f("uq_announcement_delivery_court_id_announcement_id_endpoint_id"),
        ),
    )
    op.create_index(
        op.f("ix_announcement_delivery_court_id_endpoint_id_status_created_at"),
        "announcement_delivery",
        ["court_id", "endpoint_id", "status", "created_at"],
    )
    op.create_table(
        "announcement_try",
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("duration_ms", sa.Integer(), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(length=32), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "delivery_id"],
            ["announcement_delivery.court_id", "announcement_delivery.id"],
            name=op.f("fk_announcement_try_court_id_delivery_id_announcement_delivery"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_announcement_try_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_announcement_try")),
    )
    op.create_index(op.f("ix_announcement_try_court_id_delivery_id"), "announcement_try", ["court_id", "delivery_id"])
