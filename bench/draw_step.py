"""The draw step alone: from the frozen file to stored, ordered rows; beside ORDER BY random() in the same database.

Ours is what a worker does, by the worker's own functions, in a process that has loaded the kernels, as the child that
waits in a worker has. Both store the same number of the same rows, in one transaction, into identical tables.
"""

import asyncio
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier
from rid1 import fast
from rid1.draw import select
from rid1.manifest import Manifest
from rid1.selection import result_lines
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from suicha_draw.compute import result_rows
from suicha_draw.rounds.context import RESULT_COLUMNS, copy_in
from suicha_local.demo.client import Gateway
from suicha_local.home import Home

from bench.report import Report
from bench.rid1 import KEY, manifest, write_pool

RUNS = {1_000_000: 7, 10_000_000: 3}
"""Objects → how often each side draws, by turns."""

ROUND = UUID(int=1)

_AT_RANDOM = """
INSERT INTO bench_theirs (round_id, list_code, stratum, rank, kind, object_id, ticket)
SELECT %(round)s, list, stratum, rank, CASE WHEN rank <= %(k)s THEN 'S' ELSE 'R' END, id, %(ticket)s FROM (
  SELECT *, row_number() OVER () AS rank FROM (
    SELECT * FROM bench_pool WHERE list = %(list)s AND stratum = %(stratum)s ORDER BY random() LIMIT %(limit)s
  ) AS chosen
) AS ranked
"""


def measure(home: Home, gateway: Gateway, report: Report) -> None:
    """Both sizes. No round is under way meanwhile."""
    fast.warm()
    address = home.database_url("draw", owner=True)
    for objects, runs in RUNS.items():
        with (
            tempfile.TemporaryDirectory(prefix="suicha-step-") as folder,
            psycopg.connect(address, autocommit=True) as connection,
        ):
            pool, drawn = Path(folder) / "pool.tsv", manifest(objects)
            write_pool(pool, objects)
            _load_rival(connection, pool)
            ours, theirs = [], []
            for _ in range(runs):
                for name in ("ours", "theirs"):
                    table = Identifier(f"bench_{name}")
                    connection.execute(SQL("DROP TABLE IF EXISTS {}").format(table))
                    connection.execute(SQL("CREATE TABLE {} (LIKE results INCLUDING ALL)").format(table))
                ours.append(asyncio.run(_by_lot(address, drawn, pool)))
                theirs.append(_at_random(connection, drawn))
            _the_same_numbers(connection)
            connection.execute("DROP TABLE bench_ours, bench_theirs, bench_pool")
        one, other = statistics.median(ours), statistics.median(theirs)
        report.add(
            f"抽取一步（冻结文件 → 有序结果入库），{objects:,} 户",
            f"{one:.2f} 秒（{runs} 次 {min(ours):.2f}–{max(ours):.2f}）",
            goal="比值 < 1",
            rival=f"同库 INSERT … SELECT … ORDER BY random() LIMIT，各层户数、行与索引相同 {other:.2f} 秒"
            f"（{min(theirs):.2f}–{max(theirs):.2f}），比值 {one / other:.2f}",
            met=one < other,
        )


async def _by_lot(address: str, drawn: Manifest, pool: Path) -> float:
    """Select, write result.tsv, and store its rows, as a worker does; seconds."""
    engine = create_async_engine(address.replace("postgresql:", "postgresql+psycopg:", 1))
    try:
        async with AsyncSession(engine) as session:
            await session.connection()
            began = time.perf_counter()
            result = b"".join(result_lines(drawn, select(drawn, pool, KEY)))
            (pool.parent / "result.tsv").write_bytes(result)
            result_rows(pool.parent, f"{ROUND}\t")
            await copy_in(session, "bench_ours", RESULT_COLUMNS, pool.parent / "results.copy")
            await session.commit()
            return time.perf_counter() - began
    finally:
        await engine.dispose()


def _at_random(connection: psycopg.Connection[Any], drawn: Manifest) -> float:
    """What a database does alone: no proof, no way to repeat it; ranks are the order in which rows came; seconds."""
    began = time.perf_counter()
    with connection.transaction():
        for spec in drawn.lists:
            for stratum in spec.strata:
                connection.execute(
                    _AT_RANDOM,
                    {
                        "round": ROUND, "list": spec.code, "stratum": stratum.code, "k": stratum.k,
                        "limit": stratum.k + stratum.m, "ticket": "0" * 64,
                    },
                )  # fmt: skip
    return time.perf_counter() - began


def _load_rival(connection: psycopg.Connection[Any], pool: Path) -> None:
    connection.execute("CREATE TABLE bench_pool (list text, id text, stratum text, unit text)")
    with (
        connection.cursor() as cursor,
        cursor.copy("COPY bench_pool FROM STDIN") as copy,
        pool.open("rb") as lines,
    ):
        while block := lines.read(1 << 20):
            copy.write(block)
    connection.execute("VACUUM (ANALYZE) bench_pool")


def _the_same_numbers(connection: psycopg.Connection[Any]) -> None:
    counted = [
        connection.execute(
            SQL("SELECT stratum, kind, count(*) FROM {} GROUP BY 1, 2 ORDER BY 1, 2").format(
                Identifier(f"bench_{name}")
            )
        ).fetchall()
        for name in ("ours", "theirs")
    ]
    assert counted[0] == counted[1] != [], f"not the same numbers: {counted}"
