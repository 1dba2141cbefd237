"""Public versions of plans and their adjustments; signals, triggers, direct cases; approvals; item lists."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from suicha_chassis.migrations import append_only

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

FROZEN = ("plan_versions", "round_approvals", "signals", "triggers")

FIRST_VERSIONS = """
INSERT INTO plan_versions (plan_id, number, region, org, published_at, reason, document)
SELECT p.id, 1, p.region, p.org, p.published_at, '', jsonb_build_object(
  'id', p.id, 'year', p.year, 'number', p.number, 'name', p.name, 'org', p.org, 'org_name', p.org_name,
  'region', p.region, 'department', p.department, 'ruleset_id', p.ruleset_id,
  'ruleset_version', p.ruleset_version, 'published_at', p.published_at, 'public_version', 1, 'reason', '',
  'tasks', coalesce((SELECT jsonb_agg(t.content || jsonb_build_object(
    'id', t.id, 'plan_id', t.plan_id, 'number', t.number, 'state', 'planned', 'version', t.version
  ) ORDER BY t.number) FROM tasks t WHERE t.plan_id = p.id), '[]'::jsonb))
FROM plans p WHERE p.state = 'published'
"""
"""What was public before adjustments were kept: each published plan as its version 1."""


def _scoped(table: str) -> None:
    op.create_index(op.f(f"ix_{table}_org"), table, ["org"], unique=False)
    op.create_index(op.f(f"ix_{table}_region"), table, ["region"], unique=False)


def _scope() -> tuple[sa.Column[str], sa.Column[str]]:
    return (
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
    )


def upgrade() -> None:
    op.add_column("plans", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("plans", sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "plans", sa.Column("public_version", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.execute("UPDATE plans SET public_version = 1 WHERE state = 'published'")
    op.add_column(
        "tasks",
        sa.Column("state", sa.String(length=20), server_default=sa.text("'planned'"), nullable=False),
    )
    op.create_table(
        "plan_versions",
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_scope(),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_versions_plan_id")),
        sa.PrimaryKeyConstraint("plan_id", "number", name=op.f("pk_plan_versions")),
    )
    _scoped("plan_versions")
    op.execute(FIRST_VERSIONS)
    op.create_table(
        "plan_adjustments",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("plan_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("requested_by", sa.String(length=200), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("public_version", sa.Integer(), nullable=True),
        *_scope(),
        sa.ForeignKeyConstraint(["plan_id"], ["plans.id"], name=op.f("fk_plan_adjustments_plan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_adjustments")),
    )
    op.create_index(op.f("ix_plan_adjustments_plan_id"), "plan_adjustments", ["plan_id"], unique=False)
    op.create_index(
        "uq_plan_adjustments_open", "plan_adjustments", ["plan_id"], unique=True,
        postgresql_where=sa.text("state = 'submitted'"),
    )  # fmt: skip
    _scoped("plan_adjustments")
    op.create_table(
        "signals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("reference", sa.String(length=200), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *_scope(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signals")),
        sa.UniqueConstraint("org", "source", "reference", name=op.f("uq_signals_org_source_reference")),
    )
    op.create_index(
        "ix_signals_org_object_id_occurred_on", "signals", ["org", "object_id", "occurred_on"], unique=False
    )
    _scoped("signals")
    op.create_table(
        "triggers",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("content_sha256", sa.String(length=64), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("objects", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *_scope(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_triggers")),
        sa.UniqueConstraint("org", "number", name=op.f("uq_triggers_org_number")),
    )
    _scoped("triggers")
    op.create_table(
        "trigger_proposals",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("rule", sa.String(length=60), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("ruleset_id", sa.String(length=64), nullable=False),
        sa.Column("ruleset_version", sa.String(length=20), nullable=False),
        sa.Column("reached", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), server_default=sa.text("'open'"), nullable=False),
        sa.Column("reason", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_by", sa.String(length=200), server_default=sa.text("''"), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("trigger_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        *_scope(),
        sa.ForeignKeyConstraint(
            ["trigger_id"], ["triggers.id"], name=op.f("fk_trigger_proposals_trigger_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trigger_proposals")),
    )
    op.create_index(
        "uq_trigger_proposals_open", "trigger_proposals", ["org", "object_id", "rule"], unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip
    _scoped("trigger_proposals")
    op.create_table(
        "direct_cases",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("object_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("object_name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("evidence", sa.String(length=64), nullable=False),
        sa.Column("trigger_id", sa.Uuid(), nullable=True),
        sa.Column("ruleset_id", sa.String(length=64), nullable=False),
        sa.Column("ruleset_version", sa.String(length=20), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=False),
        sa.Column("opened_by", sa.String(length=200), nullable=False),
        sa.Column("closed_on", sa.Date(), nullable=True),
        sa.Column("closed_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        *_scope(),
        sa.ForeignKeyConstraint(["trigger_id"], ["triggers.id"], name=op.f("fk_direct_cases_trigger_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_direct_cases")),
        sa.UniqueConstraint("org", "number", name=op.f("uq_direct_cases_org_number")),
    )
    op.create_index("ix_direct_cases_org_object_id", "direct_cases", ["org", "object_id"], unique=False)
    _scoped("direct_cases")
    op.create_table(
        "round_approvals",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.String(length=200), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_approvals_round_id")),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_round_approvals")),
    )
    op.create_table(
        "item_lists",
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("laws", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("org", "kind", "version", name=op.f("pk_item_lists")),
    )
    for table in FROZEN:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "item_lists",
        "round_approvals",
        "direct_cases",
        "trigger_proposals",
        "triggers",
        "signals",
        "plan_adjustments",
        "plan_versions",
    ):
        op.drop_table(table)
    op.drop_column("tasks", "state")
    op.drop_column("plans", "public_version")
    op.drop_column("plans", "approved_at")
    op.drop_column("plans", "submitted_at")
