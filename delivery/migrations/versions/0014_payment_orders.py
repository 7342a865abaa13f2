"""The day on which a case's payment order was issued: it lapses when it is not served in time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("case", sa.Column("payment_order_issued_on", sa.Date(), nullable=True))
