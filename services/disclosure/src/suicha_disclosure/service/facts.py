"""Rulesets and calendars as told by registry, and the deadlines that follow from them.

A deadline is counted for each different (day, rule) once, in Python, and written to all rows in one statement.
"""

from datetime import date

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_contracts.events import CalendarPublished, RulesetPublished
from suicha_contracts.ruleset import Ruleset

from suicha_disclosure.deadlines import Calendar, Calendars, deadline
from suicha_disclosure.models import CalendarYear, Disclosure, RulesetVersion


async def keep_ruleset(session: AsyncSession, event: RulesetPublished) -> None:
    """Remember a ruleset, and count the deadlines of inspections that arrived before it."""
    ruleset = event.ruleset
    await session.execute(
        insert(RulesetVersion)
        .values(
            id=ruleset.id,
            version=ruleset.version,
            sha256=event.sha256,
            document=ruleset.model_dump(mode="json"),
        )
        .on_conflict_do_nothing()
    )
    await _recount(session, ruleset_id=ruleset.id, ruleset_version=ruleset.version)


async def keep_calendar(session: AsyncSession, event: CalendarPublished) -> None:
    """Remember the official days of a year, and count again every deadline that they may move.

    A revision older than the known one, delivered late, changes nothing.
    """
    days = {
        "revision": event.revision,
        "holidays": event.holidays,
        "workdays": event.workdays,
        "source": event.source,
    }
    statement = insert(CalendarYear).values(year=event.year, **days)
    kept = await session.execute(
        statement.on_conflict_do_update(
            index_elements=["year"],
            set_={**days, "received_at": text("now()")},
            where=CalendarYear.revision <= statement.excluded.revision,
        ).returning(CalendarYear.year)
    )
    if kept.first() is not None:
        await _recount(session, year=event.year)


async def ruleset_of(session: AsyncSession, ruleset_id: str, version: str) -> Ruleset | None:
    """Return a version of a ruleset, None while it has not arrived."""
    row = await session.get(RulesetVersion, (ruleset_id, version))
    return None if row is None else Ruleset.model_validate(row.document)


async def calendars(session: AsyncSession) -> Calendars:
    """Return every official calendar that is known."""
    rows = (await session.scalars(select(CalendarYear))).all()
    return {row.year: Calendar.of(row.holidays, row.workdays) for row in rows}


async def count_deadline(session: AsyncSession, disclosure: Disclosure) -> None:
    """Set the deadline of one disclosure. Without its ruleset there is none yet, and it says so.

    Where problems are handled first (S4 四(五)), the deadline binds normal results only.
    """
    ruleset = await ruleset_of(session, disclosure.ruleset_id, disclosure.ruleset_version)
    disclosure.ruleset_known = ruleset is not None
    disclosure.due_on, disclosure.provisional = None, ruleset is None
    if ruleset is None or _handled_first(ruleset, disclosure.normal):
        return
    found = deadline(disclosure.finished_on, ruleset.disclosure.deadline.value, await calendars(session))
    disclosure.due_on, disclosure.provisional = found.due_on, found.provisional


def _handled_first(ruleset: Ruleset, normal: bool) -> bool:
    return ruleset.disclosure.problems_after_handling.value and not normal


async def _recount(
    session: AsyncSession, *, ruleset_id: str = "", ruleset_version: str = "", year: int = 0
) -> None:
    """Count deadlines again: all of one ruleset, or all that a year's calendar may touch.

    Effects that add a disclosure take the same lock shared (`hold_rules`): none can slip in between the
    arrival of a rule and the counting here.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('suicha-disclosure-rules'))"))
    # A deadline is at most 366 days, counted in working days: it never reaches beyond two further years.
    wanted = (
        (Disclosure.ruleset_id == ruleset_id, Disclosure.ruleset_version == ruleset_version)
        if ruleset_id
        else (Disclosure.finished_on.between(date(year - 2, 1, 1), date(year, 12, 31)),)
    )
    keys = (Disclosure.ruleset_id, Disclosure.ruleset_version, Disclosure.finished_on, Disclosure.normal)
    groups = (await session.execute(select(*keys).where(*wanted).distinct())).all()
    known = await calendars(session)
    rulesets = {pair: await ruleset_of(session, *pair) for pair in {(row[0], row[1]) for row in groups}}
    counted = []
    for ruleset_key, version, finished_on, normal in groups:
        ruleset = rulesets[ruleset_key, version]
        if ruleset is None:
            continue
        handled_first = _handled_first(ruleset, normal)
        found = None if handled_first else deadline(finished_on, ruleset.disclosure.deadline.value, known)
        counted.append(
            {
                "of_ruleset": ruleset_key,
                "of_version": version,
                "of_day": finished_on,
                "of_normal": normal,
                "due_on": found.due_on if found else None,
                "provisional": found.provisional if found else False,
            }
        )
    if counted:
        await session.execute(_APPLY, _columns(counted))


_APPLY = text(
    "UPDATE disclosures d SET due_on = n.due_on, provisional = n.provisional, ruleset_known = true, "
    "version = d.version + 1 "
    "FROM unnest(CAST(:of_ruleset AS text[]), CAST(:of_version AS text[]), CAST(:of_day AS date[]), "
    "CAST(:of_normal AS boolean[]), CAST(:due_on AS date[]), CAST(:provisional AS boolean[])) "
    "AS n (of_ruleset, of_version, of_day, of_normal, due_on, provisional) "
    "WHERE d.ruleset_id = n.of_ruleset AND d.ruleset_version = n.of_version "
    "AND d.finished_on = n.of_day AND d.normal = n.of_normal "
    "AND (d.due_on, d.provisional, d.ruleset_known) IS DISTINCT FROM (n.due_on, n.provisional, true)"
)


def _columns(rows: list[dict[str, object]]) -> dict[str, list[object]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


async def hold_rules(session: AsyncSession) -> None:
    """Keep rules from arriving between the reading of them and the commit of what was counted by them."""
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(hashtext('suicha-disclosure-rules'))"))
