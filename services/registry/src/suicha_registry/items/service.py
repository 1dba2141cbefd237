"""Keeping and publishing the list of matters."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.files import FileStore
from suicha_chassis.problems import Conflict, Fault, Invalid, NotFound, SamePerson

from suicha_registry import edits
from suicha_registry.forms import service as forms
from suicha_registry.items import lists
from suicha_registry.items.models import Item
from suicha_registry.items.schemas import ItemBody, ItemPatch, LegalReview, state_of
from suicha_registry.organisations import service as organisations
from suicha_registry.problems import NoForm, NoLegalBasis, NotReviewed
from suicha_registry.rulesets.service import today
from suicha_registry.uploads import service as uploads


async def create(session: AsyncSession, caller: Caller, body: ItemBody) -> Item:
    """Add an item, as a draft, to the list of the caller's organisation.

    Raises:
        OrganisationUnknown: the caller's organisation is not registered.
        DepartmentUnknown: it has no such department.
        Exists: the code is taken.
    """
    organisation = await organisations.known(session, caller.org)
    if body.department:
        organisations.check_department(organisation, body.department)
    row = Item(
        **body.model_dump(mode="json"),
        org=organisation.code,
        region=organisation.region,
        edited_by=caller.subject,
    )
    await organisations.add_new(session, row, f"事项编码 {body.code} 已存在")
    await audit.record(session, "create", "item", row.id, after=body.model_dump(mode="json"))
    return row


async def find(session: AsyncSession, item_id: UUID) -> Item:
    """Return an item inside the session's scope.

    Raises:
        NotFound: there is none.
    """
    row = await session.scalar(select(Item).where(Item.id == item_id))
    if row is None:
        raise NotFound("事项不存在，或不在您的管辖范围内")
    return row


async def edit(session: AsyncSession, caller: Caller, row: Item, patch: ItemPatch) -> None:
    """Change an item. A published item that changes is a draft again until it is reviewed (S2 Art. 5).

    Raises:
        DepartmentUnknown: the organisation has no such department.
    """
    await check_department(session, row.org, patch.department)
    before, after = edits.apply(row, patch)
    if after:
        await made_draft(session, caller, row)
        await audit.record(session, "edit", "item", row.id, before=before, after=after)


async def check_department(session: AsyncSession, org: str, code: str | None) -> None:
    """Check that the department named for an item, if any, is one of its organisation.

    Raises:
        DepartmentUnknown: it is not.
    """
    if code:
        organisations.check_department(await organisations.known(session, org), code)


async def made_draft(session: AsyncSession, caller: Caller, row: Item) -> None:
    """Make an item that has changed a draft of whoever changed it."""
    row.published_at, row.retired_at, row.edited_by = None, None, caller.subject
    _forget_review(row)
    await session.flush()


def _forget_review(row: Item) -> None:
    row.reviewed_by, row.reviewed_on, row.review_method = "", None, ""
    row.review_document, row.review_sha256 = "", ""


async def review(session: AsyncSession, caller: Caller, row: Item, opinion: str) -> None:
    """Approve a draft as the legal department: always another person than its author (S2 Art. 5).

    Raises:
        Conflict: the item is public already.
        SamePerson: the caller wrote it.
        NoLegalBasis, NoForm: there is nothing to approve.
    """
    if row.published_at is not None:
        raise Conflict("事项已经公布，修改后才需要重新核准", state="published")
    if caller.subject == row.edited_by:
        raise SamePerson("事项须由编写人以外的法制人员核准")
    await _check_publishable(session, row)
    row.reviewed_by, row.reviewed_on = caller.name or caller.subject, today()
    row.review_method, row.retired_at = "platform", None
    row.review_document, row.review_sha256 = "", ""
    await session.flush()
    await audit.record(session, "review", "item", row.id, after={"code": row.code}, reason=opinion)


async def publish(
    session: AsyncSession, caller: Caller, row: Item, on_paper: LegalReview | None, files: FileStore
) -> None:
    """Publish a reviewed item and with it a new version of each list that it stands on.

    Without a review in the platform, `on_paper` names who approved it on paper, when, and the signed document.

    Raises:
        NotReviewed: nobody has approved it.
        SamePerson: whoever publishes names himself as the legal department.
        NoLegalBasis: no law allows this inspection (S0 二).
        NoForm: its form has no published version.
        Invalid: the review is dated in the future.
        UploadUnknown: the signed document was not uploaded.
    """
    if on_paper is not None:
        await _check_review(session, on_paper, files)
    await _check_publishable(session, row)
    if row.published_at is not None:
        return
    if row.review_method != "platform":
        if on_paper is None:
            raise NotReviewed(f"事项 {row.code}“{row.name}”未经法制机构核准")
        if on_paper.reviewed_by.strip() in {caller.subject, caller.name}:
            raise SamePerson("核准人不能是公布人本人")
        row.reviewed_by, row.reviewed_on = on_paper.reviewed_by, on_paper.reviewed_on
        row.review_document, row.review_sha256 = on_paper.document, on_paper.document_sha256
        row.review_method = "paper"
    row.published_at, row.retired_at = datetime.now(UTC), None
    await session.flush()
    await lists.publish(session, caller, row)
    after = {
        "code": row.code,
        "reviewed_by": row.reviewed_by,
        "reviewed_on": str(row.reviewed_on),
        "review_method": row.review_method,
        "review_document": row.review_document,
        "review_sha256": row.review_sha256,
    }
    await audit.record(session, "publish", "item", row.id, after=after)


async def retire(session: AsyncSession, caller: Caller, row: Item, reason: str) -> None:
    """Take an item off the public lists for good, with the reason; a new version of each list follows.

    Raises:
        Conflict: it was never published, or is not on any list.
    """
    if await lists.newest_version(session, row.org, row.code) is None or row.retired_at is not None:
        raise Conflict("事项不在公布的清单上", state=state_of(row))
    row.published_at, row.retired_at = None, datetime.now(UTC)
    _forget_review(row)
    await session.flush()
    await lists.publish(session, caller, row)
    await audit.record(session, "retire", "item", row.id, after={"code": row.code}, reason=reason)


async def _check_publishable(session: AsyncSession, row: Item) -> None:
    if not row.basis:
        raise NoLegalBasis(
            f"事项 {row.code}“{row.name}”没有执法依据，不得公布",
            faults=[Fault(where=row.code, code=NoLegalBasis.code, message="没有执法依据")],
        )
    if row.form_code not in await forms.newest_published(session, row.org, [row.form_code]):
        raise NoForm(
            f"事项 {row.code}“{row.name}”的检查表单“{row.form_code}”没有已发布的版本",
            faults=[Fault(where=row.code, code=NoForm.code, message="没有已发布的检查表单")],
        )


async def _check_review(session: AsyncSession, review: LegalReview, files: FileStore) -> None:
    if review.reviewed_on > today():
        raise Invalid(
            "核准日期不能晚于今天",
            faults=[Fault(where="body.reviewed_on", code="future", message="核准日期不能晚于今天")],
        )
    await uploads.keep(session, files, review.document_sha256, where="body.document_sha256", what="签批件")
