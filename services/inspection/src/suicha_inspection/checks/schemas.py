"""What the check endpoints take."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from suicha_contracts.values import ResultCode

from suicha_inspection.fields import Words

ItemCode = Annotated[str, Field(min_length=1, max_length=54)]


class ItemEntry(BaseModel):
    """What was found for one item."""

    model_config = ConfigDict(extra="forbid")

    item_code: ItemCode
    answers: dict[str, Any] = Field(
        default_factory=dict, max_length=500, description="answer by question key, as the form's schema says"
    )
    result: ResultCode | None = Field(default=None, description="code of set rz-2022; null: not decided yet")


class CheckEntry(BaseModel):
    """The whole draft of a check; what is left out is empty."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "items": [{"item_code": "RZ-HR-01", "answers": {"licence": "是"}, "result": "1"}],
                    "opinion": "未发现问题",
                    "remark": "",
                }
            ]
        },
    )

    items: list[ItemEntry] = Field(max_length=500)
    opinion: Words = Field(default="", description="处理意见")
    mitigation: Words = Field(
        default="",
        description="自查如实报告、主动配合、主动纠正: what speaks for a lighter penalty or none (S4 四(四))",
    )
    remark: Words = Field(default="", description="备注: stop orders and urging, among others (S0 附件2 (2))")
