"""What a snapshot needs of the small registers: ruleset, items, forms, inspectors. All problems are named."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis.problems import Fault, Forbidden, Problem
from suicha_contracts.freeze import PackageInspector, PackageItem, RoundPackage, SnapshotRequest
from suicha_contracts.values import region_prefix

from suicha_registry.forms import service as forms
from suicha_registry.inspectors.models import Inspector
from suicha_registry.inspectors.schemas import InspectorState
from suicha_registry.items.models import Item
from suicha_registry.items.schemas import LegalBasis
from suicha_registry.organisations import service as organisations
from suicha_registry.organisations.models import Organisation
from suicha_registry.problems import ItemNotPublished, LabelUnknown, NoForm, NoLegalBasis
from suicha_registry.rulesets import service as rulesets
from suicha_registry.snapshots.objects import unit_of
from suicha_registry.subjects.models import Label


async def label_ids(session: AsyncSession, request: SnapshotRequest) -> dict[str, list[UUID]]:
    """Return the labels that the criteria name: those of a list's region or of one above it.

    Raises:
        LabelUnknown: a code that no label has; `faults` name each.
    """
    found: dict[str, list[UUID]] = {}
    faults = []
    for one in request.lists:
        for code in one.criteria.labels:
            rows = await session.execute(select(Label.id, Label.region).where(Label.code == code))
            ids = [label for label, region in rows if one.region.startswith(region_prefix(region))]
            found.setdefault(code, []).extend(ids)
            if not ids:
                message = f"名单 {one.code} 的标签 {code} 不存在"
                faults.append(Fault(where=f"lists.{one.code}", code=LabelUnknown.code, message=message))
    if faults:
        raise LabelUnknown("；".join(fault.message for fault in faults), faults=faults)
    return found


async def organisation_of(session: AsyncSession, request: SnapshotRequest) -> Organisation:
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

    Active, of the organisation, with a licence that holds through the last day of inspections (R13).
    """
    crews: dict[str, list[tuple[str, frozenset[str]]]] = {}
    for one in request.lists:
        crews.setdefault(one.crew, []).append((one.code, frozenset(one.items)))
    rows = await session.scalars(
        select(Inspector)
        .where(
            Inspector.org == request.org,
            Inspector.state == InspectorState.ACTIVE,
            Inspector.licence_until >= request.inspect_to,
            Inspector.crew.in_(list(crews)),
        )
        .order_by(Inspector.code)
    )
    found = []
    for row in rows:
        scopes = set(row.scopes)
        lists = sorted(code for code, items in crews[row.crew] if "*" in scopes or items <= scopes)
        if lists:
            found.append((row, lists))
    return found


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
