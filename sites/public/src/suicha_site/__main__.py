"""`python -m suicha_site`: serve the website. Reads SITE_* from the environment."""

import uvicorn
from prometheus_client import start_http_server

from suicha_site.main import create_app
from suicha_site.settings import Settings


def main() -> None:
    """Run until told to stop. Requests are not logged: what people search for is nobody's business."""
    settings = Settings()
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr="127.0.0.1")
    uvicorn.run(
        create_app(settings), host=settings.host, port=settings.port, access_log=False, server_header=False
    )


if __name__ == "__main__":
    main()
