"""Answers against the form that was frozen into the task (R18). Pure: no database, no web.

The form's JSON Schema decides, exactly as the phone that fills it in sees it. A draft may leave things out;
nothing may be wrong.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry
from suicha_contracts.freeze import PackageForm, PackageQuestion

_LARGEST = 2**53 - 1
"""Integers beyond this have no canonical JSON (RFC 8785 §3.2.2.3, RFC 7493)."""
_LONGEST = 10_000
_CLOSED: Registry[Any] = Registry()
"""Resolves nothing: a schema never makes us fetch anything."""
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_YES, _NO = frozenset({"yes", "true", "是"}), frozenset({"no", "false", "否"})


@dataclass(frozen=True)
class Slip:
    """One answer that cannot be: where, a code for programs, words for people."""

    key: str
    code: str
    message: str


class UnusableFormError(ValueError):
    """The form's schema is not a JSON Schema, so nothing could ever be checked against it."""


def check_form(form: PackageForm) -> None:
    """Make sure that answers can be checked against a form.

    Raises:
        UnusableFormError: its schema is not valid JSON Schema (2020-12), or two questions share a key.
    """
    try:
        Draft202012Validator.check_schema(form.json_schema)
    except SchemaError as error:
        raise UnusableFormError(f"form {form.code}: {error.message}") from error
    keys = [question.key for question in form.questions]
    if len(keys) != len(set(keys)):
        raise UnusableFormError(f"form {form.code}: two questions share a key")


def slips(form: PackageForm, answers: Mapping[str, Any]) -> list[Slip]:
    """Name everything in a draft that does not fit the form; what is still missing, or null, is no slip."""
    questions = {question.key: question for question in form.questions}
    found = [
        Slip(key, "unknown_question", f"表单中没有“{key}”这一项") for key in answers if key not in questions
    ]
    known = {key: value for key, value in answers.items() if key in questions and value is not None}
    schema = {name: part for name, part in form.json_schema.items() if name != "required"}
    validator = Draft202012Validator(schema, registry=_CLOSED, format_checker=FormatChecker(["date"]))
    wrong: dict[str, Slip] = {}
    for error in validator.iter_errors(known):
        key = str(error.path[0]) if error.path else ""
        wrong.setdefault(key, Slip(key, "wrong_answer", _message(questions.get(key), error)))
    for key, value in known.items():
        if key not in wrong and (message := _beyond_measure(questions[key], value)):
            wrong[key] = Slip(key, "wrong_answer", message)
    return found + list(wrong.values())


def unanswered(form: PackageForm, answers: Mapping[str, Any]) -> Iterator[PackageQuestion]:
    """Yield the required questions that have no answer yet (E7)."""
    for question in form.questions:
        if question.required and answers.get(question.key) in (None, "", []):
            yield question


def needing_evidence(form: PackageForm, answers: Mapping[str, Any]) -> Iterator[PackageQuestion]:
    """Yield the questions whose answer asks for evidence (S2 Art. 17)."""
    for question in form.questions:
        if words_of(answers.get(question.key)) & frozenset(question.evidence_required_if):
            yield question


def words_of(answer: Any) -> frozenset[str]:
    """Return the words that an answer may be named by: yes and no have several."""
    if answer is None:
        return frozenset()
    if isinstance(answer, bool):
        return _YES if answer else _NO
    if isinstance(answer, list):
        return frozenset().union(*(words_of(one) for one in answer))
    word = str(answer)
    return next((same for same in (_YES, _NO) if word in same), frozenset({word}))


def _message(question: PackageQuestion | None, error: ValidationError) -> str:
    if question is None:
        return "填写内容不符合表单"
    if error.validator in ("enum", "const", "oneOf", "anyOf") and question.options:
        return f"“{question.text}”应为：{'、'.join(question.options)}"
    expected = {
        "yes_no": "是或否",
        "number": "数字",
        "date": "日期（YYYY-MM-DD）",
        "text": "文字",
        "choice": f"以下之一：{'、'.join(question.options)}",
    }.get(question.type, "表单规定的内容")
    return f"“{question.text}”应填写{expected}"


def _beyond_measure(question: PackageQuestion, value: Any) -> str:
    """Say what no form may allow, however loose its schema: what could not be sealed or stored."""
    if isinstance(value, list):
        if any(isinstance(one, list | dict) for one in value):
            return f"“{question.text}”的内容层次过多"
        return next(filter(None, (_beyond_measure(question, one) for one in value)), "")
    if isinstance(value, dict):
        return f"“{question.text}”的内容层次过多"
    if isinstance(value, int | float) and not isinstance(value, bool) and not abs(value) <= _LARGEST:
        return f"“{question.text}”的数字过大"
    if isinstance(value, str):
        if len(value) > _LONGEST:
            return f"“{question.text}”至多 {_LONGEST} 个字符"
        if _UNSTORABLE.search(value):
            return f"“{question.text}”含有不能保存的字符"
    return ""
