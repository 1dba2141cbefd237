"""What a round fixed stays, for the service's own role and for the owner: inputs, secrets, seed, results, outcomes."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

REFUSE = """
CREATE FUNCTION refuse_second_thoughts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '%: what is fixed stays (%)', TG_TABLE_NAME, TG_NAME USING ERRCODE = 'restrict_violation';
END $$
"""

ALWAYS = {
    "rounds": "id draw_id attempt prev org region org_name created_by created_at",
    "contributors": "round_id name",
    "substitutions": "id round_id wanted reason_code reason evidence requested_by created_at",
}
"""Columns that are written with the row."""

FROZEN = (
    "lists crews settings frozen snapshot_id salt_secret freeze_request reveal_by beacon_round publish_after "
    "inspect_from inspect_to ruleset_id ruleset_version ruleset_sha"
)
"""Columns of a round that the freeze fixes."""

ONCE = {
    "rounds": "manifest_hash dice beacon beacon_signature seed result_hash match_hash visits "
    "completed_at voided_at unsealed_at",
    "contributors": "commitment committed_by secret revealed_by",
    "substitutions": "approved_by beacon_round outcome",
}
"""Columns that are empty at first and filled in once."""

TABLES = tuple(ALWAYS)


def _differ(columns: str) -> str:
    old, new = (", ".join(f"{row}.{name}" for name in columns.split()) for row in ("OLD", "NEW"))
    return f"({old}) IS DISTINCT FROM ({new})"


def _refilled(columns: str) -> str:
    changed = "({0} IS NOT NULL AND {0} IS DISTINCT FROM NEW.{1})"
    return " OR ".join(changed.format(f"OLD.{name}", name) for name in columns.split())


def _guard(table: str, name: str, when: str) -> str:
    return (
        f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table} FOR EACH ROW WHEN ({when}) "
        "EXECUTE FUNCTION refuse_second_thoughts()"
    )


def upgrade() -> None:
    op.execute(REFUSE)
    for table in TABLES:
        op.execute(_guard(table, "written", _differ(ALWAYS[table])))
        op.execute(_guard(table, "once", _refilled(ONCE[table])))
        op.execute(
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} FOR EACH ROW "
            "EXECUTE FUNCTION refuse_second_thoughts()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION refuse_second_thoughts()"
        )
    op.execute(_guard("rounds", "frozen", f"OLD.frozen IS NOT NULL AND {_differ(FROZEN)}"))
    # The lots are the result: once there is one, they stay.
    op.execute(_guard("rounds", "lots", "OLD.result_hash IS NOT NULL AND OLD.lots IS DISTINCT FROM NEW.lots"))


def downgrade() -> None:
    for table in TABLES:
        for name in ("written", "once", "kept", "no_truncate"):
            op.execute(f"DROP TRIGGER {table}_{name} ON {table}")
    op.execute("DROP TRIGGER rounds_frozen ON rounds")
    op.execute("DROP TRIGGER rounds_lots ON rounds")
    op.execute("DROP FUNCTION refuse_second_thoughts")
