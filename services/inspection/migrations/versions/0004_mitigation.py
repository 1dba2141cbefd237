"""What an object reported or corrected by itself (S4 四(四)).

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("checks", sa.Column("mitigation", sa.Text(), server_default="", nullable=False))


def downgrade() -> None:
    op.drop_column("checks", "mitigation")
