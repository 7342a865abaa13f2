"""Where a law firm takes messages on WeChat, the single values of a message for templates, and shared access tokens."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("law_firm", sa.Column("wechat_sealed", sa.LargeBinary(), nullable=True))
    op.add_column("attempt", sa.Column("fields_sealed", sa.LargeBinary(), nullable=True))
    op.create_table(
        "access_token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_access_token")),
        sa.UniqueConstraint("account", name=op.f("uq_access_token_account")),
    )
