"""The log's tree from stored hashes: every head and proof is that of RFC 9162, at any size, in few reads."""

import time
from collections.abc import AsyncIterator
from itertools import pairwise

import psycopg
import pytest
from alembic import command
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from rid1.merkle import (
    Tree,
    consistency_holds,
    consistency_proof,
    consistency_ranges,
    inclusion_holds,
    inclusion_ranges,
    root_of,
)
from rid1.suites import S256
from suicha_chassis import migrations, testing
from suicha_chassis.db import Database
from suicha_chassis.problems import NotFound
from suicha_chassis.scope import SYSTEM
from suicha_chassis.settings import DatabaseSettings
from suicha_draw.ledger import nodes, tree

sizes = st.integers(0, 200)


def leaves_of(size: int) -> list[bytes]:
    """Leaf hashes that differ."""
    return [S256.digest(str(number).encode()) for number in range(size)]


def stored(leaves: list[bytes]) -> dict[nodes.Node, bytes]:
    """What appending one leaf after the other leaves behind."""
    known: dict[nodes.Node, bytes] = {}
    for index, leaf in enumerate(leaves):
        made = nodes.completed_by(index, leaf, known)
        assert not made.keys() & known.keys()
        known |= {(0, index): leaf} | made
    return known


@given(sizes, st.data())
def test_heads_and_proofs_from_stored_nodes_are_those_of_the_whole_tree(
    size: int, data: st.DataObject
) -> None:
    leaves = leaves_of(size)
    known = stored(leaves)
    (root,) = nodes.roots([(0, size)], known)
    assert root == root_of(S256, leaves)
    old = data.draw(st.integers(0, size))
    proof = nodes.roots(consistency_ranges(old, size), known)
    assert proof == consistency_proof(S256, leaves, old, size)
    if size:
        index = data.draw(st.integers(0, size - 1))
        assert nodes.roots(inclusion_ranges(index, size), known) == Tree(S256, leaves).path(index)


@given(st.integers(1, 2**40), st.data())
def test_a_proof_in_a_large_log_needs_few_nodes(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    bound = 2 * size.bit_length()
    assert len(nodes.all_nodes([(0, size)])) <= bound
    assert len(nodes.all_nodes(inclusion_ranges(index, size))) <= bound
    assert len(nodes.all_nodes(consistency_ranges(old, size))) <= 2 * bound
    assert len(nodes.left_siblings(index)) <= bound


@given(st.integers(0, 5000), st.integers(0, 5000))
def test_nodes_tile_a_range_without_gap(start: int, length: int) -> None:
    # Only ranges that begin at a multiple of their largest power of two occur in RFC 9162; all are tiled.
    spans = [
        (index << level, (index + 1) << level) for level, index in nodes.nodes_of((start, start + length))
    ]
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    assert (spans[0][0], spans[-1][1]) == (start, start + length) if length else not spans


@pytest.fixture
async def large_log(
    postgres: testing.PostgresServer,
) -> AsyncIterator[tuple[Database, testing.ServiceDatabase, list[bytes]]]:
    """A log of 100,001 entries written before inner hashes were kept, then migrated."""
    database = postgres.database("draw")
    owner = database.owner_url.replace("postgresql:", "postgresql+psycopg:")
    command.downgrade(migrations.config_for("draw", owner), "0001")
    leaves = leaves_of(100_001)
    with psycopg.connect(database.owner_url) as connection, connection.cursor() as cursor:
        columns = "index, draw_id, attempt, seq, event, at, line, leaf"
        with cursor.copy(f"COPY log_entries ({columns}) FROM STDIN") as copy:
            for index, leaf in enumerate(leaves):
                copy.write_row((index, "D", 1, index + 1, "created", "2026-01-01T00:00:00Z", b"{}", leaf))
    migrations.upgrade("draw", database.url, database.owner_url)
    settings = DatabaseSettings(
        environment="test", database_url=SecretStr(database.url), nats_url="nats://unused:1",
        files_url="file:///nowhere", jwks_url="http://unused",
    )  # fmt: skip
    db = Database(settings)
    yield db, database, leaves
    await db.close()
    await postgres.drop(database)


async def test_a_log_of_100_000_entries_is_back_filled_and_proves_from_a_handful_of_rows(
    large_log: tuple[Database, testing.ServiceDatabase, list[bytes]],
) -> None:
    db, database, leaves = large_log
    with psycopg.connect(database.owner_url) as connection:
        rows = connection.execute('SELECT level, "index", hash FROM log_nodes')
        found = {(level, index): bytes(digest) for level, index, digest in rows}
    expected = {node: digest for node, digest in stored(leaves).items() if node[0] > 0}
    assert found == expected
    whole = Tree(S256, leaves)
    began = time.perf_counter()
    async with db.session(SYSTEM) as session:
        head = await tree.head(session)
        assert (head.size, head.root) == (100_001, whole.root())
        for index in (0, 1, 65_535, 65_536, 99_999, 100_000):
            (path,) = await tree.inclusion(session, [index], head.size)
            assert inclusion_holds(S256, leaves[index], index, head.size, path, head.root)
        for old in (0, 1, 4096, 65_537, 100_000, 100_001):
            earlier = await tree.head(session, old)
            assert earlier.root == root_of(S256, leaves[:old])
            proof = await tree.consistency(session, old, head.size)
            assert consistency_holds(S256, old, head.size, earlier.root, head.root, proof)
        print(f"19 heads and proofs in a log of {head.size}: {time.perf_counter() - began:.3f} s")
        for refused in (
            tree.head(session, 100_002),
            tree.inclusion(session, [7], 7),
            tree.consistency(session, 9, 8),
        ):
            with pytest.raises(NotFound):
                await refused
