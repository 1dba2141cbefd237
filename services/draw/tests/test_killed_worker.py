"""A worker killed in the middle of a step: another one goes on, and nothing differs or happens twice."""

import hashlib
import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psycopg
from holding import HR_TASK, LD_TASK, Draws, stock
from rid1.checkpoint import read_key
from rid1.draw import draw
from rid1.seed import read_reveals
from rid1.verify import verify_bundle
from sqlalchemy import text
from suicha_chassis import testing
from suicha_chassis.embedded import free_port
from suicha_chassis.scope import SYSTEM


@contextmanager
def worker_process(draws: Draws) -> Iterator[subprocess.Popen[bytes]]:
    """A worker as operators start it; killed when the block ends."""
    known = draws.settings
    environment = {
        "PATH": os.environ["PATH"],
        "ENVIRONMENT": "test",
        "DRAW_DATABASE_URL": known.database_url.get_secret_value(),
        "DRAW_WORKER_PORT": str(free_port()),
        "DRAW_REGISTRY_URL": draws.registry.url,
        "DRAW_REGISTRY_TOKEN": known.registry_token.get_secret_value(),
        "DRAW_LOG_KEY": known.log_key.get_secret_value(),
        "NATS_URL": known.nats_url,
        "FILES_URL": known.files_url,
        "JWKS_URL": known.jwks_url,
    }
    command = [sys.executable, "-m", "suicha_draw", "worker"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait(10)


@asynccontextmanager
async def killed_at(draws: Draws, table: str, mode: str = "EXCLUSIVE") -> AsyncIterator[None]:
    """A worker that is given its work in the block, and killed once it waits for a table that is held here."""
    async with await psycopg.AsyncConnection.connect(draws.database.owner_url) as holder:
        await holder.execute(f"LOCK TABLE {table} IN {mode} MODE")

        async def waiting() -> bool:
            found = await holder.execute(
                "SELECT 1 FROM pg_locks WHERE relation = %s::regclass AND NOT granted", (table,)
            )
            return await found.fetchone() is not None

        with worker_process(draws):
            yield
            await testing.eventually(waiting, 40, f"a worker at {table}")


def stored(folder: Path) -> set[str]:
    """The hashes of all files that were ever stored: the same bytes are one file, other bytes another one."""
    return {path.name for path in (folder / "files").rglob("*") if path.is_file()}


async def kept(draws: Draws, round_id: str) -> dict[str, str]:
    """The hashes of a round's files by kind, none of which was noted twice."""
    async with draws.db.session(SYSTEM) as session:
        rows = await session.execute(
            text("SELECT kind, version, sha256 FROM round_files WHERE round_id = :id"), {"id": round_id}
        )
        found = [tuple(row) for row in rows]
    assert {version for _, version, _ in found} == {1}
    assert len({kind for kind, _, _ in found}) == len(found)
    return {kind: sha256 for kind, _, sha256 in found}


async def test_a_round_interrupted_anywhere_is_finished_by_another_worker_with_the_same_bytes(
    draw_api: Draws, tmp_path: Path
) -> None:
    await draw_api.know("410300-rsj@2022.1")
    task_ids = await draw_api.plan(HR_TASK, LD_TASK)

    draw_api.registry.holds.clear()
    with worker_process(draw_api):
        round_id = await draw_api.open(task_ids)
        await testing.eventually(draw_api.registry.asked, what="the freeze call")
    draw_api.registry.holds.set()
    async with killed_at(draw_api, "exclusions"):
        pass
    assert (await draw_api.read(round_id))["state"] == "draft"
    frozen = stored(tmp_path)
    with worker_process(draw_api):
        await draw_api.until(round_id, "frozen")
    assert set((await kept(draw_api, round_id)).values()) == frozen == stored(tmp_path)

    await draw_api.commit(round_id)
    before = stored(tmp_path)
    async with killed_at(draw_api, "results"):
        await draw_api.throw_in(round_id)
    assert (await draw_api.read(round_id))["state"] == "seeded"
    drawn_once = stored(tmp_path) - before
    with worker_process(draw_api):
        drawn = await draw_api.until(round_id, "drawn")

        async def described() -> bool:
            return "dossier" in await kept(draw_api, round_id)

        await testing.eventually(described, 40, "the dossiers")
    files = await kept(draw_api, round_id)
    assert {files[kind] for kind in ("result", "match", "ids")} == drawn_once
    assert stored(tmp_path) - before == drawn_once | {files["dossier"]}

    before = stored(tmp_path)
    async with killed_at(draw_api, "log_cosignatures", "ACCESS EXCLUSIVE"):
        await draw_api.deed("legal", round_id, "sign", {"result_hash": drawn["result_hash"]})
    assert stored(tmp_path) == before, "the checkpoint of the bundle was still to be written"
    async with killed_at(draw_api, "round_files"):
        pass
    (bundle_once,) = stored(tmp_path) - before
    assert (await draw_api.read(round_id))["state"] == "signed"
    async with killed_at(draw_api, "round_overlaps"):
        pass
    assert (await kept(draw_api, round_id))["bundle"] == bundle_once
    before = stored(tmp_path)
    with worker_process(draw_api):

        async def prepared() -> bool:
            return "receipt_index" in await kept(draw_api, round_id)

        await testing.eventually(prepared, 40, "the receipts")
    assert stored(tmp_path) == before, "receipts are made of the same bytes"

    done = await draw_api.read(round_id)
    events = [line["event"] for line in done["log"]]
    assert events == [
        "created", "frozen", "witnessed", "commitment", "commitment", "manifest", "dice", "reveal", "reveal",
        "seeded", "drawn", "signed", "completed",
    ]  # fmt: skip
    for event in ("draw_completed", "savings_counted"):
        assert len(await draw_api.emitted(event)) == 1
    assert await draw_api.emitted("bundle_rewritten") == []
    answer = await draw_api.anyone.get(f"/public/draws/{done['draw_id']}/bundle")
    assert hashlib.sha256(answer.content).hexdigest() == bundle_once
    path, key = tmp_path / "bundle.zip", (await draw_api.anyone.get("/public/log/key")).json()["vkey"]
    path.write_bytes(answer.content)
    report = verify_bundle(path, log_key=read_key(key))
    assert report.ok, report.fault
    with zipfile.ZipFile(path) as bundle:
        bundle.extractall(tmp_path / "bundle")
    reveals = read_reveals((tmp_path / "bundle" / "reveals.json").read_bytes())
    alone = draw(tmp_path / "bundle", reveals, tmp_path / "alone")
    assert (alone.result_hash, alone.match_hash) == (done["result_hash"], done["match_hash"])


async def test_rounds_that_wait_are_shared_by_workers_and_none_is_lost_or_drawn_twice_when_one_dies(
    draw_api: Draws,
) -> None:
    stock(draw_api.registry, 20_000)
    await draw_api.know("410300-rsj@2022.1")
    with worker_process(draw_api):
        rounds = [await draw_api.open(await draw_api.plan(HR_TASK)) for _ in range(4)]
        for one in rounds:
            await draw_api.commit(one)
    for one in rounds:
        await draw_api.throw_in(one)
    with worker_process(draw_api):
        with worker_process(draw_api) as victim:
            for one in rounds:
                await draw_api.until(one, "seeded", "drawn")
            victim.kill()
        drawn = [await draw_api.until(one, "drawn") for one in rounds]
    for one in drawn:
        events = [line["event"] for line in one["log"]]
        assert (events.count("seeded"), events.count("drawn")) == (1, 1)
    assert len({one["result_hash"] for one in drawn}) == len(drawn)
