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
    "rounds",
    "round_lists",
    "frozen_items",
    "roster",
    "signatures",
    "record_versions",
)


def upgrade() -> None:
    create_chassis_tables()
    op.create_table(
        "rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Text(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("inspect_from", sa.Date(), nullable=False),
        sa.Column("inspect_to", sa.Date(), nullable=False),
        sa.Column("ruleset", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("team_minimum", sa.SmallInteger(), nullable=False),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("dossier", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
    )
    op.create_index(op.f("ix_rounds_org"), "rounds", ["org"], unique=False)
    op.create_index(op.f("ix_rounds_region"), "rounds", ["region"], unique=False)
    op.create_table(
        "uploads",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "org", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_uploads_region"), "uploads", ["region"], unique=False)
    op.create_table(
        "frozen_items",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("form", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_frozen_items_round_id")),
        sa.PrimaryKeyConstraint("round_id", "code", name=op.f("pk_frozen_items")),
    )
    op.create_table(
        "roster",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("inspector_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("org", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("crew", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("licence_no", sa.Text(), nullable=False),
        sa.Column("licence_until", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_roster_round_id")),
        sa.PrimaryKeyConstraint("round_id", "inspector_id", name=op.f("pk_roster")),
    )
    op.create_table(
        "round_lists",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("crew", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("plan_number", sa.Text(), nullable=False),
        sa.Column("plan_name", sa.Text(), nullable=False),
        sa.Column("task_number", sa.Text(), nullable=False),
        sa.Column("task_name", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("items", sa.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_lists_round_id")),
        sa.PrimaryKeyConstraint("round_id", "code", name=op.f("pk_round_lists")),
    )
    op.create_table(
        "visits",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("object_kind", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.Text(), nullable=False),
        sa.Column("object_region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("legal_representative", sa.Text(), nullable=False),
        sa.Column("business_scope", sa.Text(), nullable=False),
        sa.Column("credit_grade", sa.Text(), nullable=False),
        sa.Column("inspect_from", sa.Date(), nullable=False),
        sa.Column("inspect_to", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), server_default="assigned", nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=True),
        sa.Column("deviation_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("mode", sa.Text(), server_default="", nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("licences_shown", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=True),
        sa.Column("untraceable", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("review_comment", sa.Text(), server_default="", nullable=False),
        sa.Column("cancel_reason", sa.Text(), server_default="", nullable=False),
        sa.Column("record_version", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "state IN ('assigned', 'started', 'submitted', 'closed', 'cancelled')",
            name=op.f("ck_visits_known_state"),
        ),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_visits_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_visits")),
        sa.UniqueConstraint("round_id", "object_id", name=op.f("uq_visits_round_id_object_id")),
    )
    op.create_index(
        "ix_visits_inspect_to",
        "visits",
        ["inspect_to"],
        unique=False,
        postgresql_where=sa.text("state IN ('assigned', 'started')"),
    )
    op.create_index(op.f("ix_visits_object_id"), "visits", ["object_id"], unique=False)
    op.create_index(op.f("ix_visits_org"), "visits", ["org"], unique=False)
    op.create_index(op.f("ix_visits_region"), "visits", ["region"], unique=False)
    op.create_index("ix_visits_round_id_state", "visits", ["round_id", "state"], unique=False)
    op.create_table(
        "checks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("crew", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("code_set", sa.Text(), server_default="rz-2022", nullable=False),
        sa.Column("cancelled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("opinion", sa.Text(), server_default="", nullable=False),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_by", sa.Text(), server_default="", nullable=False),
        sa.Column("edited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(
            ["round_id", "list_code"],
            ["round_lists.round_id", "round_lists.code"],
            name=op.f("fk_checks_round_id_list_code"),
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_checks_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checks")),
        sa.UniqueConstraint("visit_id", "list_code", name=op.f("uq_checks_visit_id_list_code")),
    )
    op.create_index("ix_checks_round_id_list_code", "checks", ["round_id", "list_code"], unique=False)
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("receiving_body", sa.Text(), server_default="", nullable=False),
        sa.Column("outcome", sa.Text(), server_default="", nullable=False),
        sa.Column("receipt_no", sa.Text(), server_default="", nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_by", sa.Text(), server_default="", nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_follow_ups_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    op.create_index(op.f("ix_follow_ups_due_on"), "follow_ups", ["due_on"], unique=False)
    op.create_index(op.f("ix_follow_ups_visit_id"), "follow_ups", ["visit_id"], unique=False)
    op.create_table(
        "non_cooperations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.SmallInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("evidence", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("kind BETWEEN 1 AND 4", name=op.f("ck_non_cooperations_kind_of_article_12")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_non_cooperations_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_non_cooperations")),
    )
    op.create_index(op.f("ix_non_cooperations_visit_id"), "non_cooperations", ["visit_id"], unique=False)
    op.create_table(
        "record_versions",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_record_versions_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "version", name=op.f("pk_record_versions")),
    )
    op.create_table(
        "signatures",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("inspector_id", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('officer', 'representative', 'witness')", name=op.f("ck_signatures_known_role")
        ),
        sa.CheckConstraint(
            "state IN ('signed', 'sealed', 'refused', 'absent')", name=op.f("ck_signatures_known_state")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_signatures_visit_id")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_signatures")),
    )
    op.create_index(op.f("ix_signatures_visit_id"), "signatures", ["visit_id"], unique=False)
    op.create_table(
        "team_members",
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("inspector_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("crew", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("present", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.CheckConstraint(
            "kind IN ('team', 'alternate', 'replaced')", name=op.f("ck_team_members_known_kind")
        ),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_team_members_visit_id")),
        sa.PrimaryKeyConstraint("visit_id", "inspector_id", name=op.f("pk_team_members")),
    )
    op.create_index(op.f("ix_team_members_inspector_id"), "team_members", ["inspector_id"], unique=False)
    op.create_table(
        "check_items",
        sa.Column("check_id", sa.Uuid(), nullable=False),
        sa.Column("item_code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column(
            "answers", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("result", sa.String(length=2), nullable=True),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("fk_check_items_check_id")),
        sa.PrimaryKeyConstraint("check_id", "item_code", name=op.f("pk_check_items")),
    )
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("check_id", sa.Uuid(), nullable=True),
        sa.Column("item_code", sa.String(length=54, collation="C"), nullable=True),
        sa.Column("question_key", sa.Text(), nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["check_id"], ["checks.id"], name=op.f("fk_evidence_check_id")),
        sa.ForeignKeyConstraint(["visit_id"], ["visits.id"], name=op.f("fk_evidence_visit_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index(op.f("ix_evidence_visit_id"), "evidence", ["visit_id"], unique=False)
    op.execute(APPEND_ONLY)
    for table in FROZEN:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_table("evidence")
    op.drop_table("check_items")
    op.drop_table("team_members")
    op.drop_table("signatures")
    op.drop_table("record_versions")
    op.drop_table("non_cooperations")
    op.drop_table("follow_ups")
    op.drop_table("checks")
    op.drop_table("visits")
    op.drop_table("round_lists")
    op.drop_table("roster")
    op.drop_table("frozen_items")
    op.drop_table("uploads")
    op.drop_table("rounds")
    drop_chassis_tables()
    op.execute("DROP FUNCTION refuse_change")
