"""Rounds that were voided after their visits were made.

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op
from suicha_chassis.migrations import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "voided_rounds",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("draw_id", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_voided_rounds")),
    )
    for statement in append_only("voided_rounds"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("voided_rounds")
