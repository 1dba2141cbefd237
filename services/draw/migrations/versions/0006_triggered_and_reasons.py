"""Which inspections came of a trigger (D12), and the reason code of a substitution (D16).

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("history", sa.Column("triggered", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column(
        "substitutions", sa.Column("reason_code", sa.String(length=40), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("substitutions", "reason_code")
    op.drop_column("history", "triggered")
