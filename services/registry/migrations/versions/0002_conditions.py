"""What a directed draw may ask for (S3 Art. 8, S4 四(一)), and lists that an object is on (R12).

Revision: 0002
Follows: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subjects", sa.Column("nature", sa.String(length=40), server_default="", nullable=False))
    op.add_column("subjects", sa.Column("structure", sa.String(length=60), server_default="", nullable=False))
    op.add_column("subjects", sa.Column("market_share_bp", sa.Integer(), nullable=True))
    op.add_column(
        "subjects", sa.Column("licence_no", sa.String(length=60), server_default="", nullable=False)
    )
    op.add_column("subjects", sa.Column("licence_until", sa.Date(), nullable=True))
    op.create_table(
        "subject_lists",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("list_code", sa.String(length=30, collation="C"), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_lists")),
        sa.UniqueConstraint(
            "subject_id", "list_code", "valid_from", name=op.f("uq_subject_lists_subject_id_list_code_valid_from")
        ),
    )  # fmt: skip
    op.create_index(
        op.f("ix_subject_lists_list_code_subject_id"), "subject_lists", ["list_code", "subject_id"]
    )


def downgrade() -> None:
    op.drop_table("subject_lists")
    for column in ("licence_until", "licence_no", "market_share_bp", "structure", "nature"):
        op.drop_column("subjects", column)
