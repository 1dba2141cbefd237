"""Sets of result codes (结果代码集): versioned, and mapped to each other.

A result always carries its set. Platforms use sets of 7, 9, 10 and 12 codes and change them over the years, so
figures of one set are read in another only through a mapping that says what each code becomes. Where a set is
coarser, several codes fall together: such a mapping goes one way, and none is invented for the way back.
"""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from suicha_contracts.clause import Strict
from suicha_contracts.values import NORMAL_RESULTS, RZ_2022

CodeSetId = Annotated[str, Field(pattern=r"^[a-z0-9]{1,20}-[0-9]{4}(\.[0-9]+)?$", examples=["rz-2022"])]


class ResultEntry(Strict):
    """One code of a set and what it says to people."""

    code: str = Field(pattern=r"^[0-9A-Z]{1,4}$")
    text: str = Field(min_length=1, max_length=200)
    normal: bool = Field(description="no problem was found")


class CodeMapping(Strict):
    """What each code of a set becomes in another set."""

    to: CodeSetId
    codes: dict[str, str] = Field(description="code of this set → code of the other; every code is in it")


class CodeSet(Strict):
    """One version of one set. A change is a new version with a mapping; nothing is overwritten."""

    id: CodeSetId = Field(description="family and version")
    name: str = Field(min_length=1, max_length=200)
    source: str = Field(min_length=1, max_length=300, description="document or platform it was taken from")
    codes: list[ResultEntry] = Field(min_length=2, max_length=50)
    mappings: list[CodeMapping] = Field(default_factory=list, max_length=50)

    @model_validator(mode="after")
    def _consistent(self) -> "CodeSet":
        own = [entry.code for entry in self.codes]
        if len(set(own)) != len(own):
            raise ValueError("代码重复")
        targets = [mapping.to for mapping in self.mappings]
        if self.id in targets or len(set(targets)) != len(targets):
            raise ValueError("每个其他代码集最多对照一次，不能对照自己")
        for mapping in self.mappings:
            if set(mapping.codes) != set(own):
                raise ValueError(f"对照到 {mapping.to} 时，每个代码都须对照，且只对照本集的代码")
        return self

    def entry(self, code: str) -> ResultEntry | None:
        """Return the entry of a code, or None."""
        return next((entry for entry in self.codes if entry.code == code), None)


def unfit_mapping(mapping: CodeMapping, own: CodeSet, target: CodeSet) -> str:
    """Return in Chinese why a mapping does not fit its target; empty if it does.

    A result without a problem never becomes one with a problem, or the other way round: otherwise the rate of
    problems found (O7) would depend on the set that figures are read in.
    """
    for code, becomes in mapping.codes.items():
        entry, other = own.entry(code), target.entry(becomes)
        if other is None:
            return f"{target.id} 没有代码 {becomes}"
        if entry is not None and entry.normal != other.normal:
            return f"代码 {code}“{entry.text}”与 {target.id} 的 {becomes}“{other.text}”一为正常一为有问题"
    return ""


def translated(counts: Mapping[str, int], mapping: CodeMapping) -> dict[str, int]:
    """Read figures by code in another set: the sum stays the same.

    Raises:
        KeyError: a code that the mapping does not know.
    """
    found: dict[str, int] = {}
    for code, count in counts.items():
        becomes = mapping.codes[code]
        found[becomes] = found.get(becomes, 0) + count
    return found


def _entries(texts: Mapping[str, str], normal: set[str]) -> list[ResultEntry]:
    return [ResultEntry(code=code, text=text, normal=code in normal) for code, text in texts.items()]


RZ = CodeSet(
    id="rz-2022",
    name="汝州市人社局联合抽查情况记录表结果代码（十项）",
    source="汝州市人社局部门联合抽查情况记录表（S0 附件2）说明（1）",
    codes=_entries({code.value: text for code, text in RZ_2022.items()}, {one.value for one in NORMAL_RESULTS}),
    mappings=[
        CodeMapping(
            to="gs-2020",
            codes={"1": "1", "2": "3", "3": "4", "4": "5", "5": "6", "6": "7", "7": "8", "8": "9", "9": "1",
                   "10": "9"},
        ),
        CodeMapping(
            to="gs-2015",
            codes={"1": "1", "2": "2", "3": "3", "4": "4", "5": "7", "6": "5", "7": "6", "8": "7", "9": "1",
                   "10": "7"},
        ),
        CodeMapping(to="pt-2024", codes={**{str(code): str(code) for code in range(1, 11)}}),
    ],
)  # fmt: skip
"""The set of S0 annex 2: the one in which this platform records."""

GS_2020 = CodeSet(
    id="gs-2020",
    name="公示系统抽查结果代码（九项）",
    source="按其他平台所用九项代码整理：年度报告与其他信息分列，合格、不合格并入；对接时以平台下发的为准",
    codes=_entries(
        {
            "1": "未发现问题", "2": "未按规定公示年度报告", "3": "未按规定公示其他应当公示的信息",
            "4": "公示信息隐瞒真实情况、弄虚作假", "5": "通过登记的住所（经营场所）无法联系",
            "6": "发现问题已责令改正", "7": "不配合检查情节严重", "8": "未发现开展本次抽查涉及的经营活动",
            "9": "发现问题待后续处理",
        },
        {"1", "8"},
    ),
    mappings=[
        CodeMapping(
            to="rz-2022",
            codes={"1": "1", "2": "2", "3": "2", "4": "3", "5": "4", "6": "5", "7": "6", "8": "7", "9": "8"},
        )
    ],
)  # fmt: skip
"""A set of nine codes."""

GS_2015 = CodeSet(
    id="gs-2015",
    name="公示系统抽查结果代码（七项，旧）",
    source="按其他平台早年所用七项代码整理：责令整改、待处理和不合格并为一项；对接时以平台下发的为准",
    codes=_entries(
        {
            "1": "正常", "2": "未按规定公示应当公示的信息", "3": "公示信息隐瞒真实情况、弄虚作假",
            "4": "通过登记的住所（经营场所）无法联系", "5": "不予配合情节严重", "6": "未开展相关经营活动",
            "7": "发现问题",
        },
        {"1", "6"},
    ),
    mappings=[
        CodeMapping(
            to="rz-2022", codes={"1": "1", "2": "2", "3": "3", "4": "4", "5": "6", "6": "7", "7": "8"}
        )
    ],
)  # fmt: skip
"""A set of seven codes, of earlier years."""

PT_2024 = CodeSet(
    id="pt-2024",
    name="省级平台抽查结果代码（十二项）",
    source="按其他平台所用十二项代码整理：十项之外另有已注销和移送；对接时以平台下发的为准",
    codes=_entries(
        {code.value: text for code, text in RZ_2022.items()}
        | {"11": "检查对象已注销、歇业，未发现问题", "12": "发现问题已移送其他部门"},
        {one.value for one in NORMAL_RESULTS} | {"11"},
    ),
    mappings=[
        CodeMapping(
            to="rz-2022", codes={**{str(code): str(code) for code in range(1, 11)}, "11": "7", "12": "8"}
        )
    ],
)
"""A set of twelve codes."""

SHIPPED: dict[str, CodeSet] = {one.id: one for one in (RZ, GS_2015, GS_2020, PT_2024)}
"""Sets that come with the product, by id; the registry holds those that were published since."""
