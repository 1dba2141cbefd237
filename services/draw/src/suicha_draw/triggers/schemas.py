"""What is said over HTTP about signals, proposals, triggers and direct cases."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256, ObjectId

Source = Annotated[
    Literal["complaint_case", "assigned", "network_monitoring", "risk_control"],
    Field(description="投诉举报、转办交办、网络监测、风险防控 (S3 Art. 2)"),
]
Words = Annotated[str, Field(min_length=1, max_length=500)]


class SignalContent(BaseModel):
    """One signal about an object. Carries no personal data: what was said stays where it was received."""

    model_config = ConfigDict(extra="forbid")

    source: Source
    reference: str = Field(min_length=1, max_length=200, description="its number where it was received")
    object_id: ObjectId
    occurred_on: date
    content_sha256: SHA256 = Field(description="of the document that was received")


class SignalBatch(BaseModel):
    """Signals from complaints and monitoring. The same reference of the same source is taken once."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ruleset_id": "410300-rsj",
                    "signals": [
                        {
                            "source": "complaint_case",
                            "reference": "12345-2026-0417",
                            "object_id": "91410300MA3X93BJ5X",
                            "occurred_on": "2026-05-06",
                            "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                        }
                    ],
                }
            ]
        },
    )

    ruleset_id: str = Field(description="whose thresholds are asked; the newest version in force")
    signals: list[SignalContent] = Field(min_length=1, max_length=10_000)


class SignalsTaken(BaseModel):
    """What came of a batch of signals."""

    taken: int = Field(description="signals that were new")
    known: int = Field(description="signals that had been taken before")
    proposals: list["ProposalView"] = Field(description="triggers that thresholds propose because of them")


class ProposalView(BaseModel):
    """A trigger that a threshold proposes."""

    id: UUID
    object_id: str
    rule: str
    rule_name: str = Field(examples=["半年内投诉举报三次以上"])
    clause: str
    reached: list[dict[str, Any]] = Field(
        examples=[[{"source": "complaint_case", "signals": 3, "latest": "2026-05-06"}]]
    )
    evidence: str = Field(description="SHA-256 over the content hashes of the counted signals")
    state: str = Field(description="`open`, then `taken_up` or `dismissed`")
    reason: str
    decided_by: str
    decided_at: datetime | None
    trigger_id: UUID | None
    created_at: datetime


class TriggerDecision(BaseModel):
    """Why a proposal is taken up or dismissed."""

    model_config = ConfigDict(extra="forbid")

    reason: Words


class TriggerContent(BaseModel):
    """A trigger record (触发记录): where it came from, when, about whom, with the hash of what was received."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "source": "complaint_case",
                    "received_on": "2026-05-06",
                    "content_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "summary": "群众反映多家机构收取押金",
                    "objects": ["91410300MA3X93BJ5X"],
                }
            ]
        },
    )

    source: Source
    received_on: date
    content_sha256: SHA256
    summary: Words = Field(description="without personal data")
    objects: list[ObjectId] = Field(
        default_factory=list, max_length=10_000, description="objects that it names; empty: a whole field"
    )


class LinkedTask(BaseModel):
    """A task that answers a trigger."""

    task_id: UUID
    plan_id: UUID
    number: str
    name: str


class TriggerView(TriggerContent):
    """A trigger record and the tasks that answer it."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    number: str = Field(examples=["CF2026001"])
    created_by: str
    created_at: datetime
    tasks: list[LinkedTask] = Field(default_factory=list)


class DirectCaseContent(BaseModel):
    """A matter that is dealt with at once, without a draw: kind and reason are mandatory."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ruleset_id": "130227-rsj",
                    "kind": "obvious_clue",
                    "object_id": "91130227MA0XX93B5X",
                    "object_name": "某人力资源有限公司",
                    "reason": "现场照片显示未经许可从事职业中介活动",
                    "evidence": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "opened_on": "2026-05-06",
                }
            ]
        },
    )

    ruleset_id: str
    kind: str = Field(description="a code of the ruleset's `outside_random_draws`", examples=["obvious_clue"])
    object_id: ObjectId
    object_name: str = Field(default="", max_length=200)
    reason: Words
    evidence: SHA256 = Field(description="of the document that shows it")
    trigger_id: UUID | None = None
    opened_on: date


class CaseClosing(BaseModel):
    """What came of a direct case."""

    model_config = ConfigDict(extra="forbid")

    outcome: Words
    closed_on: date


class DirectCaseView(BaseModel):
    """A direct case."""

    id: UUID
    number: str = Field(examples=["ZJ2026001"])
    kind: str
    kind_name: str
    object_id: str
    object_name: str
    reason: str
    evidence: str
    trigger_id: UUID | None
    ruleset_id: str
    ruleset_version: str
    clause: str = Field(description="where the ruleset keeps this kind out of random draws")
    state: str
    outcome: str
    opened_on: date
    opened_by: str
    closed_on: date | None
    closed_by: str
    version: int
