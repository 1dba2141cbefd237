"""What tests need: a real PostgreSQL, a real nats-server, migrated databases, tokens, and a served app.

Nothing of ours is mocked. Databases are copies of a template that the migrations built.
"""

from suicha_chassis.testing.callers import Client, Issuer, eventually, served
from suicha_chassis.testing.servers import (
    NatsServer,
    PostgresServer,
    ServiceDatabase,
    nats_server,
    postgres_server,
    wait_for_port,
)

__all__ = [
    "Client",
    "Issuer",
    "NatsServer",
    "PostgresServer",
    "ServiceDatabase",
    "eventually",
    "nats_server",
    "postgres_server",
    "served",
    "wait_for_port",
]
