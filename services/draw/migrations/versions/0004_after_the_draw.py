"""What others put their names to, bundles in versions, where the lists of a round overlap, why attempts are void."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from suicha_chassis.migrations import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

APPENDED = ("log_cosignatures", "log_timestamps", "round_overlaps")


def upgrade() -> None:
    op.create_table(
        "log_cosignatures",
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("witness", sa.String(length=200), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("size", "witness", name=op.f("pk_log_cosignatures")),
    )
    op.create_table(
        "log_timestamps",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("response", sa.LargeBinary(), nullable=False),
        sa.Column("stamped_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("verified", sa.Boolean(), nullable=False),
        sa.Column("given_by", sa.String(length=200), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_log_timestamps")),
        sa.UniqueConstraint("sha256", name=op.f("uq_log_timestamps_sha256")),
    )
    op.create_index(op.f("ix_log_timestamps_size"), "log_timestamps", ["size"], unique=False)
    op.create_table(
        "round_overlaps",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("strata", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("objects", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["round_id"], ["rounds.id"], name=op.f("fk_round_overlaps_round_id")),
        sa.PrimaryKeyConstraint("round_id", "strata", name=op.f("pk_round_overlaps")),
    )
    for table in APPENDED:
        for statement in append_only(table):
            op.execute(statement)
    op.add_column("rounds", sa.Column("void_code", sa.String(length=40), nullable=True))
    op.add_column("round_files", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.alter_column("round_files", "version", server_default=None)
    op.add_column("round_files", sa.Column("covers", postgresql.JSONB(astext_type=sa.Text()), nullable=True))
    op.drop_constraint("pk_round_files", "round_files")
    op.create_primary_key("pk_round_files", "round_files", ["round_id", "kind", "version"])


def downgrade() -> None:
    op.execute("ALTER TABLE round_files DISABLE TRIGGER round_files_append_only")
    op.execute("DELETE FROM round_files WHERE version > 1")
    op.execute("ALTER TABLE round_files ENABLE TRIGGER round_files_append_only")
    op.drop_constraint("pk_round_files", "round_files")
    op.create_primary_key("pk_round_files", "round_files", ["round_id", "kind"])
    op.drop_column("round_files", "covers")
    op.drop_column("round_files", "version")
    op.drop_column("rounds", "void_code")
    op.drop_table("round_overlaps")
    op.drop_index(op.f("ix_log_timestamps_size"), table_name="log_timestamps")
    op.drop_table("log_timestamps")
    op.drop_table("log_cosignatures")
