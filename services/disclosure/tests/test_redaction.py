"""What may be public: the eleven columns, and nothing that identifies a person."""

import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from suicha_contracts.publication import PublicationStatus
from suicha_contracts.values import DrawMode, FollowUpKind, ResultCode, credit_code_check_digit
from suicha_disclosure import redaction
from suicha_disclosure.redaction import FollowUpFacts, LineFacts, VisitFacts, mask_name, scrub

COLUMNS = {
    "plan_number", "plan_name", "task_number", "task_name", "draw_type", "authority", "object_name",
    "object_code", "finished_on", "result", "remark",
}  # fmt: skip
FOR_PROGRAMS = {"code_set", "result_codes", "withheld"}
CODE = "91410300MA3X93BJ5" + credit_code_check_digit("91410300MA3X93BJ5")
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)
MOBILE = re.compile(r"1[3-9]\d{9}")
IDENTITY = re.compile(r"\d{17}[\dXx]")


def line(**changes: object) -> LineFacts:
    values: dict[str, object] = {
        "check_id": UUID(int=1), "plan_number": "2026001", "plan_name": "2026年度人社局随机抽查1",
        "task_number": "001号", "task_name": "人力资源服务机构检查", "mode": DrawMode.DIRECTED,
        "code_set": "rz-2022", "results": (ResultCode.NO_PROBLEM,), "remark": "",
    }  # fmt: skip
    return LineFacts(**(values | changes))  # type: ignore[arg-type]


def visit(**changes: object) -> VisitFacts:
    values: dict[str, object] = {
        "record_id": UUID(int=7), "visit_id": UUID(int=8), "draw_id": "410300-2026-0001",
        "org_name": "洛阳市人力资源和社会保障局", "object_id": CODE,
        "object_name": "洛阳某某人力资源有限公司", "object_kind": "enterprise", "object_region": "410300",
        "finished_on": date(2026, 11, 3), "lines": (line(),),
    }  # fmt: skip
    return VisitFacts(**(values | changes))  # type: ignore[arg-type]


def published(facts: VisitFacts) -> dict[str, Any]:
    result = redaction.public_result(facts, 1, PublicationStatus.PUBLISHED, "", NOW)
    return result.model_dump(mode="json")


def test_a_public_line_has_exactly_the_eleven_columns() -> None:
    (shown,) = published(visit())["lines"]
    assert set(shown) == COLUMNS | FOR_PROGRAMS
    assert shown["result"] == "未发现问题"
    assert shown["authority"] == "洛阳市人力资源和社会保障局"


@pytest.mark.parametrize(
    ("name", "masked"),
    [
        ("张", "*"), ("张三", "张*"), ("张三丰店", "张***"), ("涧西区张三小吃店", "涧*****吃店"),
        ("买买提·吐尔逊", "买****尔逊"),
    ],
)  # fmt: skip
def test_names_of_individuals_are_masked_by_the_rule(name: str, masked: str) -> None:
    assert mask_name(name) == masked


@given(st.text(alphabet=st.characters(categories=["Lo", "Nd"]), min_size=1, max_size=40))
def test_a_masked_name_keeps_its_length_and_at_most_three_characters(name: str) -> None:
    masked = mask_name(name)
    assert len(masked) == len(name)
    assert sum(char != "*" for char in masked) <= 3
    assert mask_name(masked) == masked
    assert masked != name


def test_the_name_of_an_individual_is_masked_everywhere() -> None:
    facts = visit(
        object_kind="individual",
        object_name="涧西区张三小吃店",
        lines=(line(remark="涧西区张三小吃店未公示"),),
    )
    assert "张三" not in str(published(facts))
    record = redaction.credit_record(facts, 1, PublicationStatus.PUBLISHED, "")
    assert record is not None
    assert record.object_name == "涧*****吃店"


@pytest.mark.parametrize(
    "secret",
    [
        "410303198001011234", "41030319800101123X", "410303 19800101 123x", "410303-19800101-1234",
        "410303800101123", "13800138000", "138 0013 8000", "138-0013-8000", "+8613800138000",
        "0379-65921234", "(0379)65921234", "１３８００１３８０００", "6222020200012345678",
    ],
)  # fmt: skip
def test_numbers_of_persons_leave_free_text(secret: str) -> None:
    cleaned = scrub(f"电话{secret}，已告知")
    assert cleaned == f"电话{redaction.REMOVED}，已告知"


