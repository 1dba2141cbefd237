"""Later versions of proof bundles, and the codes of voided attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bundle_versions",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "version", name=op.f("pk_bundle_versions")),
    )
    op.add_column(
        "voided_attempts", sa.Column("code", sa.String(length=40), server_default="", nullable=False)
    )
    op.alter_column("voided_attempts", "code", server_default=None)


def downgrade() -> None:
    op.drop_column("voided_attempts", "code")
    op.drop_table("bundle_versions")
