"""Imports are checked into a stage, shown, and applied when confirmed; each fault of a row is kept.

The serving role makes and drops stages by itself, in a schema of their own; elsewhere it owns nothing.

Revision: 0005
Follows: 0004
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE SCHEMA staging")
    op.execute("GRANT USAGE, CREATE ON SCHEMA staging TO PUBLIC")
    op.add_column("imports", sa.Column("mode", sa.String(length=10), server_default="direct", nullable=False))
    op.execute("UPDATE imports SET mode = 'preview' WHERE dry_run")
    op.execute("UPDATE imports SET state = 'discarded' WHERE dry_run AND state = 'done'")
    op.execute("UPDATE imports SET state = 'received', rows_read = 0 WHERE state = 'running'")
    op.alter_column("imports", "mode", server_default=None)
    op.drop_column("imports", "dry_run")
    document = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("imports", sa.Column("headers", document, server_default="{}", nullable=False))
    op.add_column("imports", sa.Column("columns", document, server_default="[]", nullable=False))
    op.add_column("imports", sa.Column("rows_total", sa.BigInteger(), server_default="0", nullable=False))
    op.add_column("imports", sa.Column("staged", sa.BigInteger(), nullable=True))
    op.add_column(
        "imports", sa.Column("confirmed_by", sa.String(length=200), server_default="", nullable=False)
    )
    op.add_column("imports", sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("import_refusals", sa.Column("faults", document, server_default="[]", nullable=False))


def downgrade() -> None:
    op.drop_column("import_refusals", "faults")
    op.add_column("imports", sa.Column("dry_run", sa.Boolean(), server_default="false", nullable=False))
    op.execute("UPDATE imports SET dry_run = mode = 'preview'")
    op.execute(
        "UPDATE imports SET state = CASE state WHEN 'discarded' THEN 'done' ELSE 'received' END "
        "WHERE state NOT IN ('received', 'done', 'failed')"
    )
    op.alter_column("imports", "dry_run", server_default=None)
    for name in ("confirmed_at", "confirmed_by", "staged", "rows_total", "columns", "headers", "mode"):
        op.drop_column("imports", name)
    op.execute("DROP SCHEMA staging CASCADE")
