"""Everything the registry begins with; what is published or frozen refuses change."""

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
    "rulesets",
    "calendars",
    "item_lists",
    "subject_changes",
    "import_refusals",
    "snapshots",
)

ANALYZE_REGISTERS = """
CREATE FUNCTION analyze_registers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE subjects, subject_grades, subject_labels;
END $$
"""
"""Only an owner may ANALYZE; the serving role calls this after bulk writes, before autovacuum would notice."""


def upgrade() -> None:
    create_chassis_tables()
    op.create_table(
        "calendars",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("holidays", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("workdays", sa.ARRAY(sa.Date()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("year", "revision", name=op.f("pk_calendars")),
    )
    op.create_table(
        "forms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("questions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_forms")),
        sa.UniqueConstraint("org", "code", "number", name=op.f("uq_forms_org_code_number")),
    )
    op.create_index(op.f("ix_forms_org"), "forms", ["org"], unique=False)
    op.create_index(op.f("ix_forms_region"), "forms", ["region"], unique=False)
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("upload_sha256", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("region_default", sa.String(length=6), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("header", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("rows_read", sa.BigInteger(), nullable=False),
        sa.Column("accepted", sa.BigInteger(), nullable=False),
        sa.Column("changed", sa.BigInteger(), nullable=False),
        sa.Column("unchanged", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_index(op.f("ix_imports_org"), "imports", ["org"], unique=False)
    op.create_index(op.f("ix_imports_region"), "imports", ["region"], unique=False)
    op.create_index(op.f("ix_imports_state"), "imports", ["state"], unique=False)
    op.create_table(
        "inspectors",
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=54), nullable=False),
        sa.Column("crew", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("unit", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("licence_no", sa.String(length=60), nullable=False),
        sa.Column("licence_until", sa.Date(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.String(collation="C")), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("identity_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("identity_masked", sa.String(length=18), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_inspectors")),
    )
    op.create_index(op.f("ix_inspectors_org"), "inspectors", ["org"], unique=False)
    op.create_index(op.f("ix_inspectors_region"), "inspectors", ["region"], unique=False)
    op.create_table(
        "item_lists",
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("items", sa.ARRAY(sa.String(length=54)), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("org", "version", name=op.f("pk_item_lists")),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("category", sa.String(length=40), nullable=False),
        sa.Column("enforcement", sa.String(length=40), nullable=False),
        sa.Column("basis", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("department", sa.String(length=54), nullable=False),
        sa.Column("ratio_bp", sa.Integer(), nullable=True),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("staff", sa.Integer(), nullable=True),
        sa.Column("staff_requirement", sa.Text(), nullable=False),
        sa.Column("object_kinds", sa.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("object_range", sa.Text(), nullable=False),
        sa.Column("form_code", sa.String(length=54), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=False),
        sa.Column("reviewed_on", sa.Date(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_items")),
        sa.UniqueConstraint("org", "code", name=op.f("uq_items_org_code")),
    )
    op.create_index(op.f("ix_items_org"), "items", ["org"], unique=False)
    op.create_index(op.f("ix_items_region"), "items", ["region"], unique=False)
    op.create_table(
        "labels",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subjects", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labels")),
        sa.UniqueConstraint("region", "code", name=op.f("uq_labels_region_code")),
    )
    op.create_index(op.f("ix_labels_region"), "labels", ["region"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("code", sa.String(length=64, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("departments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_organisations")),
    )
    op.create_index(op.f("ix_organisations_region"), "organisations", ["region"], unique=False)
    op.create_table(
        "rulesets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=16), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        sa.Column(
            "published_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_rulesets")),
    )
    op.create_index(op.f("ix_rulesets_region"), "rulesets", ["region"], unique=False)
    op.create_table(
        "snapshots",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Uuid(), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("region", sa.String(length=6), nullable=False),
        sa.Column("request", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_snapshots")),
        sa.UniqueConstraint("request_id", name=op.f("uq_snapshots_request_id")),
    )
    op.create_table(
        "subject_changes",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("subject_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("actor", sa.String(length=200), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_subject_changes")),
    )
    op.create_index(
        op.f("ix_subject_changes_subject_id_seq"), "subject_changes", ["subject_id", "seq"], unique=False
    )
    op.create_table(
        "subjects",
        sa.Column("id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=20), server_default="active", nullable=False),
        sa.Column("registered_on", sa.Date(), nullable=True),
        sa.Column("company_type", sa.Text(), server_default="", nullable=False),
        sa.Column("capital", sa.Text(), server_default="", nullable=False),
        sa.Column("scope", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("legal_representative", sa.Text(), server_default="", nullable=False),
        sa.Column("industry", sa.String(length=10), server_default="", nullable=False),
        sa.Column("scale", sa.String(length=20), server_default="", nullable=False),
        sa.Column("unit", sa.String(length=54, collation="C"), server_default="", nullable=False),
        sa.Column("last_inspected_on", sa.Date(), nullable=True),
        sa.Column("import_id", sa.Uuid(), nullable=True),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subjects")),
    )
    op.create_index(op.f("ix_subjects_region"), "subjects", ["region"], unique=False)
    op.create_table(
        "import_refusals",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raw", sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name=op.f("fk_import_refusals_import_id")),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_import_refusals")),
    )
    op.create_table(
        "recusals",
        sa.Column("inspector", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("reason", sa.String(length=54), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["inspector"], ["inspectors.code"], name=op.f("fk_recusals_inspector")),
        sa.PrimaryKeyConstraint("inspector", "object_id", name=op.f("pk_recusals")),
    )
    op.create_index(op.f("ix_recusals_org"), "recusals", ["org"], unique=False)
    op.create_index(op.f("ix_recusals_region"), "recusals", ["region"], unique=False)
    op.create_table(
        "subject_grades",
        sa.Column("subject_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("grade", sa.String(length=8, collation="C"), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", name=op.f("pk_subject_grades")),
    )
    op.create_table(
        "subject_labels",
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.String(length=54, collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["label_id"], ["labels.id"], name=op.f("fk_subject_labels_label_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("label_id", "subject_id", name=op.f("pk_subject_labels")),
    )
    op.create_index(op.f("ix_subject_labels_subject_id"), "subject_labels", ["subject_id"], unique=False)
    op.execute(ANALYZE_REGISTERS)
    op.execute(APPEND_ONLY)
    for table in FROZEN:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "subject_labels",
        "subject_grades",
        "recusals",
        "import_refusals",
        "subjects",
        "subject_changes",
        "snapshots",
        "rulesets",
        "organisations",
        "labels",
        "items",
        "item_lists",
        "inspectors",
        "imports",
        "forms",
        "calendars",
    ):
        op.drop_table(table)
    drop_chassis_tables()
    op.execute("DROP FUNCTION refuse_change()")
    op.execute("DROP FUNCTION analyze_registers()")
