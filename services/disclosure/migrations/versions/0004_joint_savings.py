"""What joint rounds save by sharing tickets."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "joint_savings",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("selected", sa.Integer(), nullable=False),
        sa.Column("visits", sa.Integer(), nullable=False),
        sa.Column("expected_visits_apart", sa.String(length=30), nullable=False),
        sa.Column("saved_by_sharing", sa.String(length=30), nullable=False),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_joint_savings")),
    )


def downgrade() -> None:
    op.drop_table("joint_savings")
