"""The first tables: courts and people, cases and papers, orders and their journal, tasks and the desk."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("login", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login", name=op.f("uq_account_login")),
    )
    op.create_table(
        "court",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_en", sa.String(length=100), nullable=False),
        sa.Column("time_zone", sa.String(length=40), nullable=False),
        sa.Column("area", sa.String(length=60), nullable=False),
        sa.Column("phone", sa.String(length=30), nullable=False),
        sa.Column("settings", sa.JSON(), nullable=False),
        sa.Column("sending_stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sending_stopped_reason", sa.String(length=200), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_court")),
        sa.UniqueConstraint("code", name=op.f("uq_court_code")),
    )
    op.create_table(
        "installation",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sandbox", sa.Boolean(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=True),
        sa.Column("clock", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("restored_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installation")),
    )
    op.create_table(
        "sign_in_try",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject", sa.String(length=48), nullable=False),
        sa.Column("tried_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_try")),
    )
    op.create_index(op.f("ix_sign_in_try_subject_tried_at"), "sign_in_try", ["subject", "tried_at"])

    op.create_table(
        "access_record",
        sa.Column("account_id", sa.Uuid(), nullable=True),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("act", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_access_record_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_access_record")),
    )
    op.create_index(op.f("ix_access_record_court_id_subject_id_at"), "access_record", ["court_id", "subject_id", "at"])

    op.create_table(
        "api_key",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("label", sa.String(length=80), nullable=False),
        sa.Column("scopes", sa.String(length=400), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_api_key_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_api_key")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_api_key_key_hash")),
    )
    op.create_table(
        "callback",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_callback_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_callback")),
    )
    op.create_index(
        op.f("ix_callback_court_id_provider_received_at"), "callback", ["court_id", "provider", "received_at"]
    )
    op.create_index(op.f("ix_callback_court_id_status"), "callback", ["court_id", "status"])

    op.create_table(
        "case",
        sa.Column("number", sa.String(length=60), nullable=False),
        sa.Column("cause", sa.String(length=60), nullable=False),
        sa.Column("procedure", sa.String(length=20), nullable=False),
        sa.Column("instance", sa.String(length=20), nullable=False),
        sa.Column("dispute", sa.String(length=60), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("accepted_on", sa.Date(), nullable=True),
        sa.Column("hearing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_case_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_case")),
        sa.UniqueConstraint("court_id", "number", name=op.f("uq_case_court_id_number")),
    )
    op.create_index(op.f("ix_case_court_id_dispute"), "case", ["court_id", "dispute"])

    op.create_table(
        "idempotency_record",
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("route", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("body_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_idempotency_record_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "route", "key", name=op.f("pk_idempotency_record")),
    )
    op.create_table(
        "import_job",
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("papers_sha256", sa.String(length=64), nullable=True),
        sa.Column("status", sa.String(length=12), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("reason_args", sa.JSON(), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("rejected", sa.Integer(), nullable=False),
        sa.Column("next_row", sa.Integer(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_import_job_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_import_job")),
    )
    op.create_index(op.f("ix_import_job_court_id_created_at"), "import_job", ["court_id", "created_at"])

    op.create_table(
        "law_firm",
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("email_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("e_service_agreed_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_law_firm_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_law_firm")),
        sa.UniqueConstraint("court_id", "name", name=op.f("uq_law_firm_court_id_name")),
    )
    op.create_table(
        "party",
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("name_index", sa.String(length=48), nullable=False),
        sa.Column("identity_number_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_number_index", sa.String(length=48), nullable=True),
        sa.Column("born_on_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("merged_into_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "merged_into_id"],
            ["party.court_id", "party.id"],
            name=op.f("fk_party_court_id_merged_into_id_party"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_party_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_party")),
    )
    op.create_index(op.f("ix_party_court_id_identity_number_index"), "party", ["court_id", "identity_number_index"])
    op.create_index(op.f("ix_party_court_id_name_index"), "party", ["court_id", "name_index"])

    op.create_table(
        "provider_state",
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=80), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_provider_state_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "provider", name=op.f("pk_provider_state")),
    )
    op.create_table(
        "quarantine",
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("request_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_quarantine_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_quarantine")),
    )
    op.create_index(op.f("ix_quarantine_court_id_received_at"), "quarantine", ["court_id", "received_at"])

    op.create_table(
        "sharing_agreement",
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("source_court_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_sharing_agreement_court_id_court")),
        sa.ForeignKeyConstraint(
            ["source_court_id"], ["court.id"], name=op.f("fk_sharing_agreement_source_court_id_court")
        ),
        sa.PrimaryKeyConstraint("court_id", "source_court_id", name=op.f("pk_sharing_agreement")),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("membership_court_id", sa.Uuid(), nullable=True),
        sa.Column("membership_id", sa.Uuid(), nullable=True),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id_account")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_sign_in")),
    )
    op.create_table(
        "task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("shard", sa.Integer(), nullable=False),
        sa.Column("handler", sa.String(length=40), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("status", sa.String(length=8), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.String(length=60), nullable=True),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_task_court_id_court")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_task")),
    )
    op.create_index("ix_task_due", "task", ["status", "due_at", "id"])
    op.create_index("ix_task_shard_due", "task", ["shard", "status", "due_at"])
    op.create_index("ix_task_subject", "task", ["court_id", "subject_id"])

    op.create_table(
        "address",
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("value_index", sa.String(length=48), nullable=False),
        sa.Column("standing", sa.String(length=16), nullable=False),
        sa.Column("standing_reason", sa.String(length=60), nullable=False),
        sa.Column("standing_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("in_area", sa.Boolean(), nullable=True),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "party_id"], ["party.court_id", "party.id"], name=op.f("fk_address_court_id_party_id_party")
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_address_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_address")),
        sa.UniqueConstraint(
            "court_id", "party_id", "kind", "value_index", name=op.f("uq_address_court_id_party_id_kind_value_index")
        ),
    )
    op.create_index(op.f("ix_address_court_id_value_index"), "address", ["court_id", "value_index"])

    op.create_table(
        "document",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("media_type", sa.String(length=80), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("replaced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"], ["case.court_id", "case.id"], name=op.f("fk_document_court_id_case_id_case")
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_document_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_document")),
    )
    op.create_index(op.f("ix_document_court_id_case_id"), "document", ["court_id", "case_id"])

    op.create_table(
        "membership",
        sa.Column("account_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("law_firm_id", sa.Uuid(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account")),
        sa.ForeignKeyConstraint(
            ["court_id", "law_firm_id"],
            ["law_firm.court_id", "law_firm.id"],
            name=op.f("fk_membership_court_id_law_firm_id_law_firm"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_membership_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_membership")),
        sa.UniqueConstraint(
            "account_id",
            "court_id",
            "role",
            "law_firm_id",
            name=op.f("uq_membership_account_id_court_id_role_law_firm_id"),
        ),
    )
    op.create_table(
        "party_merge",
        sa.Column("kept_id", sa.Uuid(), nullable=False),
        sa.Column("merged_id", sa.Uuid(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "kept_id"], ["party.court_id", "party.id"], name=op.f("fk_party_merge_court_id_kept_id_party")
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "merged_id"],
            ["party.court_id", "party.id"],
            name=op.f("fk_party_merge_court_id_merged_id_party"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_party_merge_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_party_merge")),
    )
    op.create_table(
        "recipient",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("party_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=24), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("status", sa.String(length=24), nullable=False),
        sa.Column("domicile", sa.String(length=16), nullable=False),
        sa.Column("whereabouts", sa.String(length=12), nullable=False),
        sa.Column("address_confirmation", sa.String(length=16), nullable=False),
        sa.Column("warned", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"], ["case.court_id", "case.id"], name=op.f("fk_recipient_court_id_case_id_case")
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "party_id"], ["party.court_id", "party.id"], name=op.f("fk_recipient_court_id_party_id_party")
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_recipient_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_recipient")),
        sa.UniqueConstraint("court_id", "case_id", "party_id", name=op.f("uq_recipient_court_id_case_id_party_id")),
    )
    op.create_table(
        "row_problem",
        sa.Column("job_id", sa.Uuid(), nullable=False),
        sa.Column("row", sa.Integer(), nullable=False),
        sa.Column("column", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("value_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "job_id"],
            ["import_job.court_id", "import_job.id"],
            name=op.f("fk_row_problem_court_id_job_id_import_job"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_row_problem_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_row_problem")),
    )
    op.create_index(op.f("ix_row_problem_court_id_job_id_row"), "row_problem", ["court_id", "job_id", "row"])

    op.create_table(
        "address_confirmation",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("signed_on", sa.Date(), nullable=False),
        sa.Column("means", sa.String(length=20), nullable=False),
        sa.Column("signer_role", sa.String(length=20), nullable=False),
        sa.Column("consent_scope", sa.String(length=200), nullable=False),
        sa.Column("covers_other_cases", sa.Boolean(), nullable=False),
        sa.Column("warnings_version", sa.String(length=20), nullable=False),
        sa.Column("evidence_sha256", sa.String(length=64), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"],
            ["case.court_id", "case.id"],
            name=op.f("fk_address_confirmation_court_id_case_id_case"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "recipient_id"],
            ["recipient.court_id", "recipient.id"],
            name=op.f("fk_address_confirmation_court_id_recipient_id_recipient"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_address_confirmation_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_address_confirmation")),
    )
    op.create_table(
        "counsel",
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("law_firm_id", sa.Uuid(), nullable=False),
        sa.Column("lawyer_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("may_receive", sa.Boolean(), nullable=False),
        sa.Column("named_collector", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "law_firm_id"],
            ["law_firm.court_id", "law_firm.id"],
            name=op.f("fk_counsel_court_id_law_firm_id_law_firm"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "recipient_id"],
            ["recipient.court_id", "recipient.id"],
            name=op.f("fk_counsel_court_id_recipient_id_recipient"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_counsel_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_counsel")),
    )
    op.create_index(op.f("ix_counsel_court_id_recipient_id"), "counsel", ["court_id", "recipient_id"])

    op.create_table(
        "service_order",
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("recipient_id", sa.Uuid(), nullable=False),
        sa.Column("intake_key", sa.String(length=64), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.String(length=40), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=24), nullable=False),
        sa.Column("tier_started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("look_again_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("responsible_id", sa.Uuid(), nullable=True),
        sa.Column("held_reason", sa.String(length=60), nullable=False),
        sa.Column("first_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=True),
        sa.Column("effect_method", sa.String(length=24), nullable=False),
        sa.Column("effect_channel", sa.String(length=16), nullable=False),
        sa.Column("effect_tier", sa.String(length=24), nullable=False),
        sa.Column("effect_basis", sa.String(length=24), nullable=False),
        sa.Column("effect", sa.JSON(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("journal_length", sa.Integer(), nullable=False),
        sa.Column("journal_head", sa.String(length=64), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"], ["case.court_id", "case.id"], name=op.f("fk_service_order_court_id_case_id_case")
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "recipient_id"],
            ["recipient.court_id", "recipient.id"],
            name=op.f("fk_service_order_court_id_recipient_id_recipient"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_service_order_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_service_order")),
        sa.UniqueConstraint("court_id", "intake_key", name=op.f("uq_service_order_court_id_intake_key")),
    )
    op.create_index(op.f("ix_service_order_court_id_case_id"), "service_order", ["court_id", "case_id"])
    op.create_index(op.f("ix_service_order_court_id_opened_at"), "service_order", ["court_id", "opened_at"])
    op.create_index(op.f("ix_service_order_court_id_recipient_id"), "service_order", ["court_id", "recipient_id"])
    op.create_index(
        op.f("ix_service_order_court_id_status_due_on_id"), "service_order", ["court_id", "status", "due_on", "id"]
    )

    op.create_table(
        "address_basis",
        sa.Column("address_id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.String(length=24), nullable=False),
        sa.Column("given_on", sa.Date(), nullable=True),
        sa.Column("confirmation_id", sa.Uuid(), nullable=True),
        sa.Column("consent_scope", sa.String(length=200), nullable=False),
        sa.Column("consent_source", sa.String(length=16), nullable=False),
        sa.Column("consent_given_on", sa.Date(), nullable=True),
        sa.Column("consent_withdrawn_on", sa.Date(), nullable=True),
        sa.Column("moved_on", sa.Date(), nullable=True),
        sa.Column("source_court_id", sa.Uuid(), nullable=True),
        sa.Column("source_case_id", sa.Uuid(), nullable=True),
        sa.Column("source_basis", sa.String(length=24), nullable=False),
        sa.Column("source_note", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "address_id"],
            ["address.court_id", "address.id"],
            name=op.f("fk_address_basis_court_id_address_id_address"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "case_id"], ["case.court_id", "case.id"], name=op.f("fk_address_basis_court_id_case_id_case")
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "confirmation_id"],
            ["address_confirmation.court_id", "address_confirmation.id"],
            name=op.f("fk_address_basis_court_id_confirmation_id_address_confirmation"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_address_basis_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_address_basis")),
        sa.UniqueConstraint(
            "court_id", "address_id", "case_id", name=op.f("uq_address_basis_court_id_address_id_case_id")
        ),
    )
    op.create_index(op.f("ix_address_basis_court_id_case_id"), "address_basis", ["court_id", "case_id"])

    op.create_table(
        "attempt",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=24), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("purpose", sa.String(length=24), nullable=False),
        sa.Column("address_id", sa.Uuid(), nullable=True),
        sa.Column("law_firm_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("idempotency_key", sa.String(length=36), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=False),
        sa.Column("reference", sa.String(length=80), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=True),
        sa.Column("lease_number", sa.Integer(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("price", sa.Numeric(precision=10, scale=4), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("assigned_to", sa.Uuid(), nullable=True),
        sa.Column("subject_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("text_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("html_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("documents_complete", sa.Boolean(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "address_id"],
            ["address.court_id", "address.id"],
            name=op.f("fk_attempt_court_id_address_id_address"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "law_firm_id"],
            ["law_firm.court_id", "law_firm.id"],
            name=op.f("fk_attempt_court_id_law_firm_id_law_firm"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_attempt_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_attempt_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_court_id_address_id"), "attempt", ["court_id", "address_id"])
    op.create_index(op.f("ix_attempt_court_id_channel_status"), "attempt", ["court_id", "channel", "status"])
    op.create_index(op.f("ix_attempt_court_id_idempotency_key"), "attempt", ["court_id", "idempotency_key"])
    op.create_index(op.f("ix_attempt_court_id_order_id"), "attempt", ["court_id", "order_id"])
    op.create_index(op.f("ix_attempt_court_id_provider_reference"), "attempt", ["court_id", "provider", "reference"])

    op.create_table(
        "delivery_event",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("provider", sa.String(length=40), nullable=False),
        sa.Column("event_id", sa.String(length=120), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_delivery_event_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_delivery_event_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_delivery_event")),
        sa.UniqueConstraint(
            "court_id", "order_id", "sequence", name=op.f("uq_delivery_event_court_id_order_id_sequence")
        ),
        sa.UniqueConstraint(
            "court_id", "provider", "event_id", name=op.f("uq_delivery_event_court_id_provider_event_id")
        ),
    )
    op.create_index(op.f("ix_delivery_event_court_id_recorded_at"), "delivery_event", ["court_id", "recorded_at"])

    op.create_table(
        "desk_item",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=True),
        sa.Column("subject", sa.String(length=120), nullable=False),
        sa.Column("args", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("resolution", sa.String(length=40), nullable=False),
        sa.Column("note", sa.String(length=400), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_desk_item_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_desk_item_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_desk_item")),
    )
    op.create_index(
        op.f("ix_desk_item_court_id_closed_at_opened_at"), "desk_item", ["court_id", "closed_at", "opened_at"]
    )
    op.create_index(op.f("ix_desk_item_court_id_order_id"), "desk_item", ["court_id", "order_id"])
    op.create_index(op.f("ix_desk_item_court_id_subject"), "desk_item", ["court_id", "subject"])

    op.create_table(
        "evidence",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=80), nullable=False),
        sa.Column("capture", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_evidence_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_evidence_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_court_id_order_id"), "evidence", ["court_id", "order_id"])

    op.create_table(
        "order_document",
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "document_id"],
            ["document.court_id", "document.id"],
            name=op.f("fk_order_document_court_id_document_id_document"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_order_document_court_id_order_id_service_order"),
        ),
        sa.PrimaryKeyConstraint("court_id", "order_id", "document_id", name=op.f("pk_order_document")),
    )
    op.create_table(
        "tier_run",
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("tier", sa.String(length=24), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("skipped_reason", sa.String(length=60), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_tier_run_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_tier_run_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_tier_run")),
        sa.UniqueConstraint(
            "court_id", "order_id", "round", "tier", name=op.f("uq_tier_run_court_id_order_id_round_tier")
        ),
    )
    op.create_table(
        "event_detail",
        sa.Column("salt", sa.LargeBinary(length=16), nullable=False),
        sa.Column("content_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "id"],
            ["delivery_event.court_id", "delivery_event.id"],
            name=op.f("fk_event_detail_court_id_id_delivery_event"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_event_detail_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_event_detail")),
    )
    op.create_table(
        "service_link",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("attempt_id", sa.Uuid(), nullable=True),
        sa.Column("audience", sa.String(length=12), nullable=False),
        sa.Column("law_firm_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries_left", sa.Integer(), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "attempt_id"],
            ["attempt.court_id", "attempt.id"],
            name=op.f("fk_service_link_court_id_attempt_id_attempt"),
        ),
        sa.ForeignKeyConstraint(
            ["court_id", "order_id"],
            ["service_order.court_id", "service_order.id"],
            name=op.f("fk_service_link_court_id_order_id_service_order"),
        ),
        sa.ForeignKeyConstraint(["court_id"], ["court.id"], name=op.f("fk_service_link_court_id_court")),
        sa.PrimaryKeyConstraint("court_id", "id", name=op.f("pk_service_link")),
        sa.UniqueConstraint("code_hash", name=op.f("uq_service_link_code_hash")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_service_link_token_hash")),
    )
    op.create_index(op.f("ix_service_link_court_id_law_firm_id_id"), "service_link", ["court_id", "law_firm_id", "id"])
    op.create_index(op.f("ix_service_link_court_id_order_id"), "service_link", ["court_id", "order_id"])

    op.create_table(
        "link_session",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("court_id", sa.Uuid(), nullable=False),
        sa.Column("link_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("identity", sa.String(length=24), nullable=False),
        sa.Column("csrf", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["court_id", "link_id"],
            ["service_link.court_id", "service_link.id"],
            name=op.f("fk_link_session_court_id_link_id_service_link"),
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_link_session")),
    )
