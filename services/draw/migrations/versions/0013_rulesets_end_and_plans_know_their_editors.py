"""A ruleset version has a last day, and a plan knows who made and who edited it (four eyes)."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0010"
branch_labels = None
depends_on = None

_EDITORS = """
UPDATE plans p SET
  created_by = coalesce((SELECT min(a.actor) FROM audit_entries a
    WHERE a.action = 'plan.create' AND a.object_id = CAST(p.id AS text)), p.author),
  editors = ARRAY(SELECT DISTINCT actor FROM (
    SELECT p.author AS actor
    UNION SELECT a.actor FROM audit_entries a WHERE a.action IN ('plan.create', 'plan.change', 'plan.submit')
      AND a.object_id = CAST(p.id AS text)
    UNION SELECT a.actor FROM audit_entries a JOIN tasks t ON a.object_id = CAST(t.id AS text)
      WHERE a.action IN ('task.create', 'task.change') AND t.plan_id = p.id
  ) of_plan)
"""


def upgrade() -> None:
    op.add_column("rulesets", sa.Column("effective_to", sa.Date(), nullable=True))
    op.execute("UPDATE rulesets SET effective_to = CAST(document->>'effective_to' AS date)")
    op.add_column(
        "plans", sa.Column("created_by", sa.String(length=200), server_default=sa.text("''"), nullable=False)
    )
    op.add_column(
        "plans",
        sa.Column("editors", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.execute(_EDITORS)
    op.alter_column("plans", "created_by", server_default=None)
    op.alter_column("plans", "editors", server_default=None)


def downgrade() -> None:
    op.drop_column("plans", "editors")
    op.drop_column("plans", "created_by")
    op.drop_column("rulesets", "effective_to")
