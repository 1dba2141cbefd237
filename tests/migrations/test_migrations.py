"""Every service's schema is what its migrations build, and each migration can be taken back."""

import psycopg
import pytest
from alembic import command
from suicha_chassis import migrations


@pytest.mark.parametrize("service", migrations.SERVICES)
def test_models_and_migrations_agree_and_migrations_go_down_and_up(service, postgres):
    database = postgres.database(service)
    assert migrations.difference(service, database.owner_url) == ""
    config = migrations.config_for(service, database.owner_url.replace("postgresql:", "postgresql+psycopg:"))
    command.downgrade(config, "base")
    command.upgrade(config, "head")
    assert migrations.difference(service, database.owner_url) == ""


@pytest.mark.parametrize("service", migrations.SERVICES)
def test_the_serving_role_owns_nothing_and_cannot_touch_what_is_append_only(service, postgres):
    database = postgres.database(service)
    with psycopg.connect(database.url, autocommit=True) as connection:
        owned = connection.execute(
            "SELECT count(*) FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE r.rolname = current_user"
        ).fetchone()
        assert owned == (0,)
        for statement in (
            "UPDATE audit_entries SET actor = ''",
            "DELETE FROM audit_entries",
            "TRUNCATE audit_seals",
            "DROP TABLE outbox",
            "ALTER TABLE audit_entries DISABLE TRIGGER ALL",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)


def test_uploads_that_the_record_named_before_stay_for_good(postgres):
    database = postgres.database("registry")
    config = migrations.config_for(
        "registry", database.owner_url.replace("postgresql:", "postgresql+psycopg:")
    )
    command.downgrade(config, "0014")
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO uploads (sha256, uploaded_by) VALUES ('sheet', 'x'), ('signed', 'x'), ('orphan', 'x')"
        )
        connection.execute(
            "INSERT INTO trainings (id, topic, kind, held_on, minutes, trainer, evidence, recorded_by, region, org) "
            "SELECT uuidv7(), 'x', 'law', '2026-01-05', 60, 'x', e, 'x', '410300', 'x' "
            'FROM (VALUES (\'{"sha256": "sheet"}\'::jsonb), (NULL)) v (e)'
        )
        connection.execute(
            "INSERT INTO item_versions (org, code, number, region, content, retired, review_sha256) "
            "VALUES ('x', 'LY-01', 1, '410300', '{}', false, 'signed')"
        )
        command.upgrade(config, "head")
        kept = connection.execute("SELECT sha256 FROM uploads WHERE kept ORDER BY sha256").fetchall()
    assert kept == [("sheet",), ("signed",)]
