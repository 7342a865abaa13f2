"""What phones send in pieces: how far each upload has come, and its pieces until they are joined."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "upload",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("device_id", sa.Uuid(), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("ticket_nonce", sa.String(length=32), nullable=False),
        sa.Column("ticket_expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("told_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.Uuid(), nullable=True),
        sa.Column("cleared", sa.Boolean(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_upload_account_id_account")),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_upload_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_upload_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "receipt"],
            ["evidence.court_id", "evidence.id"],
            name=op.f("fk_upload_court_id_receipt_evidence"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_upload_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_upload")),
    )
    op.create_index(op.f("ix_upload_cleared_state"), "upload", ["cleared", "state"], unique=False)
    op.create_index(
        op.f("ix_upload_court_id_account_id_capture_id"),
        "upload",
        ["court_id", "account_id", "capture_id"],
        unique=False,
    )
    op.create_index(op.f("ix_upload_state_expires_at"), "upload", ["state", "expires_at"], unique=False)
    op.create_table(
        "upload_piece",
        sa.Column("upload_id", sa.Uuid(), nullable=False),
        sa.Column("begins", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "upload_id"],
            ["upload.court_id", "upload.id"],
            name=op.f("fk_upload_piece_court_id_upload_id_upload"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_upload_piece_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_upload_piece")),
        sa.UniqueConstraint("court_id", "upload_id", "begins", name=op.f("uq_upload_piece_court_id_upload_id_begins")),
    )
