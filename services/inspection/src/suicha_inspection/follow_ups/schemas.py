"""What the follow-up endpoints take and answer."""

from datetime import date
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import FollowUpKind

from suicha_inspection.fields import Line, Reason
from suicha_inspection.record import RecordFollowUp


class FollowUpBody(BaseModel):
    """What is to happen next."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "order_correction", "description": "责令十日内补办变更登记", "due_on": "2026-12-04"}
            ]
        },
    )

    kind: FollowUpKind
    description: Reason = Field(description="what, or for `none`, why nothing")
    due_on: date | None = Field(default=None, description="整改期限, 办理期限")
    receiving_body: Line = Field(default="", description="to whom it is handed, notified or transferred")


class FollowUpCloseBody(BaseModel):
    """How it ended."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"outcome": "已复查，整改到位"},
                {"outcome": "已立案", "receipt_no": "洛人社案〔2026〕8号"},
            ]
        },
    )

    outcome: Reason
    receipt_no: Line = Field(default="", description="回执编号; required for what another body receives")


class FollowUpView(RecordFollowUp):
    """A follow-up and the visit that it came from."""

    visit_id: UUID
    object_name: str
    version: int
