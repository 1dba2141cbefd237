"""Changes with the day they hold from, a feed without gaps, complaints, and quick search (R9, R12).

Revision: 0004
Follows: 0003
"""

import sqlalchemy as sa
from alembic import op
from suicha_chassis.migrations import append_only

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

CHINA_TODAY = "((now() AT TIME ZONE 'Asia/Shanghai'::text))::date"
TRANSACTION = "((pg_current_xact_id())::text)::bigint"

SUBJECT_BEFORE = """
CREATE FUNCTION subject_before(subject text, day date) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM (
    SELECT DISTINCT ON (key) key, value FROM (
      SELECT c.seq, b.key, b.value, max(c.seq) FILTER (WHERE c.effective_from <= day)
        OVER (PARTITION BY b.key) AS standing
      FROM subject_changes c, jsonb_each(c.before) b WHERE c.subject_id = subject
    ) k WHERE seq > coalesce(standing, 0) ORDER BY key, seq
  ) undone
$$
"""
"""What must be put back to see an object as it was on a day: of each field, the value before the first change
that was noted after everything that held on that day already."""

KEEP_QUICK = """
CREATE OR REPLACE FUNCTION analyze_registers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM gin_clean_pending_list('ix_subjects_name_chars');
  ANALYZE subjects, subject_grades, subject_labels, subject_changes, subject_lists;
END $$
"""

BEFORE_THIS = """
CREATE OR REPLACE FUNCTION analyze_registers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  ANALYZE subjects, subject_grades, subject_labels;
END $$
"""


def upgrade() -> None:
    op.add_column(
        "subjects", sa.Column("entered_on", sa.Date(), server_default=sa.text(CHINA_TODAY), nullable=False)
    )
    op.add_column(
        "subjects",
        sa.Column("entered_xid", sa.BigInteger(), server_default=sa.text(TRANSACTION), nullable=False),
    )
    op.add_column("subjects", sa.Column("entry", sa.BigInteger(), sa.Identity(always=True), nullable=False))
    op.add_column("subjects", sa.Column("merged_into", sa.String(length=54, collation="C"), nullable=True))
    op.create_index(op.f("ix_subjects_entered_xid_entry"), "subjects", ["entered_xid", "entry"])
    op.drop_index(op.f("ix_subjects_region"), table_name="subjects")
    op.create_index(op.f("ix_subjects_region_id"), "subjects", ["region", "id"])
    op.create_index(
        "ix_subjects_name_chars",
        "subjects",
        [sa.text("string_to_array(name, NULL::text)")],
        postgresql_using="gin",
        postgresql_with={"fastupdate": "on", "gin_pending_list_limit": "2000000"},
    )
    op.create_index(op.f("ix_subject_grades_grade_subject_id"), "subject_grades", ["grade", "subject_id"])
    op.add_column(
        "subject_changes", sa.Column("org", sa.String(length=64), server_default="", nullable=False)
    )
    op.add_column(
        "subject_changes",
        sa.Column("effective_from", sa.Date(), server_default=sa.text(CHINA_TODAY), nullable=False),
    )
    op.add_column(
        "subject_changes",
        sa.Column("xid", sa.BigInteger(), server_default=sa.text(TRANSACTION), nullable=False),
    )
    op.create_index(op.f("ix_subject_changes_xid_seq"), "subject_changes", ["xid", "seq"])
    op.create_index(op.f("ix_subject_changes_effective_from"), "subject_changes", ["effective_from"])
    op.create_table(
        "subject_complaints",
        sa.Column("subject_id", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("source", sa.String(length=100), nullable=False),
        sa.Column("reference", sa.String(length=100), nullable=False),
        sa.Column("received_on", sa.Date(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "source", "reference", name=op.f("pk_subject_complaints")),
    )
    op.execute(SUBJECT_BEFORE)
    op.execute(KEEP_QUICK)
    for statement in append_only("subject_complaints"):
        op.execute(statement)


def downgrade() -> None:
    op.execute(BEFORE_THIS)
    op.execute("DROP FUNCTION subject_before(text, date)")
    op.drop_table("subject_complaints")
    op.drop_index(op.f("ix_subject_changes_effective_from"), table_name="subject_changes")
    op.drop_index(op.f("ix_subject_changes_xid_seq"), table_name="subject_changes")
    for column in ("xid", "effective_from", "org"):
        op.drop_column("subject_changes", column)
    op.drop_index(op.f("ix_subject_grades_grade_subject_id"), table_name="subject_grades")
    op.drop_index("ix_subjects_name_chars", table_name="subjects")
    op.drop_index(op.f("ix_subjects_region_id"), table_name="subjects")
    op.create_index(op.f("ix_subjects_region"), "subjects", ["region"])
    op.drop_index(op.f("ix_subjects_entered_xid_entry"), table_name="subjects")
    for column in ("merged_into", "entry", "entered_xid", "entered_on"):
        op.drop_column("subjects", column)
