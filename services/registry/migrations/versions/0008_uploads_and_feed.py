"""Uploads are forgotten in time; the feed goes on after a restore (R9); objects hold several licences (R8).

Revision: 0008
Follows: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CONTINUE_FEED = """
CREATE FUNCTION continue_feed() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
  here bigint := (SELECT system_identifier FROM pg_control_system());
  beyond bigint;
BEGIN
  IF here = (SELECT cluster FROM feed_epochs ORDER BY epoch DESC LIMIT 1) THEN RETURN; END IF;
  LOCK TABLE subjects, subject_changes IN ACCESS EXCLUSIVE MODE;
  IF here = (SELECT cluster FROM feed_epochs ORDER BY epoch DESC LIMIT 1) THEN RETURN; END IF;
  beyond := greatest((SELECT max(entered_xid) FROM subjects), (SELECT max(xid) FROM subject_changes), 0);
  EXECUTE format('ALTER TABLE subjects ALTER COLUMN entered_xid '
    'SET DEFAULT ((pg_current_xact_id())::text)::bigint + %s::bigint', beyond);
  EXECUTE format('ALTER TABLE subject_changes ALTER COLUMN xid '
    'SET DEFAULT ((pg_current_xact_id())::text)::bigint + %s::bigint', beyond);
  INSERT INTO feed_epochs (cluster, beyond) VALUES (here, beyond);
END $$
"""
"""In another cluster transactions are counted anew: from then on they are numbered beyond all that are there."""


def upgrade() -> None:
    op.add_column("imports", sa.Column("personal", sa.Boolean(), server_default="false", nullable=False))
    op.create_table(
        "uploads",
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("uploaded_by", sa.String(length=200), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_uploads")),
    )
    op.create_index(op.f("ix_imports_upload_sha256"), "imports", ["upload_sha256"])
    op.execute("UPDATE imports SET personal = true WHERE kind = 'inspectors'")
    op.execute(
        "INSERT INTO uploads SELECT upload_sha256, min(created_by), min(created_at) FROM imports GROUP BY 1"
    )
    op.create_table(
        "feed_epochs",
        sa.Column("epoch", sa.Integer(), sa.Identity(always=True), nullable=False),
        sa.Column("cluster", sa.BigInteger(), nullable=False),
        sa.Column("beyond", sa.BigInteger(), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("epoch", name=op.f("pk_feed_epochs")),
    )
    op.execute(
        "INSERT INTO feed_epochs (cluster, beyond) SELECT system_identifier, 0 FROM pg_control_system()"
    )
    op.execute(CONTINUE_FEED)
    document = postgresql.JSONB(astext_type=sa.Text())
    op.add_column("subjects", sa.Column("licences", document, server_default=sa.text("'[]'"), nullable=False))
    op.execute(
        "UPDATE subjects SET licences = jsonb_build_array(jsonb_build_object("
        "'kind', '许可证', 'number', licence_no, 'until', licence_until)) WHERE licence_no <> ''"
    )
    op.drop_column("subjects", "licence_until")
    op.drop_column("subjects", "licence_no")


def downgrade() -> None:
    op.add_column(
        "subjects", sa.Column("licence_no", sa.String(length=60), server_default="", nullable=False)
    )
    op.add_column("subjects", sa.Column("licence_until", sa.Date(), nullable=True))
    op.execute(
        "UPDATE subjects SET licence_no = licences -> 0 ->> 'number', "
        "licence_until = (licences -> 0 ->> 'until')::date WHERE licences <> '[]'"
    )
    op.drop_column("subjects", "licences")
    op.execute("DROP FUNCTION continue_feed()")
    op.drop_table("feed_epochs")
    op.drop_index(op.f("ix_imports_upload_sha256"), table_name="imports")
    op.drop_table("uploads")
    op.drop_column("imports", "personal")
