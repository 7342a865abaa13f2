"""Phones of field servers, their signed records and captures, and the numbers of packets."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "field_device",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_field_device_account_id_account")),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_field_device_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_field_device")),
        sa.UniqueConstraint(
            "court_id", "account_id", "key_hash", name=op.f("uq_field_device_court_id_account_id_key_hash")
        ),
    )
    op.create_table(
        "field_record",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("device_id", sa.Uuid(), nullable=True),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("ticket_issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ticket_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("happened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("clocks", sa.JSON(), nullable=False),
        sa.Column("situation", sa.String(length=80), nullable=False),
        sa.Column("excuse", sa.String(length=80), nullable=False),
        sa.Column("packet", sa.Integer(), nullable=True),
        sa.Column("signature", sa.String(length=120), nullable=False),
        sa.Column("raw_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("doubts", sa.JSON(), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_field_record_account_id_account")),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_field_record_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_field_record")),
        sa.UniqueConstraint("court_id", "record_id", "sha256", name=op.f("uq_field_record_court_id_record_id_sha256")),
    )
    op.create_index(
        op.f("ix_field_record_court_id_attempt_id"), "field_record", ["court_id", "attempt_id"], unique=False
    )
    op.create_index(
        op.f("ix_field_record_court_id_device_id_seq"), "field_record", ["court_id", "device_id", "seq"], unique=False
    )
    op.create_index(
        op.f("ix_field_record_court_id_kind_happened_at"),
        "field_record",
        ["court_id", "kind", "happened_at"],
        unique=False,
    )
    op.create_index(op.f("ix_field_record_court_id_nonce"), "field_record", ["court_id", "nonce"], unique=False)
    op.create_table(
        "field_capture",
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=80), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("mode", sa.String(length=80), nullable=False),
        sa.Column("told_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "record_id"],
            ["field_record.court_id", "field_record.id"],
            name=op.f("fk_field_capture_court_id_record_id_field_record"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_field_capture_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_field_capture")),
        sa.UniqueConstraint("court_id", "capture_id", name=op.f("uq_field_capture_court_id_capture_id")),
    )
    op.create_index(
        op.f("ix_field_capture_court_id_attempt_id"), "field_capture", ["court_id", "attempt_id"], unique=False
    )
    op.create_index(
        op.f("ix_field_capture_court_id_record_id"), "field_capture", ["court_id", "record_id"], unique=False
    )
    op.create_index(op.f("ix_field_capture_court_id_sha256"), "field_capture", ["court_id", "sha256"], unique=False)
    op.create_table(
        "field_packet",
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("numbered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_field_packet_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_field_packet_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_field_packet")),
        sa.UniqueConstraint("court_id", "attempt_id", name=op.f("uq_field_packet_court_id_attempt_id")),
        sa.UniqueConstraint("court_id", "number", name=op.f("uq_field_packet_court_id_number")),
    )
