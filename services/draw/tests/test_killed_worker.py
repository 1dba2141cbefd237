"""A worker killed in the middle of a step: another one goes on, and nothing differs or happens twice."""

import os
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from holding import HR_TASK, LD_TASK, Draws, stock
from rid1.draw import draw
from rid1.seed import read_reveals
from suicha_chassis import testing
from suicha_chassis.embedded import free_port


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


async def test_a_round_survives_the_death_of_its_worker_in_every_step(
    draw_api: Draws, tmp_path: Path
) -> None:
    stock(draw_api.registry, 20_000)
    await draw_api.know("410300-rsj@2022.1")
    task_ids = await draw_api.plan(HR_TASK, LD_TASK)

    draw_api.registry.holds.clear()
    with worker_process(draw_api):
        round_id = await draw_api.open(task_ids)
        await testing.eventually(draw_api.registry.asked, what="the freeze call")
    draw_api.registry.holds.set()
    assert (await draw_api.read(round_id))["state"] == "draft"

    with worker_process(draw_api):
        await draw_api.commit(round_id)
        await draw_api.throw_in(round_id)
        await draw_api.until(round_id, "seeded", "drawn")
    with worker_process(draw_api):
        drawn = await draw_api.until(round_id, "drawn")
        await draw_api.deed("legal", round_id, "sign", {"result_hash": drawn["result_hash"]})
    with worker_process(draw_api):
        done = await draw_api.until(round_id, "completed")

    events = [line["event"] for line in done["log"]]
    assert events == [
        "created", "frozen", "witnessed", "commitment", "commitment", "manifest", "dice", "reveal", "reveal",
        "seeded", "drawn", "signed", "completed",
    ]  # fmt: skip
    assert len(await draw_api.emitted("draw_completed")) == 1
    answer = await draw_api.anyone.get(f"/public/draws/{done['draw_id']}/bundle")
    (tmp_path / "bundle.zip").write_bytes(answer.content)
    with zipfile.ZipFile(tmp_path / "bundle.zip") as bundle:
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
