"""What the visit endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_chassis.problems import Fault
from suicha_contracts.events import VoidedAttempt
from suicha_contracts.freeze import PackageForm
from suicha_contracts.values import ResultCode

from suicha_inspection.fields import InspectorId, Moment, Words
from suicha_inspection.record import (
    RecordAssistant,
    RecordEvidence,
    RecordFollowUp,
    RecordInspector,
    RecordNonCooperation,
    RecordObject,
    RecordSignature,
    RecordUntraceable,
)
from suicha_inspection.states import VisitState


class VisitMode(StrEnum):
    """How it is inspected (检查方式; S2 Art. 8, S3 Art. 9)."""

    ONSITE = "onsite"
    """实地核查."""
    WRITTEN = "written"
    """书面检查."""
    NETWORK = "network"
    """网络监测."""


class VisitSummary(BaseModel):
    """One line of the list."""

    id: UUID
    round_id: UUID
    object_id: str
    object_name: str
    address: str
    state: VisitState
    planned_on: date | None
    inspect_from: date
    inspect_to: date = Field(description="last day of the time set for the inspection")
    version: int


class ItemDetail(BaseModel):
    """An item with its frozen form and what was entered so far."""

    code: str
    name: str
    content: str
    legal_basis: list[str]
    form: PackageForm = Field(description="questions and their JSON Schema, as frozen with the round")
    answers: dict[str, Any] = Field(examples=[{"licence_shown": "是"}])
    result: ResultCode | None = Field(description="code of `code_set`; null until somebody decides")


class CheckDetail(BaseModel):
    """A department's check."""

    id: UUID
    version: int = Field(description="ETag of this check")
    list_code: str
    crew: str
    department: str
    task_number: str
    task_name: str
    plan_number: str
    plan_name: str
    code_set: str
    mine: bool = Field(description="whether the caller may enter it")
    items: list[ItemDetail]
    opinion: str
    remark: str
    mitigation: str = Field(description="what the object reported or corrected by itself (S4 四(四))")
    edited_by: str
    edited_at: datetime | None


class VisitDetail(BaseModel):
    """Everything that a phone needs, in one answer."""

    id: UUID
    version: int
    state: VisitState
    round_id: UUID
    draw_id: str
    attempt: int = Field(description="which attempt at the draw this object was drawn in (RID/1 §4)")
    voided: list[VoidedAttempt] = Field(description="the attempts before that one, each with its reason")
    org: str
    org_name: str
    object: RecordObject
    inspect_from: date
    inspect_to: date
    team_minimum: int = Field(description="inspectors of each crew that must be present")
    planned_on: date | None
    deviation_reason: str
    mode: VisitMode | None
    started_at: datetime | None
    finished_on: date | None
    team: list[RecordInspector]
    assistants: list[RecordAssistant] = Field(description="experts who assist; none of them is an officer")
    checks: list[CheckDetail]
    evidence: list[RecordEvidence]
    signatures: list[RecordSignature] = Field(description="the newest of each person")
    untraceable: RecordUntraceable | None
    non_cooperations: list[RecordNonCooperation]
    follow_ups: list[RecordFollowUp]
    review_comment: str
    cancel_reason: str
    record_version: int = Field(description="newest sealed version; 0 before the first")
    missing: list[Fault] = Field(
        description="what still keeps the record from being submitted; empty unless it is being made"
    )


class ScheduleBody(BaseModel):
    """The day of a visit."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"planned_on": "2026-11-23"}]})

    planned_on: date
    deviation_reason: Words = Field(default="", description="required outside the time set (E15)")


class StartBody(BaseModel):
    """Who is there, when, and that licences were shown (S3 Art. 10)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"mode": "onsite", "present": ["LYJC001", "LYJC007"], "licences_shown": True,
                 "at": "2026-11-23T09:30:00+08:00"}
            ]
        },
    )  # fmt: skip

    mode: VisitMode
    present: list[InspectorId] = Field(min_length=1, max_length=50)
    licences_shown: bool
    at: Moment
    deviation_reason: Words = Field(default="", description="required outside the time set (E15)")
