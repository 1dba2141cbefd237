"""Which draws hold a task is found by index, and an inspection says whose it was (D4, D12, P11).

Revision: 0011
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_rounds_lists",
        "rounds",
        ["lists"],
        postgresql_using="gin",
        postgresql_ops={"lists": "jsonb_path_ops"},
    )
    op.add_column("history", sa.Column("org", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE history SET org = coalesce(document->>'org', document->>'authority', '')")
    # A row that named no authority was kept under the one that its import was for: that is the importer's own.
    op.execute(
        "UPDATE history h SET org = i.org FROM history_imports i "
        "WHERE h.imported_for = i.prefix AND h.document->>'authority' = i.authority"
    )


def downgrade() -> None:
    op.drop_column("history", "org")
    op.drop_index("ix_rounds_lists", table_name="rounds")
