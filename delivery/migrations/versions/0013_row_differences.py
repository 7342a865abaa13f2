"""Rows of a docket that tell something else than is held, and whether a docket moves hearings."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("import_job", sa.Column("differing", sa.Integer(), nullable=False, server_default=sa.text("0")))
    op.add_column("import_job", sa.Column("moves_hearings", sa.Boolean(), nullable=False, server_default=sa.false()))
    # The defaults serve only the rows that are there; new ones bring their own.
    with op.batch_alter_table("import_job") as table:
        table.alter_column("differing", server_default=None)
        table.alter_column("moves_hearings", server_default=None)
    op.create_table(
        "row_difference",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=True),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("field", sa.String(length=40), nullable=False),
        sa.Column("standing", sa.String(length=12), nullable=False),
        sa.Column("held_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("told_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.Uuid(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "job_id"],
            ["import_job.court_id", "import_job.id"],
            name=op.f("fk_row_difference_court_id_job_id_import_job"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"], ["case.court_id", "case.id"], name=op.f("fk_row_difference_court_id_case_id_case")
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "recipient_id"],
            ["recipient.court_id", "recipient.id"],
            name=op.f("fk_row_difference_court_id_recipient_id_recipient"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_row_difference_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_row_difference")),
    )
    op.create_index(
        op.f("ix_row_difference_court_id_job_id_row"), "row_difference", ["court_id", "job_id", "row"], unique=False
    )
    op.create_index(op.f("ix_row_difference_court_id_case_id"), "row_difference", ["court_id", "case_id"], unique=False)
