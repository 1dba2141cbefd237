"""Tags form a tree and say which items they are for; what looks like one object twice is proposed (R8, R10).

Revision: 0006
Follows: 0005
"""

import sqlalchemy as sa
from alembic import op
from suicha_chassis.migrations import append_only

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

CHINA_TODAY = "((now() AT TIME ZONE 'Asia/Shanghai'::text))::date"


def upgrade() -> None:
    op.add_column("labels", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_labels_parent_id"), "labels", "labels", ["parent_id"], ["id"])
    op.add_column("labels", sa.Column("dimension", sa.String(length=20), server_default="", nullable=False))
    op.add_column("labels", sa.Column("org", sa.String(length=64), server_default="", nullable=False))
    op.add_column(
        "labels",
        sa.Column("items", sa.ARRAY(sa.String(length=54)), server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("labels", sa.Column("valid_from", sa.Date(), nullable=True))
    op.add_column("labels", sa.Column("valid_to", sa.Date(), nullable=True))
    op.alter_column("labels", "rule", nullable=True)
    op.add_column(
        "subject_labels", sa.Column("origin", sa.String(length=10), server_default="rule", nullable=False)
    )
    op.add_column(
        "subject_labels", sa.Column("since", sa.Date(), server_default=sa.text(CHINA_TODAY), nullable=False)
    )
    op.add_column(
        "subject_labels", sa.Column("put_by", sa.String(length=200), server_default="", nullable=False)
    )
    op.create_table(
        "subject_label_ends",
        sa.Column("seq", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("label_id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("origin", sa.String(length=10), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), server_default=sa.text(CHINA_TODAY), nullable=False),
        sa.Column("put_by", sa.String(length=200), nullable=False),
        sa.Column("taken_by", sa.String(length=200), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_subject_label_ends")),
    )
    op.create_index(op.f("ix_subject_label_ends_subject_id"), "subject_label_ends", ["subject_id"])
    op.create_table(
        "subject_duplicates",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("first_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("second_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("grounds", sa.ARRAY(sa.String(length=20)), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("kept_id", sa.String(length=54, collation="C"), nullable=True),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("proposed_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("decided_by", sa.String(length=200), server_default="", nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_duplicates")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_subject_duplicates_first_id_second_id")),
    )
    op.create_index(op.f("ix_subject_duplicates_region"), "subject_duplicates", ["region"])
    for statement in append_only("subject_label_ends"):
        op.execute(statement)


def downgrade() -> None:
    op.drop_table("subject_duplicates")
    op.drop_table("subject_label_ends")
    for column in ("put_by", "since", "origin"):
        op.drop_column("subject_labels", column)
    op.execute("DELETE FROM labels WHERE rule IS NULL")
    op.alter_column("labels", "rule", nullable=False)
    op.drop_constraint(op.f("fk_labels_parent_id"), "labels", type_="foreignkey")
    for column in ("valid_to", "valid_from", "items", "org", "dimension", "parent_id"):
        op.drop_column("labels", column)
