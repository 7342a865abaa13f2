"""Pictures as they were found, photo proofs with every grade, and what people said of them."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "photo_print",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("capture_id", sa.Uuid(), nullable=False),
        sa.Column("evidence_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("pixels_sha256", sa.String(length=64), nullable=False),
        sa.Column("likeness", sa.JSON(), nullable=False),
        sa.Column("derived_sha256", sa.String(length=64), nullable=False),
        sa.Column("inspection_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("inspected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_photo_print_account_id_account")),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_photo_print_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "evidence_id"],
            ["evidence.court_id", "evidence.id"],
            name=op.f("fk_photo_print_court_id_evidence_id_evidence"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_photo_print_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_photo_print_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_photo_print")),
    )
    op.create_index(
        op.f("ix_photo_print_court_id_account_id_capture_id"),
        "photo_print",
        ["court_id", "account_id", "capture_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_photo_print_court_id_inspected_at"), "photo_print", ["court_id", "inspected_at"], unique=False
    )
    op.create_index(
        op.f("ix_photo_print_court_id_pixels_sha256"), "photo_print", ["court_id", "pixels_sha256"], unique=False
    )
    op.create_index(op.f("ix_photo_print_court_id_sha256"), "photo_print", ["court_id", "sha256"], unique=False)
    op.create_table(
        "photo_proof",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("letter", sa.String(length=1), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("cure", sa.String(length=24), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("place_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appealed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("appeal_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_photo_proof_account_id_account")),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_photo_proof_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "id"],
            ["field_record.court_id", "field_record.id"],
            name=op.f("fk_photo_proof_court_id_id_field_record"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_photo_proof_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_photo_proof_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_photo_proof")),
    )
    op.create_index(
        op.f("ix_photo_proof_court_id_account_id_place_at"),
        "photo_proof",
        ["court_id", "account_id", "place_at"],
        unique=False,
    )
    op.create_index(op.f("ix_photo_proof_court_id_attempt_id"), "photo_proof", ["court_id", "attempt_id"], unique=False)
    op.create_index(
        op.f("ix_photo_proof_court_id_standing_graded_at"),
        "photo_proof",
        ["court_id", "standing", "graded_at"],
        unique=False,
    )
    op.create_table(
        "photo_grade",
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("letter", sa.String(length=1), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("cure", sa.String(length=24), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.Column("graded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "proof_id"],
            ["photo_proof.court_id", "photo_proof.id"],
            name=op.f("fk_photo_grade_court_id_proof_id_photo_proof"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_photo_grade_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_photo_grade")),
        sa.UniqueConstraint("court_id", "proof_id", "number", name=op.f("uq_photo_grade_court_id_proof_id_number")),
    )
    op.create_table(
        "photo_ruling",
        sa.Column("proof_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("occasion", sa.String(length=8), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("reason_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("ruled_by", sa.Uuid(), nullable=True),
        sa.Column("ruled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "proof_id"],
            ["photo_proof.court_id", "photo_proof.id"],
            name=op.f("fk_photo_ruling_court_id_proof_id_photo_proof"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_photo_ruling_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_photo_ruling")),
    )
    op.create_index(op.f("ix_photo_ruling_court_id_proof_id"), "photo_ruling", ["court_id", "proof_id"], unique=False)
