"""The settings of every process of a local platform, as environment variables: the same names as anywhere."""

import os

from suicha_chassis.embedded import PostgresPlace

from suicha_local.home import Home, project_root

DATABASES = ("registry", "draw", "inspection", "disclosure")


def environment(home: Home, postgres: PostgresPlace | None) -> dict[str, str]:
    """Return the environment of all processes.

    `postgres` is None when each `<SERVICE>_DATABASE_URL` is given from outside. A variable that is set
    outside wins over ours, so that a team may bring its own PostgreSQL or NATS.
    """
    ports, secrets = home.ports, home.secrets
    address = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    ours = {
        "ENVIRONMENT": "local",
        "TMPDIR": str(home.folder / "tmp"),
        "NATS_URL": f"nats://127.0.0.1:{ports['nats']}",
        "NATS_TOKEN": secrets["nats"],
        "FILES_URL": (home.folder / "files").as_uri(),
        "JWKS_URL": f"{address['portal']}/.well-known/jwks.json",
        "REGISTRY_PORT": str(ports["registry"]),
        "REGISTRY_PII_KEY": secrets["pii"],
        "DRAW_PORT": str(ports["draw"]),
        "DRAW_WORKER_PORT": str(ports["draw_worker"]),
        "DRAW_REGISTRY_URL": address["registry"],
        "DRAW_TOKEN_URL": f"{address['portal']}/auth/token",
        "DRAW_SERVICE_SECRET": secrets["service"],
        "DRAW_LOG_KEY": secrets["log_key"],
        "INSPECTION_PORT": str(ports["inspection"]),
        "DISCLOSURE_PORT": str(ports["disclosure"]),
        "DISCLOSURE_SITE_URL": address["site"],
        "DISCLOSURE_SITE_SECRET": secrets["push"],
        "DISCLOSURE_CREDIT_URL": address["sandbox"],
        "DISCLOSURE_CREDIT_TOKEN": secrets["credit"],
        "DISCLOSURE_PUSH_SECONDS": "3",
        "DISCLOSURE_RETRY_MAX_SECONDS": "2",
        "PORTAL_PORT": str(ports["portal"]),
        "PORTAL_KEY_FILE": str(home.folder / "data" / "portal-key.pem"),
        "PORTAL_SERVICE_SECRET": secrets["service"],
        "PORTAL_OPENAPI_FILE": str(project_root() / "gateway" / "openapi.json"),
        "SITE_PORT": str(ports["site"]),
        "SITE_DATABASE": str(home.folder / "data" / "site.sqlite3"),
        "SITE_PUSH_SECRET": secrets["push"],
        "SITE_DRAW_BASE_URL": home.gateway,
        "SANDBOX_PORT": str(ports["sandbox"]),
        "SANDBOX_DATABASE": str(home.folder / "data" / "sandbox.sqlite3"),
        "SANDBOX_TOKEN": secrets["credit"],
        "SANDBOX_CONTROL_TOKEN": secrets["sandbox_control"],
        "PORTAL_METRICS_PORT": str(ports["portal_metrics"]),
        "SITE_METRICS_PORT": str(ports["site_metrics"]),
        "SANDBOX_METRICS_PORT": str(ports["sandbox_metrics"]),
        "GATEWAY_PORT": str(ports["gateway"]),
        "GATEWAY_ADMIN_PORT": str(ports["gateway_admin"]),
        "GATEWAY_REGISTRY_ADDRESS": f"127.0.0.1:{ports['registry']}",
        "GATEWAY_DRAW_ADDRESS": f"127.0.0.1:{ports['draw']}",
        "GATEWAY_INSPECTION_ADDRESS": f"127.0.0.1:{ports['inspection']}",
        "GATEWAY_DISCLOSURE_ADDRESS": f"127.0.0.1:{ports['disclosure']}",
        "GATEWAY_PORTAL_ADDRESS": f"127.0.0.1:{ports['portal']}",
    }
    if postgres is not None:
        for name in DATABASES:
            password = secrets["database"]
            ours[f"{name.upper()}_DATABASE_URL"] = postgres.url(f"suicha_{name}", f"{name}_service", password)
            ours[f"{name.upper()}_DATABASE_OWNER_URL"] = postgres.url(
                f"suicha_{name}", f"{name}_owner", password
            )
    return ours | {name: os.environ[name] for name in ours if os.environ.get(name)}


def needs_postgres() -> bool:
    """Tell whether we run PostgreSQL ourselves: not when every service's address is given."""
    return not all(os.environ.get(f"{name.upper()}_DATABASE_URL") for name in DATABASES)


def needs_nats() -> bool:
    """Tell whether we run nats-server ourselves."""
    return not os.environ.get("NATS_URL")
