"""Readers note the line that they reached: rows before it are written while others are read. Files that are being
read now are read anew."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "imports", sa.Column("lines", sa.ARRAY(sa.BigInteger()), server_default="{}", nullable=False)
    )
    op.execute("UPDATE imports SET shares = '{}' WHERE state = 'checking'")


def downgrade() -> None:
    op.execute("UPDATE imports SET shares = '{}' WHERE state = 'checking'")
    op.drop_column("imports", "lines")
