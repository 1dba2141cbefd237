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
