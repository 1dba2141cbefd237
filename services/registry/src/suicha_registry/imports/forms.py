"""The effect of importing forms: one row a question; what differs from the newest version is the next one.

A form comes in whole or not at all: one wrong question keeps the others of its form out.
"""

import json
import re
from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql
from suicha_contracts.freeze import PackageQuestion

from suicha_registry.forms.derive import mistakes_in
from suicha_registry.imports.faults import Fault, Row, Taken
from suicha_registry.imports.outcome import Counts, Refuse, Task
from suicha_registry.imports.records import counted, home_of
from suicha_registry.imports.staging import NOT_TEXT, is_text, repeated
from suicha_registry.tables.cells import meant, parts
from suicha_registry.tables.columns import Layout
from suicha_registry.tables.words import QUESTION_TYPES, YES_NO

_CODE = re.compile(r"[0-9A-Z][0-9A-Z._-]{0,53}")
_KEY = re.compile(r"[^\s/]{1,60}")
_LONGEST = {"name": 200, "clause": 300, "text": 2000, "section": 200, "guidance": 2000, "legal_article": 500}
_MOST_QUESTIONS = 200
_DEFAULTS = {
    name: field.get_default(call_default_factory=True)
    for name, field in PackageQuestion.model_fields.items()
    if not field.is_required()
}
"""What a question says that was stored before a field was known."""


