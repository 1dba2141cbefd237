"""What contributors do in a round: commit, reveal, throw dice (RID/1 §5, §8). Each deed is a log entry.

The caller holds the lock of the round's row; the log decides whether the deed comes in time.
"""

from datetime import datetime

from rid1.errors import RidError
from rid1.log import EMBARGOED
from rid1.manifest import Ruleset
from rid1.seed import commitment, dice_string
from rid1.states import Event
from rid1.suites import suite_named
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Conflict, SamePerson

from suicha_draw.ledger import service as ledger
from suicha_draw.ledger.service import log_time
from suicha_draw.models import Contributor, LogEntry, Round
from suicha_draw.problems import (
    AlreadyDone,
    CommitmentReused,
    DiceMismatch,
    NotYourPart,
    RevealMismatch,
    TooLate,
)
from suicha_draw.rounds.rules import make_manifest
from suicha_draw.rounds.store import (
    contributors_of,
    crews_of,
    expect,
    expect_seeded,
    frozen_of,
    keep_file,
    lists_of,
    physical,
    queue_work,
    settings_of,
)
from suicha_draw.rounds.witnessing import FREEZE, all_signed
from suicha_draw.words import moment_words, party_words

NO_SEED = "没有承诺、揭示、骰子和信标"
"""What a round drawn by hand has none of."""


def reveal_by_text(row: Round) -> str:
    """Write `reveal_by` as the manifest does."""
    return row.reveal_by.strftime("%Y-%m-%dT%H:%M:%SZ")


async def commit(
    session: AsyncSession, files: FileStore, caller: Caller, row: Round, name: str, value: str
) -> None:
    """Take a contributor's commitment; the last one, the freeze signed, logs the manifest (RID/1 §4).

    Raises:
        NotYourPart: the caller acts for another contributor.
        Conflict: the round is not frozen, or refused by RID/1.
        PhysicalLots: the round is drawn by hand.
        AlreadyDone: the contributor committed before.
        CommitmentReused: an earlier attempt used the same commitment.
        TooLate: `reveal_by` has passed.
    """
    expect_seeded(row, NO_SEED)
    expect(row, "frozen")
    own = await _own(session, caller, row, name)
    if own.commitment is not None:
        raise AlreadyDone(f"{party_words(name)}已提交承诺")
    used = select(func.count()).select_from(Contributor).join(Round, Round.id == Contributor.round_id)
    if await session.scalar(used.where(Round.draw_id == row.draw_id, Contributor.commitment == value)):
        raise CommitmentReused()
    own.commitment, own.committed_by = value, caller.subject
    expect_in_time(row, await ledger.append(session, row, Event.COMMITMENT, {"name": name, "c": value}))
    await audit.record(session, "round.commit", "round", row.id, after={"name": name})
    await log_manifest_if_ready(session, files, row)


async def log_manifest_if_ready(session: AsyncSession, files: FileStore, row: Round) -> None:
    """Build and log the manifest once every contributor has committed and every witness signed the freeze.

    Raises:
        Conflict: RID/1 refuses the manifest.
        TooLate: `reveal_by` has passed.
    """
    if physical(row):
        return
    commits = {one.name: one.commitment for one in await contributors_of(session, row)}
    if all(commits.values()) and await all_signed(session, row, FREEZE):
        await _log_manifest(session, files, row, {at: c for at, c in commits.items() if c})


async def _log_manifest(session: AsyncSession, files: FileStore, row: Round, commits: dict[str, str]) -> None:
    clock = await session.scalar(select(func.clock_timestamp()))
    assert isinstance(clock, datetime)
    try:
        manifest = make_manifest(
            draw_id=row.draw_id, attempt=row.attempt, prev=row.prev, lists=lists_of(row), crews=crews_of(row),
            settings=settings_of(row), frozen=frozen_of(row), commits=commits, reveal_by=reveal_by_text(row),
            beacon_round=row.beacon_round,
            ruleset=Ruleset(row.ruleset_id, row.ruleset_version, row.ruleset_sha), created=log_time(clock),
        )  # fmt: skip
    except RidError as error:
        raise Conflict(error.zh, state=row.state) from error
    data = manifest.to_bytes()
    keep_file(session, row.id, "manifest", await files.put(data, "application/json"))
    row.manifest_hash, row.state = manifest.hash(), "committed"
    expect_in_time(
        row, await ledger.append(session, row, Event.MANIFEST, {"manifest_hash": row.manifest_hash})
    )


