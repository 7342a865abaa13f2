"""A party's cases are found without reading those of everybody: for the search, and for reuse."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index(op.f("ix_recipient_court_id_party_id"), "recipient", ["court_id", "party_id"])
