"""The public website in a process of its own, on a free port."""

import base64
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def served_website(folder: Path) -> Iterator[str]:
    """Its address; `folder` takes its database."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "SITE_DATABASE": str(folder / "site.sqlite3"),
        "SITE_PUSH_SECRET": base64.b64encode(os.urandom(32)).decode(),
        "SITE_PORT": str(port),
    }
    process = subprocess.Popen([sys.executable, "-m", "suicha_site"], env=environment, stderr=subprocess.PIPE)
    try:
        assert process.stderr is not None
        for said in process.stderr:
            if b"Uvicorn running" in said:
                break
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate()
