"""The beacon of a round, and when what was kept back of it may be published."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rounds", sa.Column("beacon_round", sa.BigInteger(), nullable=True))
    op.add_column("rounds", sa.Column("beacon", sa.String(length=100), nullable=True))
    op.add_column("rounds", sa.Column("beacon_signature", sa.String(length=96), nullable=True))
    op.add_column("rounds", sa.Column("publish_after", sa.DateTime(timezone=True), nullable=True))
    op.add_column("rounds", sa.Column("closed_visits", sa.Integer(), server_default="0", nullable=False))
    op.add_column("rounds", sa.Column("unsealed_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    for column in (
        "unsealed_at",
        "closed_visits",
        "publish_after",
        "beacon_signature",
        "beacon",
        "beacon_round",
    ):
        op.drop_column("rounds", column)
