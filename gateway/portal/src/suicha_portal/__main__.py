"""`python -m suicha_portal`: serve the portal. Reads PORTAL_* and the shared settings from the environment."""

import sys

import uvicorn
from prometheus_client import start_http_server

from suicha_portal.main import ProductionRefusedError, create_app
from suicha_portal.settings import PortalSettings


def main() -> int:
    """Run until told to stop; return 2 when the configuration is refused."""
    settings = PortalSettings()
    try:
        app = create_app(settings)
    except ProductionRefusedError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr="127.0.0.1")
    uvicorn.run(app, host=settings.host, port=settings.port, access_log=False, server_header=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
