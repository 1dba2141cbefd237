"""What is due for an organisation in a year, and keeping what is done."""

from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, Fault, Invalid, NotFound
from suicha_contracts.effective import Effective
from suicha_contracts.events import PlanPublished

from suicha_registry.due_dates.models import DueDone
from suicha_registry.due_dates.rules import due_on, state_of
from suicha_registry.due_dates.schemas import DoneBody, DueDates, DueItem
from suicha_registry.organisations import service as organisations
from suicha_registry.organisations.models import Organisation
from suicha_registry.rulesets import binding
from suicha_registry.rulesets.service import CHINA, today
from suicha_registry.rulesets.wording import title_of

_PREFIX = "due_dates."


async def _due(session: AsyncSession, org: str) -> dict[str, Effective]:
    found = await binding.of_organisation(session, org)
    return {path.removeprefix(_PREFIX): one for path, one in found.items() if path.startswith(_PREFIX)}


async def due_dates(
    session: AsyncSession, organisation: Organisation, year: int, soon_days: int, *, states: bool = True
) -> DueDates:
    """Return what is due in a year, earliest first; without `states` as if nothing were done (public feed)."""
    done: dict[str, DueDone] = {}
    if states:
        kept = await session.scalars(
            select(DueDone).where(DueDone.org == organisation.code, DueDone.year == year)
        )
        done = {one.what: one for one in kept}
    now = today()
    items = [
        _item(organisation, what, one, year, done.get(what), soon_days)
        for what, one in (await _due(session, organisation.code)).items()
    ]
    items.sort(key=lambda one: (one.due_on, one.what))
    return DueDates(org=organisation.code, year=year, today=now, items=items)


def _item(
    organisation: Organisation, what: str, found: Effective, year: int, done: DueDone | None, soon_days: int
) -> DueItem:
    source, day, now = found.winner, due_on(found.winner.value, year), today()
    names = {one["code"]: one["name"] for one in organisation.departments}
    duty = next((one for one in organisation.responsibilities if one["matter"] == what), None)
    return DueItem(
        what=what,
        title=title_of(f"{_PREFIX}{what}"),
        due_on=day,
        state=state_of(day, done.done_on if done else None, now, soon_days),
        days_left=(day - now).days,
        done_on=done.done_on if done else None,
        done_by=done.done_by if done else "",
        note=done.note if done else "",
        lead=names.get(duty["lead"], duty["lead"]) if duty else "",
        responsible=[names.get(one, one) for one in duty["responsible"]] if duty else [],
        clause=source.clause,
        quote=source.quote,
        ruleset=source.ruleset,
        document=source.document,
    )


async def confirm(session: AsyncSession, caller: Caller, year: int, what: str, body: DoneBody) -> None:
    """Keep that a person confirms something as done; confirmed again, the later word counts.

    Raises:
        OrganisationUnknown: the caller's organisation is not registered.
        NotFound: nothing of the kind is due for the caller's organisation.
        Conflict: an event has already shown it done.
        Invalid: the day lies in the future.
    """
    organisation = await organisations.known(session, caller.org)
    if what not in await _due(session, organisation.code):
        raise NotFound(f"本机构的规则集没有“{what}”这个截止日")
    if body.done_on > today():
        fault = Fault(where="body.done_on", code="future", message="完成日期不能晚于今天")
        raise Invalid("完成日期不能晚于今天", faults=[fault])
    row = await _kept(session, caller.org, year, what)
    if row is not None and row.told_by == "event":
        raise Conflict(f"已由系统记录完成：{row.done_by}", state="done")
    if row is None:
        row = DueDone(org=organisation.code, region=organisation.region, year=year, what=what)
        session.add(row)
    row.done_on, row.done_by, row.note = body.done_on, caller.name or caller.subject, body.note
    row.told_by, row.recorded_at = "person", datetime.now(UTC)
    await session.flush()
    after = {"year": year, "what": what} | body.model_dump(mode="json")
    await audit.record(session, "confirm", "due_date", f"{row.org}:{year}:{what}", after=after)


async def reopen(session: AsyncSession, caller: Caller, year: int, what: str) -> None:
    """Take a person's confirmation back.

    Raises:
        NotFound: nothing was confirmed.
        Conflict: an event, not a person, has shown it done.
    """
    row = await _kept(session, caller.org, year, what)
    if row is None:
        raise NotFound("没有这项完成记录")
    if row.told_by == "event":
        raise Conflict(f"由系统记录完成，不能撤回：{row.done_by}", state="done")
    before = {"done_on": str(row.done_on), "done_by": row.done_by, "note": row.note}
    await session.delete(row)
    await session.flush()
    await audit.record(session, "reopen", "due_date", f"{caller.org}:{year}:{what}", before=before)


async def _kept(session: AsyncSession, org: str, year: int, what: str) -> DueDone | None:
    return await session.scalar(
        select(DueDone)
        .where(DueDone.org == org, DueDone.year == year, DueDone.what == what)
        .with_for_update()
    )


async def note_plan(session: AsyncSession, event: PlanPublished) -> None:
    """A published plan is fixed and public (P4); the first of a year counts, and a person's earlier word stays."""
    day = event.published_at.astimezone(CHINA).date()
    rows = [
        {
            "org": event.org,
            "region": event.region,
            "year": event.year,
            "what": what,
            "done_on": day,
            "done_by": f"计划 {event.number} 公布",
            "told_by": "event",
            "note": "",
        }
        for what in ("plan_fixed", "plan_published")
    ]
    await session.execute(insert(DueDone).values(rows).on_conflict_do_nothing())
