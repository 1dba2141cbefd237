"""The log's tree as it is stored: heads and proofs from O(log n) hashes, whatever the size of the log."""

from collections.abc import Sequence
from dataclasses import dataclass

from rid1.merkle import consistency_ranges, inclusion_ranges
from sqlalchemy import func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import NotFound

from suicha_draw.ledger import nodes
from suicha_draw.ledger.nodes import Node
from suicha_draw.models import LogEntry, LogNode


@dataclass(frozen=True)
class Head:
    """The log as it was with `size` entries, and its root."""

    size: int
    root: bytes


async def size_now(session: AsyncSession) -> int:
    """Return how many entries the log has."""
    last = await session.scalar(select(func.max(LogEntry.index)))
    return 0 if last is None else last + 1


async def head(session: AsyncSession, size: int | None = None) -> Head:
    """Return the head of the log, now or when it had `size` entries.

    Raises:
        NotFound: the log is not that large.
    """
    size = await _checked(session, size)
    span = (0, size)
    known = await hashes(session, nodes.all_nodes([span]))
    return Head(size, nodes.roots([span], known)[0])


async def inclusion(session: AsyncSession, indexes: Sequence[int], size: int) -> list[list[bytes]]:
    """Return the inclusion path of each entry in the log of `size` entries (RFC 9162 §2.1.3).

    Raises:
        NotFound: the log is not that large, or an index lies beyond its end.
    """
    await _checked(session, size)
    if any(index >= size for index in indexes):
        raise NotFound("日志中没有该条目，或日志尚未达到该大小")
    paths = [inclusion_ranges(index, size) for index in indexes]
    known = await hashes(session, nodes.all_nodes(span for path in paths for span in path))
    return [nodes.roots(path, known) for path in paths]


async def consistency(session: AsyncSession, old: int, size: int) -> list[bytes]:
    """Return the proof that the log of `old` entries is the beginning of that of `size` (RFC 9162 §2.1.4).

    Raises:
        NotFound: the log is not that large, or the earlier size is the larger one.
    """
    await _checked(session, size)
    if old > size:
        raise NotFound("较早的日志大小不能超过较晚的大小")
    spans = consistency_ranges(old, size)
    return nodes.roots(spans, await hashes(session, nodes.all_nodes(spans)))


async def hashes(session: AsyncSession, wanted: set[Node]) -> dict[Node, bytes]:
    """Read leaves and inner nodes in one statement."""
    if not wanted:
        return {}
    leaves = [index for level, index in wanted if level == 0]
    inner = [node for node in wanted if node[0]]
    of_leaves = select(literal(0).label("level"), LogEntry.index, LogEntry.leaf.label("hash")).where(
        LogEntry.index.in_(leaves)
    )
    of_nodes = select(LogNode.level, LogNode.index, LogNode.hash).where(
        tuple_(LogNode.level, LogNode.index).in_(inner)
    )
    rows = await session.execute(of_leaves.union_all(of_nodes))
    return {(level, index): digest for level, index, digest in rows}


async def _checked(session: AsyncSession, size: int | None) -> int:
    grown = await size_now(session)
    if size is not None and size > grown:
        raise NotFound(f"日志只有 {grown} 条，尚未达到该大小")
    return grown if size is None else size
