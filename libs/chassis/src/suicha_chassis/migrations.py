"""Alembic for every service, told once. A service's `migrations/env.py` is two lines that call `run`.

`python -m suicha_chassis.migrations upgrade SERVICE…` brings databases up to date; `check` fails when models
and migrations differ (used by lint).
"""

import argparse
import importlib
import importlib.util
import sys
from pathlib import Path

from alembic import command, context
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import MetaData, create_engine, text
from sqlalchemy.engine import make_url

from suicha_chassis.settings import DatabaseSettings

SERVICES = ("registry", "draw", "inspection", "disclosure")

APPEND_ONLY = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$
"""
"""A trigger function for tables whose rows may be added and never changed or removed."""


def append_only(table: str) -> list[str]:
    """Return the statements that make a table append-only for everybody; run after `APPEND_ONLY`."""
    return [
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()",
    ]


def run(metadata: MetaData) -> None:
    """Run the migrations of one service; called by its env.py."""
    engine = create_engine(context.config.get_main_option("sqlalchemy.url") or "")
    with engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, compare_server_default=True)
        with context.begin_transaction():
            context.run_migrations()
    engine.dispose()


def folder_of(service: str) -> Path:
    """Return the migrations folder of a service: `services/<service>/migrations` beside its `src`."""
    spec = importlib.util.find_spec(f"suicha_{service}")
    assert spec is not None and spec.origin is not None
    return Path(spec.origin).parents[2] / "migrations"


def config_for(service: str, url: str) -> Config:
    """Return the Alembic configuration of a service for a database address."""
    config = Config()
    config.set_main_option("script_location", str(folder_of(service)))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def upgrade(service: str, url: str, owner_url: str = "") -> None:
    """Bring a service's database to the newest schema, as its owner, and let its own role use the tables.

    The own role may not own, create or drop anything; append-only tables refuse it UPDATE and DELETE.
    """
    own = make_url(url).set(drivername="postgresql+psycopg")
    owner = make_url(owner_url or url).set(drivername="postgresql+psycopg")
    command.upgrade(config_for(service, owner.render_as_string(hide_password=False)), "head")
    if own.username == owner.username:
        return
    role = '"' + str(own.username).replace('"', "") + '"'
    engine = create_engine(owner)
    with engine.begin() as connection:
        for grant in (
            f"GRANT USAGE ON SCHEMA public TO {role}",
            f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
            f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
        ):
            connection.execute(text(grant))
        frozen = connection.execute(
            text("SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname LIKE :name"),
            {"name": "%_append_only"},
        )
        for table in frozen.scalars().all():
            connection.execute(text(f'REVOKE UPDATE, DELETE, TRUNCATE ON "{table}" FROM {role}'))
    engine.dispose()


def difference(service: str, url: str) -> str:
    """Return how a service's models differ from its migrated database; empty when they agree."""
    address = make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    try:
        command.check(config_for(service, address))
    except CommandError as error:
        return str(error)
    return ""


def settings_of(service: str) -> DatabaseSettings:
    """Return the settings of a service from the environment."""
    module = importlib.import_module(f"suicha_{service}.settings")
    settings = module.Settings()
    assert isinstance(settings, DatabaseSettings)
    return settings


def main(arguments: list[str] | None = None) -> int:
    """Command line; see the module's docstring."""
    parser = argparse.ArgumentParser(prog="suicha-migrations")
    parser.add_argument("deed", choices=("upgrade", "check", "revision"))
    parser.add_argument("services", nargs="*", default=list(SERVICES))
    parser.add_argument("-m", "--message", default="")
    options = parser.parse_args(arguments)
    for service in options.services or SERVICES:
        settings = settings_of(service)
        url = settings.database_url.get_secret_value()
        owner = settings.database_owner_url.get_secret_value() or url
        driver = make_url(owner).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        try:
            if options.deed == "upgrade":
                upgrade(service, url, owner)
            elif options.deed == "check":
                command.check(config_for(service, driver))
            else:
                command.revision(config_for(service, driver), message=options.message, autogenerate=True)
        except CommandError as error:
            sys.stderr.write(f"{service}: {error}\n")
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
