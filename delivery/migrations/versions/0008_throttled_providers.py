"""Since when a provider that asked for less is spared in a court, until when, and how often it asked."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("provider_state", sa.Column("throttled_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("provider_state", sa.Column("reopens_at", sa.DateTime(timezone=True), nullable=True))
    # The default serves only the rows that are there; new ones bring their count.
    op.add_column("provider_state", sa.Column("throttles", sa.Integer(), nullable=False, server_default=sa.text("0")))
    with op.batch_alter_table("provider_state") as table:
        table.alter_column("throttles", server_default=None)
