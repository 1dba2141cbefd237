"""Signatures of witnesses under freeze and result."""

import sqlalchemy as sa
from alembic import op
from suicha_chassis.migrations import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "signatures",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("deed", sa.String(length=10), nullable=False),
        sa.Column("signed_by", sa.String(length=200), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_signatures_round_id")),
        sa.PrimaryKeyConstraint("round_id", "deed", "signed_by", name=op.f("pk_signatures")),
    )
    for statement in append_only("signatures"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("signatures")
