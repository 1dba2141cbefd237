"""What the training endpoints take and answer."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import SHA256, FileRef

from suicha_registry.organisations.schemas import RidCode


class TrainingKind(StrEnum):
    """What a training was for."""

    PRE_TASK = "pre_task"
    """抽查前业务培训 (S1 三（三）)"""
    REGULAR = "regular"
    """日常业务培训 (S0 六（三）, S3 Art. 5)"""
    PLATFORM = "platform"
    """平台操作培训 (S1 二（五）)"""


class TrainingBody(BaseModel):
    """A training that was held, with those who attended."""

    model_config = ConfigDict(extra="forbid")

    topic: str = Field(min_length=1, max_length=300, examples=["《双随机、一公开监管工作规范》"])
    kind: TrainingKind = TrainingKind.PRE_TASK
    held_on: date
    minutes: int = Field(ge=1, le=60 * 24 * 30, description="length in minutes", examples=[120])
    trainer: str = Field(default="", max_length=200, description="授课人或单位")
    evidence_sha256: SHA256 | None = Field(
        default=None, description="an upload: attendance sheet, material, test"
    )
    inspectors: Annotated[
        list[RidCode],
        Field(min_length=1, max_length=2000, description="who attended", examples=[["LYJC001"]]),
    ]


class TrainingView(BaseModel):
    """A training."""

    id: UUID
    org: str
    topic: str
    kind: TrainingKind
    held_on: date
    minutes: int
    trainer: str
    evidence: FileRef | None
    inspectors: list[str]
    recorded_by: str
    recorded_at: datetime


class Obstacle(BaseModel):
    """Something that stands between an inspector and a round."""

    code: str = Field(examples=["untrained"])
    gate: bool = Field(description="true: cannot be drawn; false: a warning")
    message: str
    clause: str = Field(default="", description="of the ruleset that asks for it")


class Readiness(BaseModel):
    """One inspector before a round."""

    inspector: str
    name: str
    crew: str
    drawable: bool
    trained_on: date | None = Field(description="last training in time")
    minutes: int = Field(description="trainings in time, together")
    obstacles: list[Obstacle]
