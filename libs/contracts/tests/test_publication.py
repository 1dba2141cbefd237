"""What leaves the platform says enough to be checked and nothing that it should not."""

from typing import Any

import pytest
from pydantic import ValidationError
from suicha_contracts.publication import CreditRecord, PublicList, PublicResultLine, PublicStratum

LINE: dict[str, Any] = {
    "plan_number": "2026001",
    "plan_name": "2026年洛阳市人力资源和社会保障局随机抽查001",
    "task_number": "001号",
    "task_name": "人力资源服务机构检查",
    "draw_type": "directed",
    "authority": "洛阳市人力资源和社会保障局",
    "object_name": "洛阳牡丹人力资源有限公司",
    "object_code": "91410300MA3X93BJ5X",
    "finished_on": "2026-11-10",
    "result": "未发现问题",
    "result_codes": ["1"],
}

CREDIT: dict[str, Any] = {
    "record_id": "0192f0c1-0000-7000-8000-0000000000a1",
    "version": 1,
    "authority": "洛阳市人力资源和社会保障局",
    "inspection_type": "双随机定向抽查",
    "inspected_on": "2026-11-10",
    "result": "未发现问题",
    "object_name": "洛阳牡丹人力资源有限公司",
    "object_code": "91410300MA3X93BJ5X",
}


def test_a_result_line_begins_with_the_eleven_columns_people_expect_in_their_order() -> None:
    columns = [field.description for field in PublicResultLine.model_fields.values()][:11]
    assert [str(column).split(",")[0].split(";")[0] for column in columns] == [
        *["抽查计划编号", "抽查计划名称", "抽查任务编号", "抽查任务名称", "抽查类型", "检查机关"],
        *["检查对象名称", "统一社会信用代码/注册号", "检查完成日期", "检查结果", "备注"],
    ]


@pytest.mark.parametrize("field", ["id_number", "phone", "inspector"])
def test_a_field_that_is_not_public_cannot_be_carried(field: str) -> None:
    assert PublicResultLine.model_validate(LINE).result == "未发现问题"
    with pytest.raises(ValidationError, match=field):
        PublicResultLine.model_validate(LINE | {field: "x"})
    with pytest.raises(ValidationError, match=field):
        CreditRecord.model_validate(CREDIT | {field: "x"})


@pytest.mark.parametrize("change", [{"version": 2}, {"status": "withdrawn"}])
def test_a_corrected_or_withdrawn_record_says_why(change: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="理由"):
        CreditRecord.model_validate(CREDIT | change | {"reason": "  "})
    assert CreditRecord.model_validate(CREDIT | change | {"reason": "复核后更正"}).reason


def test_a_draw_tells_of_every_object_of_the_registry() -> None:
    stratum = PublicStratum(code="A", n=20, k=1, m=1, bp=500)
    told = dict.fromkeys(("code", "plan_number", "plan_name", "task_number", "task_name"), "x")
    told |= {"department": "x", "mode": "directed"}
    rest: dict[str, Any] = {"excluded": 2, "strata": [stratum]}
    assert PublicList.model_validate(told | rest | {"registry_count": 22}).registry_count == 22
    with pytest.raises(ValidationError, match="守恒"):
        PublicList.model_validate(told | rest | {"registry_count": 23})
    with pytest.raises(ValidationError, match="超过"):
        PublicStratum(code="A", n=1, k=1, m=1)
