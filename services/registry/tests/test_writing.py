"""Files that go on by themselves are written while they are read: to the same end as if they were written after it."""

import os
import signal

import psycopg
import pytest
from keeping import Registry, code_of, firms, killable, table
from suicha_chassis import testing
from suicha_registry.imports import steps, writing
from suicha_registry.main import create_app
from suicha_registry.settings import Settings

ROWS = 80_000
PIECE = 20_000


@pytest.fixture
def two_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two readers on any machine, and pieces that a file of four batches has some of."""
    monkeypatch.setattr(steps, "readers_for", lambda _: 2)
    monkeypatch.setattr(writing, "PIECE", PIECE)


@pytest.mark.usefixtures("two_readers")
@pytest.mark.parametrize(("piece", "early"), [(PIECE, False), (PIECE, True), (ROWS * 2, False)])
async def test_what_is_known_or_comes_twice_is_found_in_whichever_piece_it_stands(
    registry: Registry, monkeypatch: pytest.MonkeyPatch, piece: int, early: bool
) -> None:
    monkeypatch.setattr(writing, "PIECE", piece)
    rows = firms(ROWS)
    late = rows[70_000:70_004]
    await registry.imported(table([["旧名", *late[0][1:]], *late[1:]]))
    registry.execute(
        f"UPDATE subjects SET merged_into = '{code_of(1)}', status = 'cancelled' WHERE id = '{code_of(70_002)}';"
        f"UPDATE subjects SET region = '410482' WHERE id = '{code_of(70_003)}'"
    )
    repeated = {75_000: 5, 79_999: 75_001} | ({11_000: 10_999} if early else {})
    for at, first in repeated.items():
        rows[at] = ["后来的名称", *rows[first][1:]]
    done = await registry.imported(table(rows))
    counts = ("state", "read", "accepted", "changed", "unchanged", "refused")
    gone = len(repeated) + 2
    assert [done[name] for name in counts] == ["done", ROWS, ROWS - gone - 2, 1, 1, gone]
    _, *refused = await registry.refusals(done["id"])
    assert {(int(line), code) for line, code, *_ in refused} == {
        (70_004, "merged"),
        (70_005, "outside_scope"),
        *((at + 2, "duplicate") for at in repeated),
    }
    assert {int(line): words for line, code, words, *_ in refused if code == "duplicate"} == {
        at + 2: f"与第 {first + 2} 行的代码重复，以第 {first + 2} 行为准" for at, first in repeated.items()
    }
    assert all(row[4] == "后来的名称" for row in refused if row[1] == "duplicate")
    kept = dict(registry.rows("SELECT id, name FROM subjects"))
    assert len(kept) == ROWS - len(repeated)
    assert all(kept[code_of(n)] == f"洛阳第{n}商贸有限公司" for n in range(ROWS) if n not in repeated)
    changes = (await registry.admin.get(f"/registry/v1/subjects/{code_of(70_000)}/changes")).json()["items"]
    assert [one["before"] for one in changes] == [{"name": "旧名"}]
    assert registry.rows("SELECT count(*) FROM subject_changes") == [(1,)]


def written(registry: Registry) -> bool:
    """Whether rows of objects lie on disk, seen or not."""
    return bool(
        registry.rows("SELECT FROM pg_class WHERE relname = 'subjects' AND pg_relation_size(oid) > 0")
    )


@pytest.mark.usefixtures("two_readers")
async def test_rows_are_written_while_others_are_read_and_nobody_sees_them_before_the_last_is_in(
    registry: Registry,
) -> None:
    rows = firms(ROWS)
    rows[65_000][0] = ""
    with psycopg.connect(registry.database.owner_url) as busy:
        busy.execute("LOCK TABLE import_refusals")  # the second reader waits with its second batch
        import_id = await registry.start_import(table(rows))

        async def writing() -> bool:
            return written(registry)

        await testing.eventually(writing, what="rows that are written")
        assert registry.rows("SELECT state, staged FROM imports") == [("checking", None)]
        assert registry.rows("SELECT count(*) FROM subjects") == [(0,)]
    done = await registry.finished(import_id)
    assert (done["state"], done["accepted"], done["refused"]) == ("done", ROWS - 1, 1)
    assert registry.rows("SELECT count(*), count(DISTINCT entered_xid) FROM subjects") == [(ROWS - 1, 1)]


async def test_a_process_killed_while_it_writes_leaves_nothing_and_the_next_one_ends_it(
    registry_settings: Settings, issuer: testing.Issuer
) -> None:
    before = (
        "from suicha_registry.imports import steps, writing\n"
        f"steps.readers_for = lambda _: 2; writing.PIECE = {PIECE}"
    )
    rows = firms(ROWS)
    rows[65_000][0] = ""
    async with killable(registry_settings, issuer, before) as (first, process):
        with psycopg.connect(first.database.owner_url) as busy:
            busy.execute("LOCK TABLE import_refusals")
            import_id = await first.start_import(table(rows))

            async def writing() -> bool:
                return written(first)

            await testing.eventually(writing, what="rows that are written")
            os.kill(process.pid, signal.SIGKILL)
            await process.wait()
    assert first.rows("SELECT state FROM imports") == [("checking",)]
    assert first.rows("SELECT count(*) FROM subjects") == [(0,)]
    async with testing.served(create_app(registry_settings)) as http:
        second = Registry(http, issuer, registry_settings, first.database)
        done = await second.finished(import_id)
        assert (done["state"], done["accepted"], done["refused"]) == ("done", ROWS - 1, 1)
        assert second.rows("SELECT count(*) FROM subjects") == [(ROWS - 1,)]
