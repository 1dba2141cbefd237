"""The rulesets that ship with the product: readable, complete, and honest about where each value stands."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from pydantic import BaseModel, ValidationError
from suicha_contracts.clause import Clause, Level, MonthDay, Source
from suicha_contracts.codes import unknown_codes
from suicha_contracts.ruleset import DisclosureDeadline, Ruleset

FOLDER = Path(__file__).parents[3] / "rulesets"
POLICIES = Path(__file__).parents[4] / "shared" / "policies"
FILES = sorted(FOLDER.glob("*.yaml"))
POLICY_OF = {
    "410482-rsj": "000_ff5d65e305de2294.txt",
    "130102-rsj": "001_b6831ed2d2803c53.txt",
    "441624-rsj": "002_b7a29776a836e93f.txt",
    "410300-rsj": "003_7844525c26fb6ed7.txt",
    "130227-rsj": "004_23d81dae6f186e97.txt",
}


def load(path: Path) -> Ruleset:
    return Ruleset.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))


def sources(part: object, path: str = "") -> Iterator[tuple[str, Source]]:
    """Every clause and every outer limit inside a ruleset, with its path."""
    if isinstance(part, Source):
        yield path, part
    if isinstance(part, BaseModel):
        for name in type(part).model_fields:
            yield from sources(getattr(part, name), f"{path}.{name}".strip("."))
    elif isinstance(part, list):
        for index, one in enumerate(part):
            yield from sources(one, f"{path}[{index}]")


rulesets = pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)


def test_all_five_documents_have_a_ruleset() -> None:
    assert {load(path).id for path in FILES} == set(POLICY_OF)


@rulesets
def test_the_file_is_named_after_its_id_and_version_and_lies_in_its_region(path: Path) -> None:
    ruleset = load(path)
    assert path.stem == f"{ruleset.id}@{ruleset.version}"
    assert ruleset.id.startswith(ruleset.region)
    assert ruleset.document.dated is None or ruleset.document.dated <= ruleset.effective_from


@rulesets
def test_every_code_is_one_that_people_can_read(path: Path) -> None:
    assert unknown_codes(load(path)) == []


@rulesets
def test_a_document_without_a_date_says_so(path: Path) -> None:
    document = load(path).document
    assert document.dated is not None or "日期" in document.note


@rulesets
def test_every_local_value_quotes_its_document(path: Path) -> None:
    missing = [where for where, one in sources(load(path)) if one.level is Level.LOCAL and not one.quote]
    assert missing == []


def test_every_value_from_law_names_the_law_and_quotes_it() -> None:
    laws = [found for path in FILES for found in sources(load(path)) if found[1].level is Level.LAW]
    assert laws
    assert [where for where, one in laws if "《" not in one.clause or not one.quote] == []


@rulesets
def test_what_is_our_own_choice_says_so_and_why(path: Path) -> None:
    chosen = [(where, one) for where, one in sources(load(path)) if one.level is Level.PRODUCT]
    clauses = [(where, one) for where, one in chosen if isinstance(one, Clause)]
    assert clauses
    assert [where for where, one in chosen if not one.note] == []
    assert [where for where, one in clauses if one.clause != "产品默认" or one.quote] == []


@rulesets
def test_a_deadline_that_only_says_promptly_names_where_its_outer_limit_comes_from(path: Path) -> None:
    disclosure = load(path).disclosure
    deadlines = [disclosure.deadline.value]
    if disclosure.correction is not None:
        deadlines.append(disclosure.correction.value)
    prompt = [one for one in deadlines if one.promptly]
    assert all(one.outer_limit is not None and one.outer_limit.note for one in prompt)
    assert all(one.outer_limit is None for one in deadlines if not one.promptly)


def test_a_misspelt_field_is_refused() -> None:
    document = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))
    document["selection"]["flor_bp"] = document["selection"].pop("floor_bp")
    with pytest.raises(ValidationError) as refused:
        Ruleset.model_validate(document)
    assert {error["type"] for error in refused.value.errors()} == {"missing", "extra_forbidden"}


def test_a_value_without_its_clause_is_refused() -> None:
    document = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))
    del document["team"]["minimum"]["clause"]
    with pytest.raises(ValidationError, match="clause"):
        Ruleset.model_validate(document)


def test_a_ruleset_that_ends_before_it_begins_is_refused() -> None:
    document = yaml.safe_load(FILES[0].read_text(encoding="utf-8"))
    document["effective_to"] = "2001-01-01"
    with pytest.raises(ValidationError, match="失效日期早于生效日期"):
        Ruleset.model_validate(document)


@pytest.mark.parametrize(("month", "day"), [(2, 29), (4, 31), (11, 31)])
def test_a_due_date_that_not_every_year_has_is_refused(month: int, day: int) -> None:
    with pytest.raises(ValidationError, match=f"{month}月没有{day}日"):
        MonthDay(month=month, day=day)


def test_a_deadline_written_before_outer_limits_existed_still_reads() -> None:
    assert DisclosureDeadline.model_validate({"kind": "working_days", "days": 20}).outer_limit is None


def test_a_code_that_no_table_explains_is_named_with_its_place() -> None:
    ruleset = load(FILES[0])
    channels = ruleset.disclosure.channels.model_copy(update={"value": ["public-site", "carrier-pigeon"]})
    changed = ruleset.model_copy(
        update={"disclosure": ruleset.disclosure.model_copy(update={"channels": channels})}
    )
    assert unknown_codes(changed) == ["disclosure.channels: carrier-pigeon"]


# --- quotes against the documents themselves ---------------------------------------------------------------

_SAME = str.maketrans("()", "（）")
_TOP = r"(?m)^\s*{}[、 ]"
_NUMBERS = "一二三四五六七八九十"


def plain(text: str) -> str:
    return re.sub(r"\s+", "", text).translate(_SAME)


def passage(text: str, clause: str) -> str:
    """The words of one clause such as `三（二）`, `第十四条`, `第七条（四）`, `附件1`, `引言`, `标题`."""
    if clause == "标题":
        return text
    if clause == "引言":
        return re.split(_TOP.format("一"), text)[0]
    if clause.startswith("附件"):
        number = clause.removeprefix("附件")
        start = list(re.finditer(rf"(?m)^附件 ?{number}\b", text))[-1].start()
        beyond = re.search(r"(?m)^附件 ?[2-9]", text[start + 3 :])
        return text[start : start + 3 + beyond.start()] if beyond else text[start:]
    if clause.startswith("第"):
        article = clause.split("（", maxsplit=1)[0]
        found = re.search(rf"(?ms)^\s*{article}\s.*?(?=^\s*第[^条\n]{{1,4}}条\s|\Z)", text)
    else:
        following = _NUMBERS[_NUMBERS.index(clause[0]) + 1]
        found = re.search(rf"(?ms)^\s*{clause[0]}、.*?(?=^\s*{following}、|^附件|\Z)", text)
    assert found, f"{clause} does not stand in the document"
    part = plain(found[0])
    if "（" in clause:
        item = clause[clause.index("（") + 1]
        assert f"（{item}）" in part, f"{clause} does not stand in the document"
        following = _NUMBERS[_NUMBERS.index(item) + 1]
        part = part.split(f"（{item}）", 1)[1].split(f"（{following}）")[0]
    return part


@pytest.mark.skipif(not POLICIES.is_dir(), reason="the policy documents lie outside this repository")
@rulesets
def test_every_quote_stands_in_the_clause_that_it_names(path: Path) -> None:
    ruleset = load(path)
    text = (POLICIES / POLICY_OF[ruleset.id]).read_text(encoding="utf-8")
    for where, one in sources(ruleset):
        if one.level is not Level.LOCAL:
            continue
        words = "".join(plain(passage(text, clause)) for clause in one.clause.split("、"))
        for piece in one.quote.split("……"):
            assert plain(piece) in words, f"{where}: {piece} does not stand in {one.clause}"
