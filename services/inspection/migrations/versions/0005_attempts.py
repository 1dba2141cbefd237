"""Which attempt at a draw a visit comes from, and the void ones before it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rounds", sa.Column("attempt", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("rounds", "attempt", server_default=None)
    op.add_column(
        "rounds",
        sa.Column("voided", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.alter_column("rounds", "voided", server_default=None)


def downgrade() -> None:
    op.drop_column("rounds", "voided")
    op.drop_column("rounds", "attempt")
