"""Files of earlier inspections, and for which region an imported inspection counts (D10–D12).

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
    op.add_column("history", sa.Column("imported_for", sa.String(length=6, collation="C"), nullable=True))
    op.create_table(
        "history_imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("prefix", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("upload_sha256", sa.String(length=64), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        *(
            sa.Column(name, sa.BigInteger(), server_default="0", nullable=False)
            for name in ("read", "added", "changed", "unchanged", "refused")
        ),
        sa.Column("fault", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.String(length=200), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("confirmed_by", sa.String(length=200), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_imports")),
    )
    op.create_index(op.f("ix_history_imports_org"), "history_imports", ["org"])
    op.create_index(op.f("ix_history_imports_region"), "history_imports", ["region"])
    op.create_table(
        "history_problems",
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("line", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["import_id"], ["history_imports.id"], name=op.f("fk_history_problems_import_id")
        ),
        sa.PrimaryKeyConstraint("import_id", "line", name=op.f("pk_history_problems")),
    )


def downgrade() -> None:
    op.drop_table("history_problems")
    op.drop_table("history_imports")
    op.drop_column("history", "imported_for")
