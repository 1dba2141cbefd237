"""The documents of the field language, against the source that they describe."""

import re
import subprocess
from pathlib import Path

import pytest
from pydantic import BaseModel
from suicha_contracts.ruleset import Ruleset

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
DECISIONS = sorted((DOCS / "decisions").glob("[0-9]*.md"))


def glossary_rows() -> list[list[str]]:
    lines = (DOCS / "glossary.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in rows if row[0] != "中文"]


def test_the_glossary_names_every_term_once_in_both_languages() -> None:
    rows = glossary_rows()
    assert len(rows) >= 100
    assert all(len(row) == 3 and all(row) for row in rows)
    terms = [row[0] for row in rows]
    assert len(set(terms)) == len(terms)


def test_every_identifier_of_the_glossary_stands_in_the_source() -> None:
    files = [path for lib in ("contracts", "rid1") for path in (ROOT / "libs" / lib / "src").rglob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    names = {name for row in glossary_rows() for name in re.findall(r"`([^`]+)`", row[2])}
    lost = [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", source)]
    assert lost == []


def test_every_field_that_the_ruleset_guide_explains_exists() -> None:
    text = (DOCS / "rulesets.md").read_text(encoding="utf-8")
    cells = [line.split("|")[1] for line in text.splitlines() if re.match(r"\| `\w+(\.|`)", line)]
    paths = [re.findall(r"`([a-z_.*]+)`", cell) for cell in cells]
    explained: set[str] = set()
    for found in (found for found in paths if found and found[0].split(".")[0] in fields(Ruleset)):
        section = ""
        for path in found:  # a name alone is of the section of the path before it
            head, _, name = path.partition(".")
            section, name = (head, name) if name or head in fields(Ruleset) else (section, head)
            if name:
                assert name == "*" or name in section_of(section), path
                explained.add(f"{section}.{name}")
    assert len(explained) >= 20


def fields(model: type[BaseModel]) -> set[str]:
    return set(model.model_fields)


def section_of(name: str) -> set[str]:
    annotation = Ruleset.model_fields[name].annotation
    assert isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return fields(annotation)


def test_the_one_line_check_of_a_ticket_prints_what_the_page_says() -> None:
    text = (DOCS / "life-of-a-draw.md").read_text(encoding="utf-8")
    script = next(block for block in re.findall(r"```\n(.*?)```", text, re.S) if block.startswith("K="))
    *commands, expected = script.strip().splitlines()
    done = subprocess.run(["sh", "-c", "\n".join(commands)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == expected
    drawn = (ROOT / "libs/rid1/tests/vectors/s256/result.tsv").read_text(encoding="utf-8").splitlines()
    usable = dict(line.split("=", 1) for line in commands if "=" in line)
    assert any(line.endswith(f"\t{usable['USCC']}\t{expected.split()[0]}") for line in drawn)


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_a_decision_fits_a_page_and_says_why_what_and_so_what(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert text.startswith(f"# {path.stem[:4]} ")
    assert re.findall(r"(?m)^## (.*)$", text) == ["Context", "Decision", "Consequences"]


def test_decisions_are_numbered_without_gaps_and_listed() -> None:
    index = (DOCS / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [int(path.stem[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    assert all(f"({path.name})" in index for path in DECISIONS)


@pytest.mark.parametrize("path", sorted(DOCS.rglob("*.md")), ids=lambda path: path.name)
def test_every_link_inside_the_documents_leads_somewhere(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    targets = [target for target in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in target]
    assert [target for target in targets if not (path.parent / target).exists()] == []
    mentioned = re.findall(r"`decisions/(\d{4})`", text)
    assert all(list((DOCS / "decisions").glob(f"{number}-*.md")) for number in mentioned)
