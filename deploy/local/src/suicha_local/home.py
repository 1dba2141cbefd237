"""The folder of one local platform: ports, secrets, logs and data. Nothing outside it is touched."""

import base64
import hashlib
import json
import os
import secrets
import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from cryptography.fernet import Fernet
from suicha_chassis.embedded import free_port

PORT_NAMES = (
    "postgres",
    "nats",
    "registry",
    "draw",
    "draw_worker",
    "inspection",
    "disclosure",
    "portal",
    "site",
    "sandbox",
    "gateway",
    "gateway_admin",
    "portal_metrics",
    "site_metrics",
    "sandbox_metrics",
)

_SOCKET_PATH_LENGTH = 90
"""supervisord binds a longer temporary name first; the system allows 107 bytes."""
_CHOSEN = {"gateway": "GATEWAY_PORT", "site": "SITE_PORT", "sandbox": "SANDBOX_PORT"}


def project_root() -> Path:
    """Return the checkout that this package was installed from."""
    return Path(__file__).resolve().parents[4]


@dataclass(frozen=True)
class Home:
    """Where one local platform lives."""

    folder: Path

    @classmethod
    def default(cls) -> "Home":
        """The folder named by SUICHA_HOME, else `.suicha` in the checkout."""
        chosen = os.environ.get("SUICHA_HOME", "")
        return cls(Path(chosen).resolve() if chosen else project_root() / ".suicha")

    @classmethod
    def demo(cls) -> "Home":
        """The folder of the demonstration's own platform, apart from one that `make up` runs."""
        return cls(cls.default().folder.with_name(f"{cls.default().folder.name}-demo"))

    def prepare(self) -> None:
        """Make the folder and its parts."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name in ("logs", "files", "data", "tmp"):
            (self.folder / name).mkdir(exist_ok=True)

    @cached_property
    def ports(self) -> dict[str, int]:
        """Port of every process: chosen by the environment, else free ones, kept for the next start."""
        path = self.folder / "ports.json"
        kept: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        ports: dict[str, int] = {}
        for name in PORT_NAMES:
            chosen = os.environ.get(_CHOSEN.get(name, ""), "")
            ports[name] = int(chosen) if chosen else kept.get(name) or _another(set(ports.values()))
        path.write_text(json.dumps(ports, indent=1))
        return ports

    @cached_property
    def secrets(self) -> dict[str, str]:
        """Passwords and keys of this platform, made at its first start, readable by its owner only."""
        path = self.folder / "secrets.json"
        if not path.exists():
            path.touch(mode=0o600)
            made = {
                "database": secrets.token_hex(16),
                "nats": secrets.token_hex(16),
                "service": secrets.token_hex(24),
                "push": base64.b64encode(secrets.token_bytes(32)).decode(),
                "credit": secrets.token_hex(24),
                "sandbox_control": secrets.token_hex(24),
                "log_key": base64.b64encode(secrets.token_bytes(32)).decode(),
                "pii": Fernet.generate_key().decode(),
            }
            path.write_text(json.dumps(made, indent=1))
        found: dict[str, str] = json.loads(path.read_text())
        return found

    def database_url(self, service: str, *, owner: bool = False) -> str:
        """Address of a service's database, as its serving role or as its owner."""
        role = f"{service}_{'owner' if owner else 'service'}"
        return f"postgresql://{role}:{self.secrets['database']}@127.0.0.1:{self.ports['postgres']}/suicha_{service}"

    @property
    def socket(self) -> Path:
        """Control socket of supervisord; in the system's folder where ours has too long a path for a socket."""
        own = self.folder / "supervisor.sock"
        if len(str(own)) < _SOCKET_PATH_LENGTH:
            return own
        name = hashlib.sha256(str(self.folder).encode()).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"suicha-{name}.sock"

    @property
    def gateway(self) -> str:
        """The one address of the platform."""
        return f"http://127.0.0.1:{self.ports['gateway']}"

    @property
    def site(self) -> str:
        """Address of the public website."""
        return f"http://127.0.0.1:{self.ports['site']}"

    @property
    def sandbox(self) -> str:
        """Address of the simulated credit platform."""
        return f"http://127.0.0.1:{self.ports['sandbox']}"


def _another(taken: set[int]) -> int:
    while True:
        port = free_port()
        if port not in taken:
            return port
