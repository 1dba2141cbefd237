"""Shares of a file count its blank rows too. Files that are being read now are read anew."""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE imports SET shares = '{}' WHERE state = 'checking'")


def downgrade() -> None:
    op.execute("UPDATE imports SET shares = '{}' WHERE state = 'checking'")
