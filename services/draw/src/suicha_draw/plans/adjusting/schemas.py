"""What is said over HTTP about adjustments of a plan."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from suicha_draw.plans.schemas import Line, PlanWarning, TaskContent, TaskPatch


class AddTask(BaseModel):
    """Add a task under the next number of the plan."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["add"]
    task: TaskContent


class ChangeTask(BaseModel):
    """Change a task that no draw has used; what is absent stays."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["change"]
    task_id: UUID
    patch: TaskPatch


class WithdrawTask(BaseModel):
    """Take a task that no draw has used out of the plan; its number is never given again."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["withdraw"]
    task_id: UUID


Change = Annotated[AddTask | ChangeTask | WithdrawTask, Field(discriminator="action")]


class AdjustmentRequest(BaseModel):
    """What is to be changed in a published plan, and why (S1 二（二） 严格履行调整程序)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reason": "系统升级，第三季度任务推迟一个月",
                    "changes": [
                        {
                            "action": "change",
                            "task_id": "019a9d2e-7c00-7000-8000-000000000001",
                            "patch": {"month": 10},
                        }
                    ],
                }
            ]
        },
    )

    reason: str = Field(min_length=1, max_length=500, description="public")
    changes: list[Change] = Field(min_length=1, max_length=200)


class AdjustmentView(BaseModel):
    """An adjustment and how it stands."""

    id: UUID
    plan_id: UUID
    state: str = Field(description="`submitted`, then `published` or `returned`")
    reason: str
    changes: list[Change]
    requested_by: str
    decided_by: str
    remark: str = Field(description="why it was returned")
    created_at: datetime
    decided_at: datetime | None
    public_version: int | None = Field(description="version of the plan that it became")
    warnings: list[PlanWarning] = Field(default_factory=list)


class PlanVersionView(BaseModel):
    """One public version of a plan."""

    number: int
    published_at: datetime
    reason: str = Field(description="why the plan was adjusted; empty for the first version")


class ReturnAdjustment(BaseModel):
    """Why an adjustment is not approved."""

    model_config = ConfigDict(extra="forbid")

    reason: Line
