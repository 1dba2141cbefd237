"""From questions to a JSON Schema (2020-12) that front ends render and the inspection service checks against.

Pure.
"""

from collections.abc import Sequence
from typing import Any

from suicha_contracts.freeze import PackageQuestion

_TYPES: dict[str, dict[str, Any]] = {
    "yes_no": {"type": "string", "enum": ["是", "否"]},
    "text": {"type": "string", "maxLength": 4000},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
}
"""What an answer looks like, by question type; a choice takes its own options."""

QUESTION_TYPES = frozenset({"choice", *_TYPES})


def mistakes_in(questions: Sequence[PackageQuestion]) -> list[tuple[str, str]]:
    """Return (where, what is wrong in Chinese) for questions that contradict themselves."""
    found, seen = [], set()
    for index, one in enumerate(questions):
        where = f"body.questions.{index}"
        if one.key in seen:
            found.append((f"{where}.key", f"问题编号 {one.key} 重复"))
        seen.add(one.key)
        if one.type not in QUESTION_TYPES:
            found.append((f"{where}.type", f"不认识的题型 {one.type}"))
            continue
        if one.type == "choice" and len(set(one.options)) < 2:
            found.append((f"{where}.options", "选择题至少需要两个不同的选项"))
        if one.type != "choice" and one.options:
            found.append((f"{where}.options", "只有选择题有选项"))
        allowed = one.options if one.type == "choice" else _TYPES[one.type].get("enum", [])
        strange = [answer for answer in one.evidence_required_if if answer not in allowed]
        if strange:
            found.append((f"{where}.evidence_required_if", f"不是本题的答案：{'、'.join(strange)}"))
    return found


def json_schema_of(title: str, questions: Sequence[PackageQuestion]) -> dict[str, Any]:
    """Return the schema of the answers: one property a question, in the order of the form.

    Evidence is no part of the answers but stands beside them, so JSON Schema cannot ask for it:
    `x-evidence-required-if` names the answers for which a check is not closed without some.
    """
    properties = {}
    for one in questions:
        kind = {"type": "string", "enum": one.options} if one.type == "choice" else _TYPES[one.type]
        properties[one.key] = {"title": one.text, **kind}
        if one.guidance:
            properties[one.key]["description"] = one.guidance
        hints = {
            "x-section": one.section,
            "x-legal-article": one.legal_article,
            "x-evidence-required-if": one.evidence_required_if,
        }
        properties[one.key] |= {name: said for name, said in hints.items() if said}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": properties,
        "required": [one.key for one in questions if one.required],
        "additionalProperties": False,
    }