@pytest.mark.parametrize(
    "text",
    [
        "洛人社监令字〔2026〕第12号", "2026-11-20 09:30 到场", "2026-11-20 2026-11-21 两次检查",
        CODE, "工资 350000.00 元", "案号 20261120001",
    ],
)  # fmt: skip
def test_other_numbers_stay(text: str) -> None:
    assert scrub(text) == text


def test_persons_named_after_a_colon_leave_free_text() -> None:
    assert scrub("联系人：王小明，见证人:李四、赵六。") == "联系人：［已隐去］，见证人:［已隐去］。"
    assert scrub("法定代表人未到场") == "法定代表人未到场"


NUMBERS = st.one_of(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"[1-8][0-9]{16}[0-9X]", fullmatch=True),
    st.text(alphabet="0123456789X １３８- ", max_size=30),
    st.text(max_size=10),
)


@given(st.lists(NUMBERS, max_size=6).map("".join))
@example("1380013800013800138000")
@example("4103031980010112341")
def test_no_text_keeps_a_mobile_or_an_identity_number(text: str) -> None:
    cleaned = scrub(text)
    assert not MOBILE.search(cleaned)
    assert not IDENTITY.search(cleaned)


@given(st.text(max_size=200))
def test_scrubbing_twice_changes_nothing(text: str) -> None:
    once = scrub(text)
    assert scrub(once) == once


def test_a_withheld_line_says_so_and_keeps_no_result() -> None:
    secret = line(results=(ResultCode.FAIL,), remark="工艺配方", withheld_reason="涉及商业秘密")
    (shown,) = published(visit(lines=(secret,)))["lines"]
    assert (shown["result"], shown["remark"]) == ("依法不予公开", "涉及商业秘密")
    assert shown["result_codes"] == []
    record = redaction.credit_record(visit(lines=(secret,)), 1, PublicationStatus.PUBLISHED, "")
    assert record is not None
    assert record.result == "依法不予公开"
    assert "工艺" not in str(published(visit(lines=(secret,))))


def test_a_withdrawn_record_keeps_its_reason_and_loses_its_lines() -> None:
    result = redaction.public_result(visit(), 2, PublicationStatus.WITHDRAWN, "登记错误", NOW)
    assert (result.lines, result.reason) == ([], "登记错误")


def test_a_criminal_transfer_is_never_public_and_a_case_clue_only_when_closed() -> None:
    follow_ups = [
        FollowUpFacts(FollowUpKind.CRIMINAL_TRANSFER, closed=True, closed_on=date(2026, 11, 5)),
        FollowUpFacts(FollowUpKind.CASE_CLUE, closed=False, closed_on=None),
        FollowUpFacts(FollowUpKind.ORDER_CORRECTION, closed=False, closed_on=None),
    ]
    assert [one.text for one in redaction.public_follow_ups(follow_ups)] == ["责令改正"]


@pytest.mark.parametrize(
    ("object_id", "shown"),
    [
        (CODE, CODE),  # 统一社会信用代码
        ("410300000000000", "410300000000000"),  # 注册号 with its check digit
        ("410300000000001", ""),  # without it
        ("RZ-UNLICENSED-0001", ""),  # an id of our own making
        ("11010519491231002X", ""),  # the specimen identity number of GB 11643
    ],
)
def test_only_codes_of_registers_are_public(object_id: str, shown: str) -> None:
    assert redaction.public_code(object_id) == shown


def test_an_object_without_a_public_code_has_no_credit_record() -> None:
    facts = visit(object_id="RZ-UNLICENSED-0001", object_kind="unlicensed")
    assert redaction.credit_record(facts, 1, PublicationStatus.PUBLISHED, "") is None


@given(st.text(max_size=120), st.text(min_size=1, max_size=60), st.sampled_from(["individual", "enterprise"]))
def test_every_visit_can_be_published(remark: str, name: str, kind: str) -> None:
    facts = visit(lines=(line(remark=remark),), object_name=name, object_kind=kind)
    shown = published(facts)
    assert not MOBILE.search(str(shown["lines"]))
