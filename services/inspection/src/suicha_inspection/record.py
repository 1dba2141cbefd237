"""The record of a visit (记录表, S0 annex 2) as a value: what is sealed, signed, checked and printed.

Pure. Canonical JSON (RFC 8785) makes the same record the same bytes, so that its hash means something.
"""

import hashlib
from datetime import date, datetime
from typing import Any
from uuid import UUID

import rfc8785
from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.events import RulesetRef
from suicha_contracts.values import SHA256, FollowUpKind, ObjectId, RegionCode, ResultCode

FORMAT = "suicha-record/1"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class RecordObject(_Part):
    """The inspection object (检查对象)."""

    id: ObjectId
    name: str
    kind: str
    credit_code: str = Field(description="统一社会信用代码; empty where there is none")
    region: RegionCode
    address: str
    legal_representative: str = Field(description="法定代表人/负责人")
    business_scope: str = ""
    credit_grade: str = ""


class RecordInspector(_Part):
    """A member of the team, or an alternate (执法检查人员)."""

    id: str
    name: str
    org: str
    department: str
    crew: str
    licence_no: str = Field(description="执法证号; identity numbers never leave the register")
    licence_until: date
    kind: str = Field(description="team | alternate | replaced")
    position: int = Field(description="order of the draw, from 1")
    present: bool


class RecordAnswer(_Part):
    """A question of the frozen form with its answer; null where there is none."""

    key: str
    text: str
    answer: Any


class RecordItem(_Part):
    """An item (检查事项) with its result."""

    code: str
    name: str
    legal_basis: list[str]
    form_code: str
    form_version: int
    answers: list[RecordAnswer]
    result: ResultCode | None


class RecordCheck(_Part):
    """What one department found."""

    id: UUID
    list_code: str
    crew: str
    department: str
    task_id: UUID
    task_number: str
    task_name: str
    plan_number: str
    plan_name: str
    code_set: str
    items: list[RecordItem]
    opinion: str = Field(description="处理意见")
    remark: str = Field(description="备注")
    mitigation: str = Field(default="", description="what the object reported or corrected by itself")


class RecordEvidence(_Part):
    """A piece of evidence, by hash."""

    id: UUID
    sha256: SHA256
    size: int
    name: str
    media_type: str
    check_id: UUID | None
    item_code: str | None
    question_key: str | None
    source: str = Field(
        default="", description="authority or expert body whose finding it is; empty: the team's own"
    )
    taken_at: datetime
    added_by: str


class RecordUntraceable(_Part):
    """The object was not found at its registered address (result 4)."""

    reason: str
    evidence: list[UUID]
    declared_by: str
    declared_at: datetime


class RecordNonCooperation(_Part):
    """One kind of non-cooperation (S3 Art. 12)."""

    id: UUID
    kind: int = Field(ge=1, le=4)
    description: str
    evidence: list[UUID]
    recorded_by: str
    recorded_at: datetime


class RecordSignature(_Part):
    """A signature, or why there is none (S3 Art. 10)."""

    role: str
    state: str
    name: str
    inspector_id: str
    reason: str
    content_sha256: SHA256
    signed_at: datetime


class RecordAssistant(_Part):
    """An expert or institution that assisted (S3 Art. 9), never counted among the inspectors."""

    code: str
    name: str
    kind: str
    institution: str
    task: str


class RecordFollowUp(_Part):
    """What happens next (后续处理)."""

    id: UUID
    kind: FollowUpKind
    description: str
    due_on: date | None
    receiving_body: str
    outcome: str
    receipt_no: str
    closed_on: date | None


class Record(_Part):
    """One version of the record of one visit."""

    format: str = FORMAT
    visit_id: UUID
    version: int
    reason: str = Field(default="", description="why an earlier version was corrected")
    round_id: UUID
    draw_id: str
    org: str
    org_name: str
    region: RegionCode
    ruleset: RulesetRef
    object: RecordObject
    mode: str
    started_at: datetime | None
    finished_on: date | None
    licences_shown: bool
    planned_on: date | None
    deviation_reason: str
    inspectors: list[RecordInspector]
    assistants: list[RecordAssistant] = Field(default_factory=list, description="协助检查的专家和机构")
    checks: list[RecordCheck]
    untraceable: RecordUntraceable | None
    non_cooperations: list[RecordNonCooperation]
    evidence: list[RecordEvidence]
    signatures: list[RecordSignature]
    follow_ups: list[RecordFollowUp]

    def results(self) -> list[ResultCode]:
        """Return the results of all items that have one."""
        return [item.result for check in self.checks for item in check.items if item.result is not None]

    def signature_of(self, role: str) -> RecordSignature | None:
        """Return the signature of the representative or of the witness."""
        return next((one for one in self.signatures if one.role == role), None)


def sealed_bytes(record: Record) -> bytes:
    """Return the canonical JSON of a record: the same record is always the same bytes."""
    return rfc8785.dumps(record.model_dump(mode="json"))


def findings_sha256(record: Record) -> str:
    """Return the hash of what signatures stand for: who was there, where, and what was found.

    Evidence, follow-ups and the signatures themselves may still grow after the first has signed.
    """
    findings = record.model_dump(
        mode="json",
        include={"visit_id", "object", "mode", "started_at", "inspectors", "checks", "untraceable",
                 "non_cooperations"},
    )  # fmt: skip
    return hashlib.sha256(rfc8785.dumps(findings)).hexdigest()
