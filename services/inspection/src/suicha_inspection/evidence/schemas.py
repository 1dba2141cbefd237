"""What the evidence endpoints take and answer."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints
from suicha_contracts.values import SHA256

from suicha_inspection.fields import Line, Moment, Reason

EvidenceIds = Annotated[list[UUID], Field(min_length=1, max_length=100)]


class EvidenceBody(BaseModel):
    """An uploaded file, and what it shows."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "upload_sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "name": "现场照片.jpg",
                    "media_type": "image/jpeg",
                    "taken_at": "2026-11-23T10:05:00+08:00",
                }
            ]
        },
    )

    upload_sha256: SHA256
    name: Annotated[Line, Field(min_length=1)]
    media_type: Annotated[str, StringConstraints(pattern=r"^[a-z]+/[A-Za-z0-9][A-Za-z0-9.+-]{0,99}$")] = (
        Field(examples=["image/jpeg"])
    )
    check_id: UUID | None = None
    item_code: str | None = Field(
        default=None, max_length=54, description="needed where two items of a check share the question's key"
    )
    question_key: str | None = Field(default=None, max_length=200)
    source: Line = Field(
        default="",
        description="another authority or an expert body whose finding is used (S3 Art. 9)",
        examples=["洛阳市税务局"],
    )
    taken_at: Moment


class UntraceableBody(BaseModel):
    """How the object was looked for and not found, with evidence (result 4)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"reason": "登记住所已搬空，电话停机", "evidence": ["0193a6d2-5b7c-7c11-9a55-3f1f0f6f2a10"]}
            ]
        },
    )

    reason: Reason
    evidence: EvidenceIds = Field(description="ids of evidence of this visit")


class NonCooperationBody(BaseModel):
    """One of the four kinds of S3 Art. 12, with evidence."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "kind": 1,
                    "description": "拒绝检查人员进入经营场所",
                    "evidence": ["0193a6d2-5b7c-7c11-9a55-3f1f0f6f2a10"],
                }
            ]
        },
    )

    kind: int = Field(
        ge=1,
        le=4,
        description="1 拒绝进入场所 · 2 拒绝提供情况或材料 · 3 不如实或不按要求提供 · 4 其他阻挠、妨碍行为",
    )
    description: Reason
    evidence: EvidenceIds = Field(description="ids of evidence of this visit")


class UploadView(BaseModel):
    """A stored upload."""

    sha256: SHA256
    size: int = Field(description="bytes")
    on: date
