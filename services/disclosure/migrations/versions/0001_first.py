"""Everything the service begins with; what is frozen refuses change.

Revision: 0001
Follows: nothing
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from suicha_chassis.first_tables import create_chassis_tables, drop_chassis_tables
from suicha_chassis.migrations import APPEND_ONLY, append_only

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

FROZEN = (
    "audit_entries",
    "audit_seals",
    "publications",
    "delivery_attempts",
    "corrections",
    "voided_attempts",
)


def upgrade() -> None:
    create_chassis_tables()
    op.create_table(
        "calendar_years",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("holidays", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("workdays", postgresql.ARRAY(sa.Date()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_calendar_years")),
    )
    op.create_table(
        "corrections",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("corrected_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("normal", sa.Boolean(), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("visit_id", "version", name=op.f("pk_corrections")),
    )
    op.create_table(
        "disclosures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.String(length=64), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.String(length=20), nullable=False),
        sa.Column("object_region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("credit_grade", sa.String(length=20), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("normal", sa.Boolean(), nullable=False),
        sa.Column("record_version", sa.Integer(), nullable=False),
        sa.Column("ruleset_id", sa.String(length=100), nullable=False),
        sa.Column("ruleset_version", sa.String(length=20), nullable=False),
        sa.Column("ruleset_known", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("handling_note", sa.Text(), nullable=False),
        sa.Column("public_version", sa.Integer(), nullable=False),
        sa.Column("complete_version", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by", sa.String(length=200), nullable=False),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawn_reason", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state <> 'disclosed' OR disclosed_at IS NOT NULL", name=op.f("ck_disclosures_disclosed_when")
        ),
        sa.CheckConstraint(
            "state IN ('pending', 'released', 'disclosed', 'withdrawn')", name=op.f("ck_disclosures_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_disclosures")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_disclosures_visit_id")),
    )
    op.create_index(op.f("ix_disclosures_object_id"), "disclosures", ["object_id"], unique=False)
    op.create_index(
        "ix_disclosures_open_due_on",
        "disclosures",
        ["due_on"],
        unique=False,
        postgresql_where=sa.text("state IN ('pending', 'released')"),
    )
    op.create_index(op.f("ix_disclosures_org"), "disclosures", ["org"], unique=False)
    op.create_index(
        "ix_disclosures_provisional",
        "disclosures",
        ["finished_on"],
        unique=False,
        postgresql_where=sa.text("provisional"),
    )
    op.create_index(op.f("ix_disclosures_region"), "disclosures", ["region"], unique=False)
    op.create_index("ix_disclosures_round_id_id", "disclosures", ["round_id", "id"], unique=False)
    op.create_index(
        "ix_disclosures_ruleset_id_ruleset_version",
        "disclosures",
        ["ruleset_id", "ruleset_version"],
        unique=False,
    )
    op.create_table(
        "follow_ups",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("follow_up_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("closed", sa.Boolean(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("visit_id", "follow_up_id", name=op.f("pk_follow_ups")),
    )
    op.create_table(
        "plan_facts",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=40), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("plan_id", name=op.f("pk_plan_facts")),
    )
    op.create_index(op.f("ix_plan_facts_org"), "plan_facts", ["org"], unique=False)
    op.create_index(op.f("ix_plan_facts_region"), "plan_facts", ["region"], unique=False)
    op.create_table(
        "public_records",
        sa.Column("record_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("object_code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("body", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("record_id", name=op.f("pk_public_records")),
    )
    op.create_index(op.f("ix_public_records_object_code"), "public_records", ["object_code"], unique=False)
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("asked_by", sa.String(length=200), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("held", sa.Integer(), server_default="0", nullable=False),
        sa.Column("missing", sa.Integer(), server_default="0", nullable=False),
        sa.Column("different", sa.Integer(), server_default="0", nullable=False),
        sa.Column("unknown", sa.Integer(), server_default="0", nullable=False),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reconciliations")),
    )
    op.create_index(
        "ix_reconciliations_open",
        "reconciliations",
        ["channel", "asked_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.create_table(
        "round_facts",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("event", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_facts")),
    )
    op.create_index(op.f("ix_round_facts_draw_id"), "round_facts", ["draw_id"], unique=False)
    op.create_index(op.f("ix_round_facts_org"), "round_facts", ["org"], unique=False)
    op.create_index(op.f("ix_round_facts_region"), "round_facts", ["region"], unique=False)
    op.create_table(
        "ruleset_versions",
        sa.Column("id", sa.String(length=100), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_ruleset_versions")),
    )
    op.create_table(
        "substitutions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("list_code", sa.String(length=54), nullable=False),
        sa.Column("out", sa.Text(), nullable=False),
        sa.Column("into", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitutions")),
    )
    op.create_index(op.f("ix_substitutions_draw_id"), "substitutions", ["draw_id"], unique=False)
    op.create_table(
        "voided_attempts",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("draw_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "attempt", name=op.f("pk_voided_attempts")),
    )
    op.create_index(op.f("ix_voided_attempts_draw_id"), "voided_attempts", ["draw_id"], unique=False)
    op.create_table(
        "disclosure_lines",
        sa.Column("disclosure_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(length=54), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("plan_number", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.Text(), nullable=False),
        sa.Column("task_number", sa.Text(), nullable=False),
        sa.Column("task_name", sa.Text(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("code_set", sa.String(length=40), nullable=False),
        sa.Column("results", postgresql.ARRAY(sa.String(length=4)), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("withheld_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["disclosure_id"],
            ["disclosures.id"],
            name=op.f("fk_disclosure_lines_disclosure_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("disclosure_id", "check_id", name=op.f("pk_disclosure_lines")),
    )
    op.create_index(op.f("ix_disclosure_lines_org"), "disclosure_lines", ["org"], unique=False)
    op.create_index(op.f("ix_disclosure_lines_region"), "disclosure_lines", ["region"], unique=False)
    op.create_index(
        "ix_disclosure_lines_round_id_list_code", "disclosure_lines", ["round_id", "list_code"], unique=False
    )
    op.create_table(
        "publications",
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("disclosure_id", sa.Uuid(), nullable=True),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["disclosure_id"], ["disclosures.id"], name=op.f("fk_publications_disclosure_id")
        ),
        sa.PrimaryKeyConstraint("kind", "record_id", "version", name=op.f("pk_publications")),
    )
    op.create_index(op.f("ix_publications_disclosure_id"), "publications", ["disclosure_id"], unique=False)
    op.create_index(op.f("ix_publications_org"), "publications", ["org"], unique=False)
    op.create_index(op.f("ix_publications_region"), "publications", ["region"], unique=False)
    op.create_table(
        "round_lists",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(length=54), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id"], ["round_facts.round_id"], name=op.f("fk_round_lists_round_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("round_id", "list_code", name=op.f("pk_round_lists")),
    )
    op.create_index("ix_round_lists_plan_id_round_id", "round_lists", ["plan_id", "round_id"], unique=False)
    op.create_table(
        "deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("record_id", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("disclosure_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.String(length=20), server_default="waiting", nullable=False),
        sa.Column("cause", sa.String(length=20), server_default="release", nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("receipt", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.CheckConstraint("state <> 'accepted' OR receipt IS NOT NULL", name=op.f("ck_deliveries_receipt")),
        sa.CheckConstraint("state IN ('waiting', 'accepted', 'rejected')", name=op.f("ck_deliveries_state")),
        sa.ForeignKeyConstraint(
            ["disclosure_id"], ["disclosures.id"], name=op.f("fk_deliveries_disclosure_id")
        ),
        sa.ForeignKeyConstraint(
            ["kind", "record_id", "version"],
            ["publications.kind", "publications.record_id", "publications.version"],
            name="fk_deliveries_publications",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("channel", "kind", "record_id", "version", name="uq_deliveries_record"),
    )
    op.create_index(
        "ix_deliveries_disclosure_id_version", "deliveries", ["disclosure_id", "version"], unique=False
    )
    op.create_index(op.f("ix_deliveries_org"), "deliveries", ["org"], unique=False)
    op.create_index(op.f("ix_deliveries_region"), "deliveries", ["region"], unique=False)
    op.create_index(
        "ix_deliveries_waiting",
        "deliveries",
        ["channel", "next_at"],
        unique=False,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "delivery_attempts",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("delivery_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("cause", sa.String(length=20), nullable=False),
        sa.Column("verdict", sa.String(length=20), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("ms", sa.Integer(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["delivery_id"], ["deliveries.id"], name=op.f("fk_delivery_attempts_delivery_id")
        ),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_delivery_attempts")),
    )
    op.create_index(
        "ix_delivery_attempts_delivery_id_number",
        "delivery_attempts",
        ["delivery_id", "number"],
        unique=False,
    )
    op.execute(APPEND_ONLY)
    for table in FROZEN:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index("ix_delivery_attempts_delivery_id_number", table_name="delivery_attempts")
    op.drop_table("delivery_attempts")
    op.drop_index(
        "ix_deliveries_waiting", table_name="deliveries", postgresql_where=sa.text("state = 'waiting'")
    )
    op.drop_index(op.f("ix_deliveries_region"), table_name="deliveries")
    op.drop_index(op.f("ix_deliveries_org"), table_name="deliveries")
    op.drop_index("ix_deliveries_disclosure_id_version", table_name="deliveries")
    op.drop_table("deliveries")
    op.drop_index("ix_round_lists_plan_id_round_id", table_name="round_lists")
    op.drop_table("round_lists")
    op.drop_index(op.f("ix_publications_region"), table_name="publications")
    op.drop_index(op.f("ix_publications_org"), table_name="publications")
    op.drop_index(op.f("ix_publications_disclosure_id"), table_name="publications")
    op.drop_table("publications")
    op.drop_index("ix_disclosure_lines_round_id_list_code", table_name="disclosure_lines")
    op.drop_index(op.f("ix_disclosure_lines_region"), table_name="disclosure_lines")
    op.drop_index(op.f("ix_disclosure_lines_org"), table_name="disclosure_lines")
    op.drop_table("disclosure_lines")
    op.drop_index(op.f("ix_voided_attempts_draw_id"), table_name="voided_attempts")
    op.drop_table("voided_attempts")
    op.drop_index(op.f("ix_substitutions_draw_id"), table_name="substitutions")
    op.drop_table("substitutions")
    op.drop_table("ruleset_versions")
    op.drop_index(op.f("ix_round_facts_region"), table_name="round_facts")
    op.drop_index(op.f("ix_round_facts_org"), table_name="round_facts")
    op.drop_index(op.f("ix_round_facts_draw_id"), table_name="round_facts")
    op.drop_table("round_facts")
    op.drop_index(
        "ix_reconciliations_open",
        table_name="reconciliations",
        postgresql_where=sa.text("finished_at IS NULL"),
    )
    op.drop_table("reconciliations")
    op.drop_index(op.f("ix_public_records_object_code"), table_name="public_records")
    op.drop_table("public_records")
    op.drop_index(op.f("ix_plan_facts_region"), table_name="plan_facts")
    op.drop_index(op.f("ix_plan_facts_org"), table_name="plan_facts")
    op.drop_table("plan_facts")
    op.drop_table("follow_ups")
    op.drop_index("ix_disclosures_ruleset_id_ruleset_version", table_name="disclosures")
    op.drop_index("ix_disclosures_round_id_id", table_name="disclosures")
    op.drop_index(op.f("ix_disclosures_region"), table_name="disclosures")
    op.drop_index(
        "ix_disclosures_provisional", table_name="disclosures", postgresql_where=sa.text("provisional")
    )
    op.drop_index(op.f("ix_disclosures_org"), table_name="disclosures")
    op.drop_index(
        "ix_disclosures_open_due_on",
        table_name="disclosures",
        postgresql_where=sa.text("state IN ('pending', 'released')"),
    )
    op.drop_index(op.f("ix_disclosures_object_id"), table_name="disclosures")
    op.drop_table("disclosures")
    op.drop_table("corrections")
    op.drop_table("calendar_years")
    drop_chassis_tables()
    op.execute("DROP FUNCTION refuse_change()")
