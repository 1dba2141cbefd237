"""Where an inspector lives, encrypted: compared when a list is frozen (D16).

Revision: 0007
Follows: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("inspectors", sa.Column("address_sealed", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("inspectors", "address_sealed")