class FormImport:
    """Forms: rows of the stage are questions."""

    hidden = frozenset[str]()
    key = "code"

    def __init__(self, task: Task, layout: Layout) -> None:
        self._task, self._places = task, layout.places
        bytewise = 'text COLLATE "C"'
        self.kinds = {
            "id": bytewise, "code": bytewise, "name": "text", "clause": "text", "extends": "text",
            "question": "jsonb",
        }  # fmt: skip

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        """See that the importing organisation is registered.

        Raises:
            UnreadableSheet: it is not.
        """
        home_of(connection, self._task)

    def read(self, rows: Sequence[Row]) -> list[Taken]:
        """Return of each row its columns of the stage, or its faults."""
        return [self._read(row) for row in rows]

    def _read(self, row: Row) -> Taken:
        words = {name: meant(row[index]) for name, index in self._places.items()}
        if not all(map(is_text, words.values())):
            return [NOT_TEXT]
        org = words.get("org") or self._task.org
        if org != self._task.org:
            return [Fault("org", "outside_scope", f"该行属于机构 {org}，不是本机构的")]
        faults = [
            Fault(name, "too_long", f"超过 {most} 字")
            for name, most in _LONGEST.items()
            if len(words.get(name, "")) > most
        ]
        if not _CODE.fullmatch(words["code"]):
            faults.append(Fault("code", "code_invalid", "应为大写字母、数字、点、横线、下划线"))
        base = words.get("extends", "")
        if base and (base == words["code"] or not _CODE.fullmatch(base)):
            faults.append(Fault("extends", "extends_invalid", "应为另一份表单的编码"))
        if not _KEY.fullmatch(words["key"]):
            faults.append(Fault("key", "key_invalid", "应为不超过 60 个字符，没有空格和斜线"))
        if not words["text"]:
            faults.append(Fault("text", "text_invalid", "题目为空"))
        required = YES_NO.read(words.get("required") or "是")
        if required not in YES_NO.first:
            faults.append(Fault("required", "required_invalid", f"应为{'、'.join(YES_NO.all)}"))
        question = PackageQuestion(
            key=words["key"],
            text=words["text"],
            type=QUESTION_TYPES.read(words.get("type") or "yes_no"),
            section=words.get("section", ""),
            options=parts(words.get("options", "")),
            required=required == "yes",
            guidance=words.get("guidance", ""),
            legal_article=words.get("legal_article", ""),
            evidence_required_if=parts(words.get("evidence_required_if", "")),
        )
        for where, what in mistakes_in([question]):
            faults.append(Fault(where.rpartition(".")[2], "form_invalid", what))
        if faults:
            return faults
        return (
            f"{words['code']}/{question.key}",
            words["code"],
            *(words.get(name, "") for name in ("name", "clause", "extends")),
            question.model_dump_json(),
        )

    def outside(self) -> sql.Composed:
        """Take forms out of the stage of which a question was refused, that have no name, or are too long."""
        return sql.SQL(
            "DELETE FROM {stage} d USING (SELECT s.code, max(s.name) AS name, count(*) AS questions "
            "FROM {stage} s GROUP BY s.code) f WHERE d.code = f.code AND ("
            "EXISTS (SELECT FROM import_refusals r WHERE r.import_id = {id} AND btrim(r.raw[{place}]) = f.code) "
            "OR f.questions > {most} OR (f.name = '' AND NOT EXISTS "
            "(SELECT FROM forms t WHERE t.org = {org} AND t.code = f.code))) "
            "RETURNING d.line, 'form_incomplete', '表单 ' || d.code || "
            "' 有题目未通过检查、没有名称或超过 {limit} 题，整份表单不导入'"
        ).format(
            stage=self._task.stage,
            id=self._task.id,
            place=self._places["code"] + 1,
            most=_MOST_QUESTIONS,
            org=self._task.org,
            limit=sql.SQL(str(_MOST_QUESTIONS)),
        )

    def differences(self) -> sql.Composed:
        """Select line, id, whether its form is new, and both states, of every question of a form that differs."""
        return sql.SQL(
            "SELECT s.line, s.id, g.number IS NULL AS is_new, coalesce((SELECT q FROM "
            "jsonb_array_elements(g.was) q WHERE q ->> 'key' = s.question ->> 'key'), '{{}}') AS before, "
            "s.question AS after FROM {stage} s JOIN ({given}) g ON g.code = s.code WHERE g.differs"
        ).format(stage=self._task.stage, given=self._given())

    def add(self, connection: psycopg.Connection[Any], after: int, upto: int) -> int:
        """Add nothing: a form is all its questions, wherever they stand."""
        return 0

    def apply(self, connection: psycopg.Connection[Any], refuse: Refuse) -> Counts:
        """Make the next version, a draft, of each form that differs; counts are of questions."""
        refuse(repeated(self._task))
        refuse(self.outside())
        counts = counted(connection, self.differences())
        connection.execute(
            sql.SQL(
                "INSERT INTO forms (id, org, region, code, number, name, clause, extends, questions) "
                "SELECT uuidv7(), o.code, o.region, g.code, coalesce(g.number, 0) + 1, g.name, g.clause, "
                "g.extends, g.questions FROM ({given}) g JOIN organisations o ON o.code = {org} WHERE g.differs"
            ).format(given=self._given(), org=self._task.org)
        )
        return counts

    def _given(self) -> sql.Composed:
        """Select each form of the stage beside its newest version: its own questions, without those of a base
        form that were frozen into it. Columns that the file lacks stay."""
        said = {
            name: sql.SQL("max(s.{0})" if name in self._places else "coalesce(max(n.{0}), '')").format(
                sql.Identifier(name)
            )
            for name in ("clause", "extends")
        }
        return sql.SQL(
            "SELECT f.*, f.number IS NULL OR (f.name, f.clause, f.extends, f.questions) IS DISTINCT FROM "
            "(f.old_name, f.old_clause, f.old_extends, f.was) AS differs FROM ("
            "SELECT s.code, n.number, coalesce(nullif(max(s.name), ''), max(n.name)) AS name, "
            "{clause} AS clause, {extends} AS extends, jsonb_agg(s.question ORDER BY s.line) AS questions, "
            "max(n.name) AS old_name, max(n.clause) AS old_clause, max(n.extends) AS old_extends, "
            "(SELECT jsonb_agg({defaults} || q ORDER BY place) FROM jsonb_array_elements("
            "(SELECT questions FROM forms w WHERE w.org = {org} AND w.code = s.code AND w.number = n.number)) "
            "WITH ORDINALITY e(q, place) WHERE NOT EXISTS (SELECT FROM forms b "
            "CROSS JOIN LATERAL jsonb_array_elements(b.questions) base WHERE b.org = {org} "
            "AND b.code = n.extends AND b.number = n.base_number AND base ->> 'key' = q ->> 'key')) AS was "
            "FROM {stage} s LEFT JOIN (SELECT DISTINCT ON (code) * FROM forms WHERE org = {org} "
            "ORDER BY code, number DESC) n ON n.code = s.code GROUP BY s.code, n.number, n.extends, n.base_number) f"
        ).format(
            clause=said["clause"],
            extends=said["extends"],
            defaults=sql.SQL("{}::jsonb").format(json.dumps(_DEFAULTS)),
            org=self._task.org,
            stage=self._task.stage,
        )
