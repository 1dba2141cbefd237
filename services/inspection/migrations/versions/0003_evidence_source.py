"""Evidence says whose finding it is (S3 Art. 9).

Revision: 0003
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence", sa.Column("source", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("evidence", "source")
