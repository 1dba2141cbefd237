"""`python -m suicha_sandbox`: serve the 模拟信用平台（沙箱）. Reads SANDBOX_* from the environment."""

import logging

import uvicorn
from prometheus_client import start_http_server

from suicha_sandbox.main import ConnectionDropped, create_app
from suicha_sandbox.settings import Settings


def _is_unplanned(record: logging.LogRecord) -> bool:
    """Tell whether a logged failure is one; connections that are dropped on purpose are not."""
    return not (record.exc_info and isinstance(record.exc_info[1], ConnectionDropped))


def main() -> None:
    """Run until told to stop."""
    settings = Settings()
    logging.getLogger("uvicorn.error").addFilter(_is_unplanned)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr="127.0.0.1")
    uvicorn.run(create_app(settings), host=settings.host, port=settings.port, access_log=False)


if __name__ == "__main__":
    main()
