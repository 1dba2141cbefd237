"""The signature endpoint (S3 Art. 10): short enough to need no service of its own."""

from typing import Annotated
from uuid import UUID

from suicha_chassis import audit
from suicha_chassis.auth import Caller
from suicha_chassis.problems import Conflict, NotFound, problem_responses
from suicha_chassis.routes import Session, requires, router
from suicha_contracts.roles import Permission

from suicha_inspection.access import open_visit, require_member
from suicha_inspection.build import record_of
from suicha_inspection.casefile import load_case_file
from suicha_inspection.clock import now
from suicha_inspection.models import Signature
from suicha_inspection.problems import NotOnTeam
from suicha_inspection.record import RecordSignature, findings_sha256
from suicha_inspection.signatures.schemas import SignatureBody, SignatureRole
from suicha_inspection.states import Deed

routes = router(prefix="/inspection/v1/visits/{visit_id}/signatures", tags=["signatures"])


@routes.post("", summary="签名", status_code=201, responses=problem_responses(NotFound, Conflict, NotOnTeam))
async def sign_visit(
    visit_id: UUID,
    body: SignatureBody,
    session: Session,
    caller: Annotated[Caller, requires(Permission.VISIT_RECORD)],
) -> RecordSignature:
    """Sign what has been found so far, as an officer for oneself, or note the representative's or witness's
    signature or why there is none. A later change of the findings asks for new signatures."""
    visit = await open_visit(session, caller, visit_id, Deed.RECORD)
    member = await require_member(session, visit, caller)
    if not member.present:
        raise NotOnTeam("只有到场的检查人员可以签名")
    case = await load_case_file(session, visit)
    officer = body.role is SignatureRole.OFFICER
    own_name = next(entry.name for one, entry in case.team if one.inspector_id == member.inspector_id)
    row = Signature(
        visit_id=visit.id,
        role=body.role,
        state=body.state,
        name=own_name if officer else body.name,
        inspector_id=member.inspector_id if officer else "",
        reason=body.reason,
        content_sha256=findings_sha256(record_of(case, version=visit.record_version + 1)),
        recorded_by=caller.subject,
        signed_at=now(),
    )
    session.add(row)
    await session.flush()
    await audit.record(
        session, "visit.sign", "visit", visit.id,
        after={"role": body.role, "state": body.state, "content": row.content_sha256},
    )  # fmt: skip
    return RecordSignature.model_validate(row, from_attributes=True)
