"""Starts, watches and stops one local platform. supervisord keeps each process alive."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
import xmlrpc.client
from collections.abc import Callable
from configparser import RawConfigParser
from pathlib import Path
from typing import Any, cast

import httpx
from suicha_chassis import embedded, migrations
from supervisor.xmlrpc import SupervisorTransport

from suicha_local.environment import DATABASES, environment, needs_nats, needs_postgres
from suicha_local.home import Home, project_root

Say = Callable[[str], None]
Progress = Callable[[str, int, int], None]
"""What is being waited for, how much of it is there, how much it will be."""

SERVERS = ("postgres", "nats")
PYTHON = ("registry", "draw", "draw-worker", "inspection", "disclosure", "portal", "site", "sandbox")
_WORKER = "draw-worker"
_PROBES = {
    "registry": "/readyz",
    "draw": "/readyz",
    "draw_worker": "/readyz",
    "inspection": "/readyz",
    "disclosure": "/readyz",
    "portal": "/healthz",
    "site": "/healthz",
    "sandbox": "/healthz",
    "gateway": "/healthz",
}


class StartFailedError(RuntimeError):
    """The platform did not come up; the message says which part and where its log is."""


class Platform:
    """One local platform in its folder."""

    def __init__(
        self, home: Home, say: Say = print, progress: Progress = lambda text, done, total: None
    ) -> None:
        self.home = home
        self._say = say
        self._progress = progress
        self._supervisor: subprocess.Popen[bytes] | None = None
        self._postgres: embedded.PostgresPlace | None = None

    # --- starting ---------------------------------------------------------------------------------------

    def up(self, *, bound: bool) -> None:
        """Start everything and wait until all of it is ready.

        `bound=True` ends the platform when this process ends, however it ends.

        Raises:
            StartFailedError: a part did not become ready.
        """
        if self.running():
            self._say("平台已在运行")
            return
        self.home.prepare()
        if needs_postgres():
            self._postgres = embedded.prepare_postgres(self.home.folder, self.home.ports["postgres"])
        settings = environment(self.home, self._postgres)
        self._write_configurations(settings)
        self._spawn({**os.environ, **settings}, bound=bound)
        self._say("启动 PostgreSQL 与 NATS …")
        for name in self._servers():
            self._rpc().startProcess(name, False)
        if self._postgres is not None:
            embedded.wait_for_postgres(self._postgres)
        self._migrate(settings)
        self._say("启动各服务与网关 …")
        for name in (*PYTHON, "envoy"):
            self._rpc().startProcess(name, False)
        self.wait_ready()

    def _servers(self) -> list[str]:
        wanted = {"postgres": self._postgres is not None, "nats": needs_nats()}
        return [name for name in SERVERS if wanted[name]]

    def _migrate(self, settings: dict[str, str]) -> None:
        self._say("建立数据库结构 …")

        def one(name: str) -> None:
            url = settings[f"{name.upper()}_DATABASE_URL"]
            owner = settings.get(f"{name.upper()}_DATABASE_OWNER_URL", url)
            if self._postgres is not None:
                embedded.ensure_database(
                    self._postgres,
                    f"suicha_{name}",
                    f"{name}_owner",
                    f"{name}_service",
                    self.home.secrets["database"],
                )
            migrations.upgrade(name, url, owner)

        for name in DATABASES:  # Alembic keeps its context in the process: one after the other
            one(name)

    def _write_configurations(self, settings: dict[str, str]) -> None:
        folder, ports = self.home.folder, self.home.ports
        nats = folder / "nats.conf"
        nats.touch(mode=0o600)
        nats.write_text(embedded.nats_config(folder / "data" / "nats", ports["nats"], settings["NATS_TOKEN"]))
        rendered = subprocess.run(
            [sys.executable, "-m", "suicha_portal.envoy_config"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=True,
        )
        (folder / "envoy.yaml").write_text(rendered.stdout)
        path = folder / "supervisord.conf"
        path.touch(mode=0o600)
        with path.open("w") as out:
            self._supervisor_config().write(out)

    def _supervisor_config(self) -> RawConfigParser:
        folder = self.home.folder
        config = RawConfigParser()
        config["supervisord"] = {
            "nodaemon": "true",
            "logfile": str(folder / "logs" / "supervisord.log"),
            "pidfile": str(folder / "supervisord.pid"),
            "childlogdir": str(folder / "logs"),
            "minfds": "1024",
            "strip_ansi": "true",
        } | ({"user": "root"} if os.geteuid() == 0 else {})
        config["unix_http_server"] = {"file": str(self.home.socket), "chmod": "0700"}
        config["rpcinterface:supervisor"] = {
            "supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"
        }
        for name, command in self._commands().items():
            config[f"program:{name}"] = {
                "command": " ".join(_quoted(part) for part in command),
                "directory": "/" if name == "postgres" else str(project_root()),
                "autostart": "false",
                "autorestart": "true",
                "startsecs": "0",
                "startretries": "1000000",
                "stopsignal": "INT" if name == "postgres" else "TERM",
                "stopwaitsecs": "15",
                "stopasgroup": "false",
                "killasgroup": "false",
                "redirect_stderr": "true",
                "stdout_logfile": str(folder / "logs" / f"{name}.log"),
                "stdout_logfile_maxbytes": "20MB",
                "stdout_logfile_backups": "1",
            }
        if self._postgres is not None and self._postgres.user is not None:
            config["program:postgres"]["user"] = self._postgres.user
        return config

    def _commands(self) -> dict[str, list[str]]:
        folder, python = self.home.folder, sys.executable
        commands = {
            "nats": [embedded.nats_command(), "-c", str(folder / "nats.conf")],
            "registry": [python, "-m", "suicha_registry"],
            "draw": [python, "-m", "suicha_draw", "api"],
            "draw-worker": [python, "-m", "suicha_draw", "worker"],
            "inspection": [python, "-m", "suicha_inspection"],
            "disclosure": [python, "-m", "suicha_disclosure"],
            "portal": [python, "-m", "suicha_portal"],
            "site": [python, "-m", "suicha_site"],
            "sandbox": [python, "-m", "suicha_sandbox"],
            "envoy": [
                *embedded.envoy_command(), "-c", str(folder / "envoy.yaml"),
                "--disable-hot-restart", "--log-level", "warn",
            ],
        }  # fmt: skip
        if self._postgres is not None:
            commands["postgres"] = self._postgres.command()
        return commands

    def _spawn(self, env: dict[str, str], *, bound: bool) -> None:
        self.home.socket.unlink(missing_ok=True)
        with (self.home.folder / "logs" / "supervisord.out").open("wb") as out:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-m", "supervisor.supervisord", "-n", "-c",
                 str(self.home.folder / "supervisord.conf")],
                env=env, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True, preexec_fn=_end_with_parent if bound else None,  # noqa: PLW1509
            )  # fmt: skip
        ends = time.monotonic() + 15
        while not self.running():
            if self._supervisor.poll() is not None or time.monotonic() > ends:
                text = (self.home.folder / "logs" / "supervisord.out").read_text()
                raise StartFailedError(f"supervisord 未能启动：{text.strip()[-500:]}")
            time.sleep(0.05)

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Wait until every part says that it is ready.

        Raises:
            StartFailedError: one did not; the message names it and its log.
        """
        ends = time.monotonic() + seconds
        waiting = dict(_PROBES)
        with httpx.Client(timeout=2) as client:
            while waiting:
                for name, path in list(waiting.items()):
                    try:
                        if client.get(f"http://127.0.0.1:{self.home.ports[name]}{path}").status_code == 200:
                            del waiting[name]
                            self._progress("就绪", len(_PROBES) - len(waiting), len(_PROBES))
                    except httpx.HTTPError:
                        continue
                if waiting and time.monotonic() > ends:
                    logs = self.home.folder / "logs"
                    raise StartFailedError(f"未就绪：{'、'.join(waiting)}。日志在 {logs}")
                if waiting:
                    time.sleep(0.05)

    # --- watching and stopping ----------------------------------------------------------------------------

    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self.home.socket}")
        proxy = xmlrpc.client.ServerProxy(
            "http://127.0.0.1", transport=cast(xmlrpc.client.Transport, transport)
        )
        return proxy.supervisor

    def scale(self, workers: int) -> None:
        """Run so many draw workers; 0 lets rounds wait in the queue. The other processes are not touched."""
        path = self.home.folder / "supervisord.conf"
        config = RawConfigParser()
        config.read(path)
        wanted = [_WORKER, *(f"{_WORKER}-{number}" for number in range(2, workers + 1))]
        for name in config.sections():
            if name.startswith(f"program:{_WORKER}-") and name.removeprefix("program:") not in wanted:
                config.remove_section(name)
        for name in wanted[1:]:
            config[f"program:{name}"] = dict(config[f"program:{_WORKER}"]) | {
                # Any free port: only the first worker's probes and metrics are looked at here.
                "environment": 'DRAW_WORKER_PORT="0"',
                "stdout_logfile": str(self.home.folder / "logs" / f"{name}.log"),
            }
        with path.open("w") as out:
            config.write(out)
        supervisor = self._rpc()
        added, _, removed = supervisor.reloadConfig()[0]
        for name in removed:
            supervisor.stopProcessGroup(name)
            supervisor.removeProcessGroup(name)
        for name in added:
            supervisor.addProcessGroup(name)
        running = {one["name"] for one in self.status() if one["statename"] in {"RUNNING", "STARTING"}}
        if workers == 0 and _WORKER in running:
            supervisor.stopProcess(_WORKER)
        for name in wanted[:workers]:
            if name not in running:
                supervisor.startProcess(name, False)

    def running(self) -> bool:
        """Tell whether a platform runs in this folder."""
        if not self.home.socket.exists():
            return False
        try:
            return bool(self._rpc().getState()["statename"] == "RUNNING")
        except (OSError, xmlrpc.client.Error):
            return False

    def status(self) -> list[dict[str, Any]]:
        """Return name, state and pid of every process; empty when the platform is down."""
        return list(self._rpc().getAllProcessInfo()) if self.running() else []

    def pid(self, name: str) -> int:
        """Return the process id of a part; 0 while it is down."""
        return int(self._rpc().getProcessInfo(name)["pid"])

    def kill(self, name: str) -> None:
        """Kill a part without warning; supervisord starts it again. For fault tests."""
        os.kill(self.pid(name), signal.SIGKILL)

    def down(self) -> None:
        """Stop everything and wait until nothing is left."""
        if not self.running():
            return
        pid = int(self._rpc().getPID())
        self._rpc().shutdown()
        ends = time.monotonic() + 40
        while _alive(pid, self._supervisor) and time.monotonic() < ends:
            time.sleep(0.05)
        self.home.socket.unlink(missing_ok=True)

    def remove(self) -> None:
        """Stop everything and remove the folder with all its data."""
        self.down()
        embedded.remove_postgres(self.home.folder)
        shutil.rmtree(self.home.folder, ignore_errors=True)


def _alive(pid: int, child: "subprocess.Popen[bytes] | None") -> bool:
    if child is not None and child.pid == pid:
        return child.poll() is None
    return Path(f"/proc/{pid}").exists()


def _quoted(part: str) -> str:
    """Quote one word of a supervisord command; `%` introduces its own expansions."""
    escaped = part.replace("%", "%%")
    return f'"{escaped}"' if " " in escaped else escaped


def _end_with_parent() -> None:
    """Ask Linux to end this process with its parent, so that a killed demonstration leaves nothing behind."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
