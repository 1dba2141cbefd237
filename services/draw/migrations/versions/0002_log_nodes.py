"""The inner hashes of the draw log's tree, filled in for the entries there are."""

import sqlalchemy as sa
from alembic import op
from suicha_chassis.migrations import append_only

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

BACK_FILL = r"""
INSERT INTO log_nodes (level, index, hash)
SELECT 1, l.index / 2, sha256('\x01'::bytea || l.leaf || r.leaf)
FROM log_entries l JOIN log_entries r ON r.index = l.index + 1 WHERE l.index % 2 = 0;

DO $$
DECLARE below smallint := 1;
BEGIN
  LOOP
    INSERT INTO log_nodes (level, index, hash)
    SELECT below + 1, l.index / 2, sha256('\x01'::bytea || l.hash || r.hash)
    FROM log_nodes l JOIN log_nodes r ON r.level = below AND r.index = l.index + 1
    WHERE l.level = below AND l.index % 2 = 0;
    EXIT WHEN NOT FOUND;
    below := below + 1;
  END LOOP;
END $$
"""
"""Level by level (RFC 9162 §2.1.1: a node is SHA-256 of 0x01, left, right)."""


def upgrade() -> None:
    op.create_table(
        "log_nodes",
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "index", name=op.f("pk_log_nodes")),
    )
    op.execute(BACK_FILL)
    for statement in append_only("log_nodes"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("log_nodes")
