"""The draw: freeze, commit, reveal, dice, draw, sign; and the check that needs nobody's trust."""

import hashlib
import json
import secrets
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from suicha_local.demo.client import DemoError, Gateway, wait_for


@dataclass(frozen=True)
class DrawnRound:
    """A completed round."""

    round: dict[str, Any]
    selected: int
    objects: int
    joint: int
    substitutes: int


def round_request(task_ids: list[str], today: date) -> dict[str, Any]:
    """Return what opens a joint round: suite S256, two contributors and dice."""
    return {
        "task_ids": task_ids,
        "suite": "S256",
        "contributors": ["operator", "legal"],
        "dice": True,
        "reveal_by": (datetime.now(UTC) + timedelta(minutes=30)).isoformat(),
        "inspect_from": today.isoformat(),
        "inspect_to": (today + timedelta(days=30)).isoformat(),
    }


def open_round(
    gateway: Gateway, task_ids: list[str], today: date, *, patience: float = 60.0, **settings: Any
) -> dict[str, Any]:
    """Open a joint round over the tasks and wait until its lists are frozen; `patience` in seconds."""
    operator = gateway.sign_in("operator")
    accepted = operator.post("/draw/v1/rounds", round_request(task_ids, today) | settings)
    return reach(gateway, accepted["id"], "frozen", patience)


def throw(gateway: Gateway, row: dict[str, Any], patience: float = 60.0) -> dict[str, Any]:
    """Sign the freeze, commit, reveal, throw the dice, and wait until the worker has drawn."""
    confirm_dice(gateway, row, throw_in(gateway, row))
    return reach(gateway, row["id"], "drawn", patience)


def throw_in(gateway: Gateway, row: dict[str, Any]) -> str:
    """Sign the freeze, commit, reveal and type the dice; return the digits.

    The draw begins once a second person confirms them.
    """
    operator, legal = gateway.sign_in("operator"), gateway.sign_in("legal")
    path = f"/draw/v1/rounds/{row['id']}"
    legal.post(f"{path}/sign-freeze", {"inputs_hash": row["inputs_hash"]})
    shares = {"operator": secrets.token_hex(32), "legal": secrets.token_hex(32)}
    for session in (operator, legal):
        text = f"RID/1|commit|{row['draw_id']}|{session.user}|{shares[session.user]}"
        commitment = hashlib.sha256(text.encode()).hexdigest()
        session.post(f"{path}/commitments", {"name": session.user, "commitment": commitment})
    reach(gateway, row["id"], "committed")
    for session in (operator, legal):
        session.post(f"{path}/reveals", {"name": session.user, "secret": shares[session.user]})
    dice = "".join(str(secrets.randbelow(10)) for _ in range(20))
    operator.post(f"{path}/dice", {"value": dice})
    return dice


def confirm_dice(gateway: Gateway, row: dict[str, Any], dice: str) -> None:
    """Let the legal witness read the same digits."""
    gateway.sign_in("legal").post(f"/draw/v1/rounds/{row['id']}/dice/confirm", {"value": dice})


def sign(gateway: Gateway, row: dict[str, Any], patience: float = 60.0) -> dict[str, Any]:
    """Let the legal witness sign the result, and wait until the round is complete."""
    gateway.sign_in("legal").post(f"/draw/v1/rounds/{row['id']}/sign", {"result_hash": row["result_hash"]})
    return reach(gateway, row["id"], "completed", patience)


def draw_round(gateway: Gateway, task_ids: list[str], today: date) -> DrawnRound:
    """Hold the whole ceremony."""
    return describe(gateway, sign(gateway, throw(gateway, open_round(gateway, task_ids, today))))


def describe(gateway: Gateway, row: dict[str, Any]) -> DrawnRound:
    """Count what a round drew."""
    operator = gateway.sign_in("operator")
    lines = list(operator.pages(f"/draw/v1/rounds/{row['id']}/results", limit=500))
    chosen = [line["object_id"] for line in lines if line["kind"] == "S"]
    return DrawnRound(
        round=row,
        selected=len(chosen),
        objects=len(set(chosen)),
        joint=len(chosen) - len(set(chosen)),
        substitutes=len(lines) - len(chosen),
    )


def reach(gateway: Gateway, round_id: str, state: str, patience: float = 60.0) -> dict[str, Any]:
    """Wait until a round is in a state; return it.

    Raises:
        DemoError: it cannot be frozen, was voided, or was not there within `patience` seconds.
    """
    operator = gateway.sign_in("operator")

    def arrived() -> dict[str, Any] | None:
        row: dict[str, Any] = operator.get(f"/draw/v1/rounds/{round_id}")
        if row["problems"]:
            reasons = "；".join(problem["message"] for problem in row["problems"][:5])
            raise DemoError(f"抽取不能冻结：{reasons}")
        if row["state"] == "void":
            raise DemoError(f"抽取已作废：{row['void_reason']}")
        return row if row["state"] == state else None

    found: dict[str, Any] = wait_for(f"抽取进入状态 {state}", arrived, patience)
    return found


def download_proof(gateway: Gateway, draw_id: str, folder: Path) -> tuple[Path, Path, str]:
    """Fetch, as a citizen, the proof bundle, the whole public log and the log's key."""
    citizen = gateway.anyone()
    bundle = folder / f"{draw_id}.zip"
    bundle.write_bytes(citizen.send("GET", f"/public/draws/{draw_id}/bundle").content)
    log, first = folder / "log.jsonl", 0
    with log.open("w", encoding="utf-8") as out:
        while True:
            part = citizen.get("/public/log/entries", **{"from": first})
            out.writelines(f"{line}\n" for line in part["entries"])
            first += len(part["entries"])
            if first >= part["size"]:
                break
    return bundle, log, str(citizen.get("/public/log/key")["vkey"])


def verify(bundle: Path, log: Path, key: str) -> tuple[int, dict[str, Any]]:
    """Run `rid1 verify` in a process of its own that knows nothing of the platform."""
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-m",
            "rid1",
            "verify",
            str(bundle),
            "--log-key",
            key,
            "--log",
            str(log),
            "--json",
        ],
        capture_output=True,
        text=True,
        env={"PYTHONUTF8": "1"},
        cwd=bundle.parent,
        check=False,
    )
    try:
        return done.returncode, json.loads(done.stdout)
    except ValueError as error:
        raise DemoError(f"rid1 verify 无法运行：{done.stderr.strip()[-300:]}") from error


def tamper(bundle: Path) -> Path:
    """Copy a bundle with the first two drawn objects swapped; return the copy."""
    copy = bundle.with_name("tampered.zip")
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(copy, "w") as target:
        for member in source.infolist():
            data = source.read(member)
            if member.filename == "result.tsv":
                lines = data.splitlines(keepends=True)
                first, second = lines[0].split(b"\t"), lines[1].split(b"\t")
                first[4], second[4] = second[4], first[4]
                data = b"".join([b"\t".join(first), b"\t".join(second), *lines[2:]])
            target.writestr(member, data)
    return copy