async def reveal(session: AsyncSession, caller: Caller, row: Round, name: str, secret: str) -> None:
    """Take a contributor's secret.

    Raises:
        NotYourPart, Conflict, PhysicalLots, AlreadyDone, TooLate: as for `commit`.
        RevealMismatch: the secret does not open the commitment.
    """
    expect_seeded(row, NO_SEED)
    expect(row, "committed")
    own = await _own(session, caller, row, name)
    if own.secret is not None:
        raise AlreadyDone(f"{party_words(name)}已揭示")
    if commitment(suite_named(settings_of(row).suite), row.draw_id, name, secret) != own.commitment:
        raise RevealMismatch()
    own.secret, own.revealed_by = secret, caller.subject
    shown = EMBARGOED if name == settings_of(row).embargo else secret
    expect_in_time(row, await ledger.append(session, row, Event.REVEAL, {"name": name, "value": shown}))
    await audit.record(session, "round.reveal", "round", row.id, after={"name": name})
    await _seed_if_complete(session, row)


async def type_dice(session: AsyncSession, caller: Caller, row: Round, digits: str) -> None:
    """Note what the first person reads from the dice; it counts once another person confirms it.

    Raises:
        Conflict: dice are not due now, or were never planned.
        PhysicalLots: the round is drawn by hand.
        AlreadyDone: the throw is confirmed.
    """
    _expect_dice(row)
    row.dice_typed, row.dice_typed_by = digits, caller.subject
    await audit.record(session, "round.dice", "round", row.id)


async def confirm_dice(session: AsyncSession, caller: Caller, row: Round, digits: str) -> None:
    """Take the dice when a second person reads the same digits.

    Raises:
        Conflict: nobody typed a throw, or dice are not due now.
        PhysicalLots: the round is drawn by hand.
        SamePerson: the caller typed the throw.
        DiceMismatch: the digits differ.
        TooLate: `reveal_by` has passed.
    """
    _expect_dice(row)
    if row.dice_typed is None or row.dice_typed_by is None:
        raise Conflict("尚未录入骰子点数", state=row.state)
    if row.dice_typed_by == caller.subject:
        raise SamePerson("骰子点数须由另一人确认")
    if row.dice_typed != digits:
        raise DiceMismatch()
    row.dice = dice_string(digits)
    body = {"value": row.dice, "typed_by": row.dice_typed_by, "confirmed_by": caller.subject}
    expect_in_time(row, await ledger.append(session, row, Event.DICE, body))
    await audit.record(session, "round.dice_confirm", "round", row.id)
    await _seed_if_complete(session, row)


async def _own(session: AsyncSession, caller: Caller, row: Round, name: str) -> Contributor:
    if name not in caller.roles:
        raise NotYourPart(f"您的角色不是{party_words(name)}")
    found = await session.get(Contributor, (row.id, name))
    if found is None:
        raise NotYourPart(f"{party_words(name)}不是本次抽取的贡献人")
    return found


def _expect_dice(row: Round) -> None:
    expect_seeded(row, NO_SEED)
    expect(row, "committed")
    if not settings_of(row).dice:
        raise Conflict("本次抽取不使用骰子", state=row.state)
    if row.dice is not None:
        raise AlreadyDone("骰子点数已确认")


def expect_in_time(row: Round, entry: LogEntry) -> None:
    """The log's own time decides, by the second, as a verifier will (RID/1 §5)."""
    if entry.at.replace(microsecond=0) > row.reveal_by:
        raise TooLate(f"已过揭示截止时间 {moment_words(row.reveal_by)}")


async def _seed_if_complete(session: AsyncSession, row: Round) -> None:
    complete = all(one.secret for one in await contributors_of(session, row))
    if complete and (row.dice is not None or not settings_of(row).dice):
        row.state = "revealed"
        await queue_work(session, row)
