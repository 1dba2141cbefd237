"""What a bureau keeps all year: claimed and triggered lists, experts, training, due dates, coverage, code sets."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql
from suicha_chassis.migrations import append_only

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FROZEN = ("item_versions", "trainings", "training_attendance", "code_sets")

PUBLISHED_SO_FAR = """
INSERT INTO item_versions (org, code, number, region, content, retired, published_at)
SELECT org, code, 1, region, to_jsonb(i) - '{id,org,region,version,created_at,updated_at,reviewed_by,reviewed_on,
published_at,edited_by,review_method,retired_at}'::text[], false, published_at
FROM items i WHERE published_at IS NOT NULL
"""
"""Items that were public before versions of items were kept."""


def _scope() -> list[sa.Column[str]]:
    return [
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
    ]


def _moment(name: str) -> sa.Column[sa.DateTime]:
    return sa.Column(name, sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False)


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column], unique=False)


def upgrade() -> None:
    empty = {"server_default": sa.text("'{}'"), "nullable": False}
    op.add_column(
        "items",
        sa.Column(
            "lists", sa.ARRAY(sa.String(length=20)), server_default=sa.text("'{regular}'"), nullable=False
        ),
    )
    op.add_column("items", sa.Column("expertise", sa.ARRAY(sa.String(length=60)), **empty))
    op.add_column("items", sa.Column("legal_ratio", postgresql.JSONB(), nullable=True))
    op.add_column("items", sa.Column("legal_frequency", postgresql.JSONB(), nullable=True))
    op.add_column("items", sa.Column("edited_by", sa.String(length=200), server_default="", nullable=False))
    op.add_column(
        "items", sa.Column("review_method", sa.String(length=10), server_default="", nullable=False)
    )
    op.add_column("items", sa.Column("retired_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inspectors", sa.Column("expertise", sa.ARRAY(sa.String(length=60)), **empty))
    for name in ("leading_group", "responsibilities"):
        op.add_column(
            "organisations",
            sa.Column(name, postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        )
    op.add_column(
        "forms", sa.Column("extends", sa.String(length=54, collation="C"), server_default="", nullable=False)
    )
    op.add_column("forms", sa.Column("base_number", sa.Integer(), nullable=True))
    op.add_column(
        "item_lists", sa.Column("kind", sa.String(length=20), server_default="regular", nullable=False)
    )
    op.drop_constraint("pk_item_lists", "item_lists")
    op.create_primary_key("pk_item_lists", "item_lists", ["org", "kind", "version"])
    op.create_table(
        "item_versions",
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("region", sa.String(length=6, collation="C"), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("retired", sa.Boolean(), nullable=False),
        _moment("published_at"),
        sa.PrimaryKeyConstraint("org", "code", "number", name=op.f("pk_item_versions")),
    )
    _index("item_versions", "region")
    op.execute(PUBLISHED_SO_FAR)
    op.create_table(
        "item_claims",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("superior_org", sa.String(length=64), nullable=False),
        sa.Column("superior_code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.String(length=200), nullable=False),
        *_scope(),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_item_claims_item_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_claims")),
        sa.UniqueConstraint(
            "org", "superior_org", "superior_code", name=op.f("uq_item_claims_org_superior_org_superior_code")
        ),
    )
    _index("item_claims", "org", "region")
    op.create_table(
        "item_draws",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("org", sa.String(length=64), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("draw_id", sa.String(length=60), nullable=False),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("round_id", "code", name=op.f("pk_item_draws")),
    )
    _index("item_draws", "org")
    op.create_table(
        "voided_draws",
        sa.Column("round_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("round_id", name=op.f("pk_voided_draws")),
    )
    op.create_table(
        "experts",
        sa.Column("code", sa.String(length=54, collation="C"), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=30), nullable=False),
        sa.Column("institution", sa.Text(), nullable=False),
        sa.Column("credit_code", sa.String(length=18), nullable=False),
        sa.Column("qualification", sa.Text(), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.String(length=60)), **empty),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("confidential_since", sa.Date(), nullable=True),
        sa.Column("conflicts", sa.ARRAY(sa.String(collation="C")), **empty),
        sa.Column("state", sa.String(length=20), nullable=False),
        *_scope(),
        _moment("created_at"),
        _moment("updated_at"),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_experts")),
    )
    _index("experts", "org", "region")
    op.create_table(
        "trainings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("trainer", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(), nullable=True),
        sa.Column("recorded_by", sa.String(length=200), nullable=False),
        _moment("recorded_at"),
        *_scope(),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trainings")),
    )
    _index("trainings", "org", "region")
    op.create_table(
        "training_attendance",
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("inspector", sa.String(length=54, collation="C"), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspector"], ["inspectors.code"], name=op.f("fk_training_attendance_inspector")
        ),
        sa.ForeignKeyConstraint(
            ["training_id"], ["trainings.id"], name=op.f("fk_training_attendance_training_id")
        ),
        sa.PrimaryKeyConstraint("training_id", "inspector", name=op.f("pk_training_attendance")),
    )
    _index("training_attendance", "inspector")
    op.create_table(
        "due_done",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("what", sa.String(length=40), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("done_by", sa.Text(), nullable=False),
        sa.Column("told_by", sa.String(length=10), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        _moment("recorded_at"),
        *_scope(),
        sa.PrimaryKeyConstraint("org", "year", "what", name=op.f("pk_due_done")),
    )
    _index("due_done", "region")
    op.create_table(
        "code_sets",
        sa.Column("id", sa.String(length=30), nullable=False),
        sa.Column("document", postgresql.JSONB(), nullable=False),
        sa.Column("published_by", sa.String(length=200), nullable=False),
        _moment("published_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_code_sets")),
    )
    for table in FROZEN:
        for statement in append_only(table):
            op.execute(statement)


def downgrade() -> None:
    for table in (
        "code_sets",
        "due_done",
        "training_attendance",
        "trainings",
        "experts",
        "voided_draws",
        "item_draws",
        "item_claims",
        "item_versions",
    ):
        op.drop_table(table)
    op.drop_constraint("pk_item_lists", "item_lists")
    op.execute("ALTER TABLE item_lists DISABLE TRIGGER item_lists_append_only")
    op.execute("DELETE FROM item_lists WHERE kind <> 'regular'")
    op.execute("ALTER TABLE item_lists ENABLE TRIGGER item_lists_append_only")
    op.create_primary_key("pk_item_lists", "item_lists", ["org", "version"])
    op.drop_column("item_lists", "kind")
    op.drop_column("forms", "base_number")
    op.drop_column("forms", "extends")
    op.drop_column("organisations", "responsibilities")
    op.drop_column("organisations", "leading_group")
    op.drop_column("inspectors", "expertise")
    for name in (
        "retired_at",
        "review_method",
        "edited_by",
        "legal_frequency",
        "legal_ratio",
        "expertise",
        "lists",
    ):
        op.drop_column("items", name)
