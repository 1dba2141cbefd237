"""The salt secret of a sealed round, and the beacon that a drop-out names."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("rounds", sa.Column("salt_secret", sa.String(length=64), nullable=True))
    op.add_column("substitutions", sa.Column("beacon_round", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("substitutions", "beacon_round")
    op.drop_column("rounds", "salt_secret")
