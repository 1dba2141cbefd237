"""Plans, rounds, the draw log, and what the chassis keeps."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from suicha_chassis.first_tables import create_chassis_tables, drop_chassis_tables
from suicha_chassis.migrations import APPEND_ONLY, append_only

FROZEN = (
    "audit_entries",
    "audit_seals",
    "round_files",
    "exclusions",
    "results",
    "matches",
    "log_entries",
)

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    create_chassis_tables()
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counters")),
    )
    op.create_table(
        "exclusions",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("reason", sa.String(length=54), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("history_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "list_code", "object_id", name=op.f("pk_exclusions")),
    )
    op.create_table(
        "history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("finished_on", sa.Date(), nullable=False),
        sa.Column("violation", sa.Boolean(), nullable=False),
        sa.Column("normal", sa.Boolean(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history")),
    )
    op.create_index("ix_history_finished_on", "history", ["finished_on"], unique=False)
    op.create_index("ix_history_object_id_finished_on", "history", ["object_id", "finished_on"], unique=False)
    op.create_table(
        "log_entries",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("draw_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("line", sa.LargeBinary(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_log_entries")),
        sa.UniqueConstraint("draw_id", "seq", name=op.f("uq_log_entries_draw_id_seq")),
    )
    op.create_table(
        "matches",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("crew", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("unit", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("team", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("alternates", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "position", name=op.f("pk_matches")),
    )
    op.create_index("ix_matches_round_id_object_id", "matches", ["round_id", "object_id"], unique=False)
    op.create_table(
        "plans",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("ruleset_id", sa.String(length=64), nullable=False),
        sa.Column("ruleset_version", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("author", sa.String(length=200), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plans")),
        sa.UniqueConstraint("org", "year", "number", name=op.f("uq_plans_org_year_number")),
    )
    op.create_index(op.f("ix_plans_org"), "plans", ["org"], unique=False)
    op.create_index(op.f("ix_plans_region"), "plans", ["region"], unique=False)
    op.create_table(
        "results",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("list_code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("stratum", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=1), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("ticket", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "list_code", "stratum", "rank", name=op.f("pk_results")),
    )
    op.create_index("ix_results_round_id_object_id", "results", ["round_id", "object_id"], unique=False)
    op.create_table(
        "rounds",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("prev", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("org_name", sa.Text(), nullable=False),
        sa.Column("lists", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("crews", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("settings", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reveal_by", sa.DateTime(timezone=True), nullable=False),
        sa.Column("inspect_from", sa.Date(), nullable=False),
        sa.Column("inspect_to", sa.Date(), nullable=False),
        sa.Column("ruleset_id", sa.String(length=64), nullable=False),
        sa.Column("ruleset_version", sa.String(length=20), nullable=False),
        sa.Column("ruleset_sha", sa.String(length=64), nullable=False),
        sa.Column("freeze_request", sa.Uuid(), nullable=False),
        sa.Column("snapshot_id", sa.Uuid(), nullable=True),
        sa.Column("frozen", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("manifest_hash", sa.String(length=64), nullable=True),
        sa.Column("dice_typed", sa.String(length=20), nullable=True),
        sa.Column("dice_typed_by", sa.String(length=200), nullable=True),
        sa.Column("dice", sa.String(length=40), nullable=True),
        sa.Column("seed", sa.String(length=64), nullable=True),
        sa.Column("result_hash", sa.String(length=64), nullable=True),
        sa.Column("match_hash", sa.String(length=64), nullable=True),
        sa.Column("visits", sa.Integer(), nullable=True),
        sa.Column("signed_by", sa.String(length=200), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("void_evidence", sa.String(length=64), nullable=True),
        sa.Column("void_requested_by", sa.String(length=200), nullable=True),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rounds")),
        sa.UniqueConstraint("draw_id", "attempt", name=op.f("uq_rounds_draw_id_attempt")),
    )
    op.create_index(op.f("ix_rounds_org"), "rounds", ["org"], unique=False)
    op.create_index(op.f("ix_rounds_region"), "rounds", ["region"], unique=False)
    op.create_index(op.f("ix_rounds_state"), "rounds", ["state"], unique=False)
    op.create_table(
        "rulesets",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", "version", name=op.f("pk_rulesets")),
    )
    op.create_table(
        "contributors",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=32, collation="C"), nullable=False),
        sa.Column("commitment", sa.String(length=64), nullable=True),
        sa.Column("committed_by", sa.String(length=200), nullable=True),
        sa.Column("secret", sa.String(length=64), nullable=True),
        sa.Column("revealed_by", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_contributors_round_id")),
        sa.PrimaryKeyConstraint("round_id", "name", name=op.f("pk_contributors")),
    )
    op.create_table(
        "round_files",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("rows", sa.BigInteger(), nullable=True),
        sa.Column("media_type", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_files_round_id")),
        sa.PrimaryKeyConstraint("round_id", "kind", name=op.f("pk_round_files")),
    )
    op.create_table(
        "round_work",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_work_round_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_work")),
    )
    op.create_table(
        "substitutions",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("wanted", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=True),
        sa.Column("outcome", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_substitutions_round_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_substitutions")),
    )
    op.create_index(op.f("ix_substitutions_round_id"), "substitutions", ["round_id"], unique=False)
    op.create_table(
        "tasks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_tasks_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tasks")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_tasks_plan_id_number")),
    )
    op.create_index(op.f("ix_tasks_org"), "tasks", ["org"], unique=False)
    op.create_index(op.f("ix_tasks_region"), "tasks", ["region"], unique=False)
    op.execute(APPEND_ONLY)
    for table in FROZEN:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    op.drop_index(op.f("ix_tasks_region"), table_name="tasks")
    op.drop_index(op.f("ix_tasks_org"), table_name="tasks")
    op.drop_table("tasks")
    op.drop_index(op.f("ix_substitutions_round_id"), table_name="substitutions")
    op.drop_table("substitutions")
    op.drop_table("round_work")
    op.drop_table("round_files")
    op.drop_table("contributors")
    op.drop_table("rulesets")
    op.drop_index(op.f("ix_rounds_state"), table_name="rounds")
    op.drop_index(op.f("ix_rounds_region"), table_name="rounds")
    op.drop_index(op.f("ix_rounds_org"), table_name="rounds")
    op.drop_table("rounds")
    op.drop_index("ix_results_round_id_object_id", table_name="results")
    op.drop_table("results")
    op.drop_index(op.f("ix_plans_region"), table_name="plans")
    op.drop_index(op.f("ix_plans_org"), table_name="plans")
    op.drop_table("plans")
    op.drop_index("ix_matches_round_id_object_id", table_name="matches")
    op.drop_table("matches")
    op.drop_table("log_entries")
    op.drop_index("ix_history_object_id_finished_on", table_name="history")
    op.drop_index("ix_history_finished_on", table_name="history")
    op.drop_table("history")
    op.drop_table("exclusions")
    op.drop_table("counters")
    drop_chassis_tables()
    op.execute("DROP FUNCTION refuse_change")
