"""The order of lists carries the names, so that looking for a name along it touches no row."""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_subjects_region_id"), table_name="subjects")
    op.create_index(op.f("ix_subjects_region_id"), "subjects", ["region", "id"], postgresql_include=["name"])


def downgrade() -> None:
    op.drop_index(op.f("ix_subjects_region_id"), table_name="subjects")
    op.create_index(op.f("ix_subjects_region_id"), "subjects", ["region", "id"])
