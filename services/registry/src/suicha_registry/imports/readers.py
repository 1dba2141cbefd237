"""Reads the shares of a large file side by side, each in a child interpreter that imports little.

So a large file is checked by more than one core, and the service's own loop answers meanwhile. A child ends when
its standard input does: by itself, should its process be killed.

The child reads one JSON line, its task, and writes one when it is done: `{}`, or `{"fault": [kind, words]}`.
"""

import gc
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any
from uuid import UUID

import psycopg
from pydantic import SecretStr

from suicha_registry.imports.outcome import Overtaken, Refused, Task
from suicha_registry.imports.reading import BATCH, Share, read_share
from suicha_registry.imports.targets import kept_header, target_of
from suicha_registry.tables.sheets import UnreadableSheet, open_sheet

MOST = 4
"""Readers of one file: each has to go through all of it, a fifth of the work, to find its own rows."""
LARGE = 3 * BATCH
"""Rows that are worth the start of children, half a second of a core each."""
_LOOK_SECONDS = 0.1
_NICE = 10
"""What a reader yields to: requests, and the writing of what was read."""


def readers_for(rows: int) -> int:
    """Return how many readers a file of about so many rows has; one reads in the thread that asks."""
    return min(MOST, len(os.sched_getaffinity(0))) if rows > LARGE else 1


def read_shares(url: str, task: Task, shares: list[Share], beside: Callable[[], None]) -> None:
    """Have children read the shares of a file, do beside it what there is to do, again and again, and wait for them.

    Raises:
        UnreadableSheet: the file is damaged further down.
        Overtaken: somebody else reads it.
        Stopped: the process is going down.
        Refused: the database refuses what was read.
        RuntimeError: a child died; what was committed stays.
    """
    children: list[Popen[bytes]] = []
    try:
        for share in shares:
            children.append(_start())
            _tell(children[-1], url, task, share)
        left = children
        while left:
            task.tick()
            for child in left:
                if child.poll() is not None:
                    _raise_for(child)
            left = [child for child in left if child.returncode is None]
            if left:
                beside()
                _wait(left[0])
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _start() -> Popen[bytes]:
    return Popen((sys.executable, "-m", "suicha_registry.imports.readers"), stdin=PIPE, stdout=PIPE)


def _tell(child: Popen[bytes], url: str, task: Task, share: Share) -> None:
    kept = ("stop", "fetch")
    told = {field.name: getattr(task, field.name) for field in fields(task) if field.name not in kept}
    told |= {"id": str(task.id), "path": str(task.path), "pii_key": task.pii_key.get_secret_value()}
    assert child.stdin is not None
    with suppress(BrokenPipeError):  # a child that died at once is found when it is looked at
        child.stdin.write(json.dumps({"url": url, "share": share, "task": told}).encode() + b"\n")
        child.stdin.flush()


def _wait(child: Popen[bytes]) -> None:
    try:
        child.wait(_LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return


def _raise_for(child: Popen[bytes]) -> None:
    assert child.stdout is not None
    said = child.stdout.read()
    if child.returncode or not said:
        raise RuntimeError(f"a reader of an import ended with {child.returncode}")
    kind, words = json.loads(said).get("fault", ("", ""))
    if kind == "unreadable":
        raise UnreadableSheet(words)
    if kind == "refused":
        raise Refused(words)
    if kind == "overtaken":
        raise Overtaken


def _read(told: dict[str, Any]) -> None:
    given = told["task"]
    changed = {"id": UUID(given["id"]), "path": Path(given["path"]), "pii_key": SecretStr(given["pii_key"])}
    task = Task(**given | changed)
    assert task.path is not None
    with psycopg.connect(told["url"], autocommit=True) as connection, open_sheet(task.path) as sheet:
        target = target_of(task, kept_header(sheet.header))
        # A batch that a crash of the database loses is gone from the stage too, and is read again.
        connection.execute("SET synchronous_commit = off")
        target.kind.prepare(connection)
        read_share(connection, task, target, Share(*told["share"]), sheet)


def _end_with_the_parent() -> None:
    """Wait until nobody holds the other end of standard input; the transaction at hand is given up."""
    while os.read(0, 1):
        pass
    os._exit(1)


def main() -> None:
    """Read one share, as told on standard input."""
    os.nice(_NICE)
    gc.disable()  # what rows leave behind has no cycles
    told = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    said: dict[str, Any] = {}
    try:
        _read(told)
    except Overtaken:
        said = {"fault": ("overtaken", "")}
    except UnreadableSheet as error:
        said = {"fault": ("unreadable", str(error))}
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        said = {"fault": ("refused", Refused.by(error).why)}
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
