"""What a snapshot needs of the small registers: ruleset, items, forms, inspectors. All problems are named."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Fault, Forbidden, Problem
from suicha_contracts.freeze import (
    PackageInspector,
    PackageItem,
    RoundPackage,
    SnapshotRequest,
    SurveyRequest,
)
from suicha_contracts.ruleset import Ruleset
from suicha_contracts.values import region_prefix

from suicha_registry.forms import service as forms
from suicha_registry.inspectors.models import Inspector
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.items.models import Item
from suicha_registry.items.schemas import LegalBasis
from suicha_registry.organisations import service as organisations
from suicha_registry.organisations.models import Organisation
from suicha_registry.problems import (
    InspectorUnfit,
    ItemNotPublished,
    LabelNotForItem,
    LabelUnknown,
    NoForm,
    NoLegalBasis,
)
from suicha_registry.rulesets import service as rulesets
from suicha_registry.snapshots.objects import unit_of
from suicha_registry.subjects.models import Label
from suicha_registry.subjects.tag_tree import valid_on, with_descendants
from suicha_registry.trainings import service as trainings


async def label_ids(
    session: AsyncSession, request: SnapshotRequest | SurveyRequest, day: date
) -> dict[str, list[UUID]]:
    """Return the tags that the criteria name, with those below them, valid on a day: of a list's region or above it.

    Raises:
        LabelUnknown: a code that no tag has; `faults` name each.
        LabelNotForItem: a tag that names items, and none of the list's (R10); `faults` name each.
    """
    found: dict[str, list[UUID]] = {}
    faults, strange = [], []
    for one in request.lists:
        all_criteria = (one.criteria, *(raised.criteria for raised in one.raises))
        named = {label for criteria in all_criteria for label in criteria.labels}
        for code in sorted(named):
            rows = await session.scalars(
                select(Label).where(Label.code == code, valid_on(day), Label.org.in_(["", request.org]))
            )
            usable = [row for row in rows if one.region.startswith(region_prefix(row.region))]
            family = with_descendants(Label.id.in_([row.id for row in usable]), day)
            found.setdefault(code, []).extend(await session.scalars(select(family.c.id)))
            where = f"lists.{one.code}"
            if not usable:
                message = f"名单 {one.code} 的标签 {code} 不存在"
                faults.append(Fault(where=where, code=LabelUnknown.code, message=message))
            for row in usable:
                chooses = code in one.criteria.labels
                if chooses and row.items and not set(row.items) & set(one.items):
                    message = f"标签 {code} 用于事项 {'、'.join(row.items)}，不用于名单 {one.code} 的事项"
                    strange.append(Fault(where=where, code=LabelNotForItem.code, message=message))
    if faults:
        raise LabelUnknown("；".join(fault.message for fault in faults), faults=faults)
    if strange:
        raise LabelNotForItem("；".join(fault.message for fault in strange), faults=strange)
    return found


async def organisation_of(session: AsyncSession, request: SnapshotRequest | SurveyRequest) -> Organisation:
    """Return the organisation that draws.

    Raises:
        OrganisationUnknown: it is not registered.
        Forbidden: a list reaches outside its region.
    """
    organisation = await organisations.known(session, request.org)
    prefix = region_prefix(organisation.region)
    outside = [one for one in request.lists if not one.region.startswith(prefix)]
    if outside:
        raise Forbidden(
            f"{organisation.name}无权抽查区划 {outside[0].region} 的对象",
            faults=[
                Fault(
                    where=f"lists.{one.code}",
                    code="region_outside",
                    message=f"区划 {one.region} 不在管辖区域内",
                )
                for one in outside
            ],
        )
    return organisation


async def items_of(session: AsyncSession, request: SnapshotRequest) -> dict[str, PackageItem]:
    """Return every item of the lists with its form.

    Raises:
        NoLegalBasis: items without a legal basis (S0 二); `faults` name each.
        ItemNotPublished: items that are unknown or not published (S2 Art. 5); `faults` name each.
        NoForm: items whose form is not published; `faults` name each.
    """
    wanted = sorted({code for one in request.lists for code in one.items})
    rows = {
        row.code: row
        for row in await session.scalars(select(Item).where(Item.org == request.org, Item.code.in_(wanted)))
    }
    baseless = [code for code in wanted if code in rows and not rows[code].basis]
    if baseless:
        raise _refusal(NoLegalBasis, baseless, rows, "没有执法依据")
    missing = [code for code in wanted if code not in rows or rows[code].published_at is None]
    if missing:
        raise _refusal(ItemNotPublished, missing, rows, "未公布")
    known = await forms.newest_published(session, request.org, {row.form_code for row in rows.values()})
    formless = [code for code in wanted if rows[code].form_code not in known]
    if formless:
        raise _refusal(NoForm, formless, rows, "没有已发布的检查表单")
    return {
        code: PackageItem(
            code=code,
            name=row.name,
            content=row.content,
            legal_basis=[LegalBasis.model_validate(one).sentence() for one in row.basis],
            form=known[row.form_code],
        )
        for code, row in sorted(rows.items())
    }


def _refusal(cls: type[Problem], codes: Sequence[str], rows: dict[str, Item], what: str) -> Problem:
    names = {code: f"{code}“{rows[code].name}”" if code in rows else code for code in codes}
    faults = [Fault(where=code, code=cls.code, message=f"事项 {names[code]}{what}") for code in codes]
    return cls(f"以下事项{what}，不得开展检查：{'、'.join(names.values())}", faults=faults)


async def inspectors_of(session: AsyncSession, request: SnapshotRequest) -> list[tuple[Inspector, list[str]]]:
    """Return every inspector who can serve in a list, by code, each with those lists of the own crew.

    Active, of the organisation, with a licence that holds through the last day of inspections (R13), trained
    where the ruleset makes that a condition (R15), and with the expertise that the items ask for where the
    ruleset matches by it (R14, D17). With a direct dispatch only those who are named.

    Raises:
        RulesetUnknown: the named ruleset version is not published.
        InspectorUnfit: somebody named is unknown or cannot serve; `faults` say who and why.
    """
    ruleset, _ = await rulesets.named(session, request.ruleset_id, request.ruleset_version)
    asked = await _expertise_of(session, request, ruleset)
    crews: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for one in request.lists:
        crews.setdefault(one.crew, []).append((one.code, frozenset(one.items)))
    rows = (
        await session.scalars(
            select(Inspector)
            .where(
                Inspector.org == request.org,
                Inspector.state == InspectorState.ACTIVE,
                Inspector.licence_until >= request.inspect_to,
                Inspector.crew.in_(list(crews)),
            )
            .order_by(Inspector.code)
        )
    ).all()
    barred = await trainings.untrained(session, ruleset, [row.code for row in rows], request.inspect_from)
    found = []
    for row in rows:
        scopes, knows = set(row.scopes), set(row.expertise)
        lists = sorted(
            code
            for code, items in crews[row.crew]
            if ("*" in scopes or items <= scopes)
            and all(knows & asked[item] for item in items & asked.keys())
        )
        if lists and row.code not in barred:
            found.append((row, lists))
    if not request.inspectors:
        return found
    able = {row.code for row, _ in found}
    unfit = sorted(set(request.inspectors) - able)
    if unfit:
        faults = [
            Fault(
                where=code,
                code=InspectorUnfit.code,
                message=f"{code} 不在库、不在岗、未经规定培训、执法证件在检查结束前到期，或不具备所查事项的资格、专长",
            )
            for code in unfit
        ]
        raise InspectorUnfit("；".join(fault.message for fault in faults), faults=faults)
    return [(row, lists) for row, lists in found if row.code in request.inspectors]


async def _expertise_of(
    session: AsyncSession, request: SnapshotRequest, ruleset: Ruleset
) -> dict[str, set[str]]:
    """Return the tags, any one of which an item asks for; empty where the ruleset does not match by them."""
    matching = ruleset.team.expertise_matching
    if matching is None or not matching.value:
        return {}
    wanted = {code for one in request.lists for code in one.items}
    rows = await session.execute(
        select(Item.code, Item.expertise).where(Item.org == request.org, Item.code.in_(wanted))
    )
    return {code: set(tags) for code, tags in rows if tags}


def unit_of_inspector(row: Inspector, units_by: str) -> str:
    """Return the RID/1 unit of an inspector; empty if the person has none of the asked kind."""
    return {"org": unit_of(row.org), "region": row.region, "unit": row.unit}[units_by]


async def package_of(
    session: AsyncSession,
    request: SnapshotRequest,
    organisation: Organisation,
    inspectors: Sequence[tuple[Inspector, list[str]]],
) -> RoundPackage:
    """Return everything but objects that the inspections need.

    Raises:
        RulesetUnknown: the named ruleset version is not published.
        NoLegalBasis, ItemNotPublished, NoForm: see `items_of`.
    """
    ruleset, digest = await rulesets.named(session, request.ruleset_id, request.ruleset_version)
    return RoundPackage(
        ruleset=ruleset,
        ruleset_sha256=digest,
        org=organisation.code,
        org_name=organisation.name,
        lists={one.code: one.items for one in request.lists},
        items=await items_of(session, request),
        inspectors=[
            PackageInspector(
                id=row.code,
                name=row.name,
                org=row.org,
                department=_department_name(organisation, row.department),
                crew=row.crew,
                unit=unit_of_inspector(row, request.units_by),
                licence_no=row.licence_no,
                licence_until=row.licence_until,
            )
            for row, _ in inspectors
        ],
    )


def _department_name(organisation: Organisation, code: str) -> str:
    return next((str(one["name"]) for one in organisation.departments if one["code"] == code), code)
