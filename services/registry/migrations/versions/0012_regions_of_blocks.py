"""Which regions each stretch of blocks holds: few of them need to be looked at for what lies before a region.

Objects are written in the order of their codes, so that a region lies together. The index has a line for 32 blocks.
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

KEEP_QUICK = """
CREATE OR REPLACE FUNCTION analyze_registers() RETURNS void LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM gin_clean_pending_list('ix_subjects_name_chars'){blocks};
  ANALYZE subjects, subject_grades, subject_labels, subject_changes, subject_lists;
END $$
"""


def _keep_quick(blocks: str) -> None:
    op.execute(sa.text(KEEP_QUICK.replace("{blocks}", blocks)))


def upgrade() -> None:
    op.create_index(
        "ix_subjects_region_blocks",
        "subjects",
        ["region"],
        postgresql_using="brin",
        postgresql_with={"pages_per_range": "32"},
    )
    _keep_quick(", brin_summarize_new_values('ix_subjects_region_blocks')")


def downgrade() -> None:
    _keep_quick("")
    op.drop_index("ix_subjects_region_blocks", table_name="subjects")
