"""What the record endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from suicha_contracts.values import SHA256, ResultCode

from suicha_inspection.checks.schemas import ItemCode
from suicha_inspection.fields import Reason, Words
from suicha_inspection.states import VisitState


class SubmitBody(BaseModel):
    """When the inspection ended."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"finished_on": "2026-11-23"}]})

    finished_on: date | None = Field(
        default=None, description="检查完成日期; today unless given. Deadlines of disclosure count from it"
    )


class Decision(StrEnum):
    """What a reviewer decides."""

    APPROVE = "approve"
    RETURN = "return"


class ReviewBody(BaseModel):
    """The second pair of eyes (X2)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"decision": "approve"}, {"decision": "return", "comment": "请补充备注"}]
        },
    )

    decision: Decision
    comment: Words = Field(default="", description="required when returned")

    @model_validator(mode="after")
    def _returned_with_a_comment(self) -> "ReviewBody":
        if self.decision is Decision.RETURN and not self.comment:
            raise ValueError("退回时应写明意见")
        return self


class ItemCorrection(BaseModel):
    """What an item should have said."""

    model_config = ConfigDict(extra="forbid")

    item_code: ItemCode
    result: ResultCode
    answers: dict[str, Any] | None = Field(
        default=None, max_length=500, description="all answers; null: as they were"
    )


class CheckCorrection(BaseModel):
    """What a check should have said; what is left out stays as it was."""

    model_config = ConfigDict(extra="forbid")

    check_id: UUID
    items: list[ItemCorrection] = Field(default_factory=list, max_length=500)
    opinion: Words | None = None
    remark: Words | None = None


class CorrectBody(BaseModel):
    """A correction of a closed record (S3 Art. 16)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reason": "复核发现结果编号填写有误",
                    "checks": [
                        {
                            "check_id": "0193a6d2-5b7c-7c11-9a55-3f1f0f6f2a10",
                            "items": [{"item_code": "RZ-HR-01", "result": "5"}],
                        }
                    ],
                }
            ]
        },
    )

    reason: Reason
    checks: Annotated[list[CheckCorrection], Field(min_length=1, max_length=100)]


class RecordVersionView(BaseModel):
    """A sealed version; the record itself is at `…/records/{version}`."""

    version: int
    sha256: SHA256
    size: int = Field(description="bytes of canonical JSON (RFC 8785)")
    reason: str = Field(description="why it was corrected; empty for what the team submitted")
    sealed_by: str
    sealed_at: datetime


class VisitStanding(BaseModel):
    """Where a visit stands after a deed."""

    id: UUID
    state: VisitState
    version: int
    record: RecordVersionView | None = Field(description="the newest sealed version")


class DeedView(BaseModel):
    """One deed in the life of a visit."""

    at: datetime
    actor: str
    action: str
    reason: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class HistoryView(BaseModel):
    """Everything that happened to a visit: deeds in order, and every sealed version."""

    deeds: list[DeedView]
    versions: list[RecordVersionView]
