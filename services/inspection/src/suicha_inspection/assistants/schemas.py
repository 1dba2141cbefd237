"""What the endpoints of assisting experts take."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict, Field


class Part(StrEnum):
    """What a third party is asked to do."""

    ASSIST = "assist"
    """协助：审计、验资、咨询、评估、技术支持 (S3 Art. 9)."""
    CONDUCT = "conduct"
    """实施检查: always refused."""


class AssistantBody(BaseModel):
    """An expert or institution of the pool, asked to a visit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"expert": "LYZJ-001", "part": "assist", "task": "审计工资台账"}]},
    )

    expert: str = Field(pattern=r"^[0-9A-Z][0-9A-Z._-]{0,53}$", description="code in the expert pool")
    part: Part = Part.ASSIST
    task: str = Field(min_length=1, max_length=500, description="what exactly the expert is asked for")
