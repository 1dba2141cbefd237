"""Reading and locking the rows of a round; putting it on the work queue."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func
from suicha_chassis import outbox
from suicha_chassis.problems import Conflict, NotFound
from suicha_contracts.values import FileRef

from suicha_draw.models import Contributor, Document, Round, RoundFile, RoundWork, Signature
from suicha_draw.problems import Embargoed, PhysicalLots
from suicha_draw.rounds.schemas.kept import Frozen, RoundCrew, RoundList, RoundSettings
from suicha_draw.words import moment_words, state_words

JOB = "draw.round"
"""The work queue of rounds; its body is {"round_id": …}."""


async def find_round(session: AsyncSession, round_id: UUID, *, lock: bool = False) -> Round:
    """Return a round within the session's scope.

    Raises:
        NotFound: there is none.
    """
    wanted = select(Round).where(Round.id == round_id).execution_options(populate_existing=True)
    row = await session.scalar(wanted.with_for_update() if lock else wanted)
    if row is None:
        raise NotFound("未找到该抽取")
    return row


def expect(row: Round, *states: str) -> None:
    """Refuse whatever the state does not allow.

    Raises:
        Conflict: the round is in another state; the problem names it.
    """
    if row.state not in states:
        raise Conflict(
            f"抽取 {row.draw_id} 第 {row.attempt} 次当前状态为“{state_words(row.state)}”，不能进行此操作",
            state=row.state,
        )


def embargoed(row: Round) -> bool:
    """Tell whether what gives away the drawn objects is kept back (RID/1 §5): seed, secret, bundle, substitutions."""
    return settings_of(row).embargo is not None and row.unsealed_at is None


def expect_published(row: Round) -> None:
    """Refuse what an embargo still covers.

    Raises:
        Embargoed: the problem names the date by which it ends.
    """
    if embargoed(row):
        assert row.publish_after is not None
        raise Embargoed(f"本次抽取暂缓公开，检查全部办结或 {moment_words(row.publish_after)} 之后公开")


def physical(row: Round) -> bool:
    """Tell whether the round is drawn by hand, without a seed (D1)."""
    return settings_of(row).lots is not None


def expect_seeded(row: Round, what: str) -> None:
    """Refuse what only a seed makes possible.

    Raises:
        PhysicalLots: the round is drawn by hand; the problem names `what` there is not.
    """
    if physical(row):
        raise PhysicalLots(f"本次抽取为人工抽签、摇号，结果不可验证：{what}")


async def contributors_of(session: AsyncSession, row: Round) -> Sequence[Contributor]:
    """Return the contributors of a round by name."""
    found = await session.scalars(
        select(Contributor).where(Contributor.round_id == row.id).order_by(Contributor.name)
    )
    return found.all()


async def signatures_of(session: AsyncSession, row: Round) -> Sequence[Signature]:
    """Return the witnesses' signatures of a round in the order in which they were given."""
    found = await session.scalars(
        select(Signature).where(Signature.round_id == row.id).order_by(Signature.at, Signature.signed_by)
    )
    return found.all()


async def files_of(session: AsyncSession, round_id: UUID) -> dict[str, FileRef]:
    """Return the files of a round by kind, of each its newest version."""
    rows = await session.scalars(
        select(RoundFile).where(RoundFile.round_id == round_id).order_by(RoundFile.version)
    )
    return {row.kind: ref_of(row) for row in rows}


def ref_of(row: RoundFile) -> FileRef:
    """Return where a file of a round lies."""
    return FileRef(sha256=row.sha256, size=row.size, rows=row.rows, media_type=row.media_type)


def keep_file(
    session: AsyncSession,
    round_id: UUID,
    kind: str,
    ref: FileRef,
    version: int = 1,
    covers: Document | None = None,
) -> None:
    """Note a file of a round, for good."""
    session.add(
        RoundFile(
            round_id=round_id, kind=kind, version=version, sha256=ref.sha256, size=ref.size, rows=ref.rows,
            media_type=ref.media_type, covers=covers,
        )
    )  # fmt: skip


async def queue_work(session: AsyncSession, row: Round) -> None:
    """Let a worker take the round's next step once this transaction is committed."""
    await session.execute(
        insert(RoundWork)
        .values(round_id=row.id)
        .on_conflict_do_update(index_elements=["round_id"], set_={"queued_at": func.now()})
    )
    await outbox.enqueue(session, JOB, {"round_id": str(row.id)})


def lists_of(row: Round) -> list[RoundList]:
    """Return the lists of a round."""
    return [RoundList.model_validate(one) for one in row.lists]


def crews_of(row: Round) -> list[RoundCrew]:
    """Return the crews of a round."""
    return [RoundCrew.model_validate(one) for one in row.crews]


def settings_of(row: Round) -> RoundSettings:
    """Return how the round is drawn."""
    return RoundSettings.model_validate(row.settings)


def frozen_of(row: Round) -> Frozen:
    """Return what the freeze found; only for rounds that are frozen."""
    return Frozen.model_validate(row.frozen)
