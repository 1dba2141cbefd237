"""Uploads that the record names say so themselves: signed approvals were forgotten after seven days."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("uploads", sa.Column("kept", sa.Boolean(), server_default="false", nullable=False))
    op.execute(
        "UPDATE uploads SET kept = true WHERE sha256 IN (SELECT evidence ->> 'sha256' FROM trainings "
        "UNION SELECT review_sha256 FROM items UNION SELECT review_sha256 FROM item_versions)"
    )


def downgrade() -> None:
    op.drop_column("uploads", "kept")
