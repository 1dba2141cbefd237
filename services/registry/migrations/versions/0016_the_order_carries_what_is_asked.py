"""The index of the order of objects carries all that a search asks of a row: rows are not looked up for it."""

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def _index(*carried: str) -> None:
    op.drop_index("ix_subjects_region_id", table_name="subjects")
    op.create_index("ix_subjects_region_id", "subjects", ["region", "id"], postgresql_include=list(carried))


def upgrade() -> None:
    _index("name", "status", "kind", "industry", "unit")


def downgrade() -> None:
    _index("name")
