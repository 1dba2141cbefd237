"""Each version of an item keeps how it was approved; a review on paper names the signed document."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("items", "item_versions"):
        op.add_column(table, sa.Column("review_document", sa.Text(), server_default="", nullable=False))
        op.add_column(
            table, sa.Column("review_sha256", sa.String(length=64), server_default="", nullable=False)
        )
    op.add_column("item_versions", sa.Column("reviewed_by", sa.Text(), server_default="", nullable=False))
    op.add_column("item_versions", sa.Column("reviewed_on", sa.Date(), nullable=True))
    op.add_column(
        "item_versions", sa.Column("review_method", sa.String(length=10), server_default="", nullable=False)
    )


def downgrade() -> None:
    for column in ("review_method", "reviewed_on", "reviewed_by", "review_sha256", "review_document"):
        op.drop_column("item_versions", column)
    for column in ("review_sha256", "review_document"):
        op.drop_column("items", column)
