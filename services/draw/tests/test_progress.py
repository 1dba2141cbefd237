"""Whoever waits for a large round sees how far it is: in the round itself and in its stream of events."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
from holding import HR_TASK, Draws, listening, object_id
from suicha_chassis import testing
from suicha_draw import main as api
from suicha_draw.freezing_files import freeze


@asynccontextmanager
async def stream(draws: Draws, round_id: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """The `state` events of a round as a browser gets them, one by one while the round goes on."""
    with listening(api.create_app(draws.settings)) as url:
        headers = {"Authorization": f"Bearer {draws.issuer.token('operator')}"}
        async with (
            httpx.AsyncClient(base_url=url, headers=headers, timeout=40) as http,
            http.stream("GET", f"/draw/v1/rounds/{round_id}/events") as answer,
        ):
            assert answer.status_code == 200

            async def states() -> AsyncIterator[dict[str, Any]]:
                told = ""
                async for line in answer.aiter_lines():
                    if line.startswith("event: "):
                        told = line.removeprefix("event: ")
                    elif line.startswith("data: ") and told == "state":
                        yield json.loads(line.removeprefix("data: "))

            yield states()


async def streamed(states: AsyncIterator[dict[str, Any]], state: str, step: str) -> None:
    """Read on until a round in a state is told to be at a step; a freeze stores files as a draw does."""
    async for told in states:
        if (told["state"], told["progress"].get("step")) == (state, step):
            return
    raise AssertionError(f"the stream ended without {step} while {state}")


async def read(draws: Draws, round_id: str, step: str) -> dict[str, Any]:
    """The round once it shows that a step is under way."""

    async def under_way() -> dict[str, Any] | None:
        found = await draws.read(round_id)
        return found if found["progress"].get("step") == step else None

    return dict(await testing.eventually(under_way, 40, step))


async def test_progress_is_told_while_registry_writes_and_while_the_draw_is_stored(draws: Draws) -> None:
    await draws.know("410300-rsj@2022.1")
    task_ids = await draws.plan(HR_TASK)
    draws.registry.holds.clear()
    round_id = await draws.open(task_ids)
    async with stream(draws, round_id) as states:
        await streamed(states, "draft", "snapshot")
        waiting = await read(draws, round_id, "snapshot")
        assert waiting["progress"]["total"] == 0

        async def later() -> bool:
            return bool((await draws.read(round_id))["progress"]["done"] > waiting["progress"]["done"])

        await testing.eventually(later, what="the seconds go on")
        draws.registry.holds.set()
        await draws.commit(round_id)
        async with await psycopg.AsyncConnection.connect(draws.database.owner_url) as holder:
            await holder.execute("LOCK TABLE results IN EXCLUSIVE MODE")
            await draws.throw_in(round_id)
            await streamed(states, "seeded", "store")
            assert (await read(draws, round_id, "store"))["state"] == "seeded"
        assert (await draws.until(round_id, "drawn"))["result_hash"]

        async def over() -> bool:
            return (await draws.read(round_id))["progress"] == {}

        await testing.eventually(over, what="nothing is under way")


def test_a_freeze_ticks_through_every_stage_to_its_end(tmp_path: Path) -> None:
    count = 60_000
    lines = [f"HR\t{object_id(n)}\tA\tU1\n" for n in range(count)]
    (tmp_path / "objects.tsv").write_text("".join(lines))
    (tmp_path / "causes.tsv").write_text(f"{object_id(7)}\trecent\t{'a' * 64}\t{'0' * 32}\n")
    (tmp_path / "inspectors.tsv").write_text("".join(f"I{n}\tLDJC\tU1\t*\n" for n in range(4)))
    (tmp_path / "recusals.tsv").touch()
    (tmp_path / "found.txt").write_text(f"{object_id(8)}\n")
    task = {
        "folder": str(tmp_path), "round_id": "r", "suite": "S256", "salt": None, "lists": [["HR", "LDJC"]],
        "crews": [["LDJC", 2]], "causes": {"HR": "causes.tsv"}, "raised": {"HR": [1, "R1-A", "found.txt"]},
    }  # fmt: skip
    told: list[tuple[str, int, int]] = []
    done = freeze(task, lambda *one: told.append(one))
    assert done["scans"]["pool"]["size"] == count - 1
    stages = list(dict.fromkeys(stage for stage, _, _ in told))
    assert stages == ["raise", "split", "freeze", "staff"]
    for stage in ("raise", "split", "freeze"):
        amounts = [(amount, total) for name, amount, total in told if name == stage]
        assert amounts[0][0] == 0
        assert amounts[-1][0] == amounts[-1][1] > 0
        assert len(amounts) > 2
        assert amounts == sorted(amounts)
