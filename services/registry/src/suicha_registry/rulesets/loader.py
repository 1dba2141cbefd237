"""Reads a ruleset from YAML. A mistake is told with its line, its field and the clause it stands in.

Pure: no database, no network. Line numbers are those of the text, from 1.
"""

import hashlib
import itertools
import re
from collections.abc import Iterator, Sequence

import rfc8785
import yaml
from pydantic import ValidationError
from suicha_chassis.messages import chinese_message
from suicha_chassis.problems import Fault
from suicha_contracts.codes import unknown_codes
from suicha_contracts.ruleset import Ruleset

from suicha_registry.problems import RulesetInvalid

Path = Sequence[str | int]

DEEPEST = 20
"""Levels that a document may nest; a ruleset needs six. What reads YAML recurs once a level."""
LARGEST = 2**53 - 1
"""The largest integer that canonical JSON can carry (RFC 8785 §3.2.2.3)."""

_UNKEPT = re.compile("[\0\ud800-\udfff]")


def load_ruleset(text: str) -> Ruleset:
    """Read one ruleset.

    Raises:
        RulesetInvalid: it is no YAML, nests too deep, uses aliases, repeats a key, or breaks the schema;
            `faults` name each mistake.
    """
    try:
        faults = list(itertools.islice(_unfit(text), 1))
        if faults:
            raise _invalid(faults)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
        content = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise _invalid([_fault(line, "", "", "yaml_invalid", "不是有效的 YAML")]) from error
    except (yaml.YAMLError, ValueError) as error:
        raise _invalid([_fault(1, "", "", "yaml_invalid", "不是有效的 YAML")]) from error
    if root is None:
        raise _invalid([_fault(1, "", "", "yaml_invalid", "文件是空的")])
    faults = list(_repeated_keys(root, ()))
    faults += [_at(root, path, "number_too_large", "数字过大") for path in _too_large(content)]
    if faults:
        raise _invalid(faults)
    try:
        ruleset = Ruleset.model_validate(content)
    except ValidationError as error:
        raise _invalid(
            [_at(root, one["loc"], str(one["type"]), chinese_message(one)) for one in error.errors()]
        ) from error
    faults = []
    for unknown in unknown_codes(ruleset):
        path, _, code = unknown.partition(": ")
        faults.append(_at(root, path.split("."), "unknown_code", f"不认识的代码“{code}”"))
    if faults:
        raise _invalid(faults)
    return ruleset


def _unfit(text: str) -> Iterator[Fault]:
    """Yield what must not even be composed: YAML readers recur, and follow an alias once for each use."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            yield _fault(line, "", "", "yaml_alias", "规则集不使用 YAML 别名（*），请把内容写全")
        elif isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > DEEPEST:
                yield _fault(line, "", "", "yaml_depth", f"嵌套超过 {DEEPEST} 层")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        elif isinstance(event, yaml.ScalarEvent) and _UNKEPT.search(event.value):
            yield _fault(line, "", "", "yaml_character", "含有不能保存的字符")


def sha256_of(ruleset: Ruleset) -> str:
    """Return the hash that names a ruleset's content: SHA-256 over its canonical JSON (RFC 8785)."""
    return hashlib.sha256(rfc8785.dumps(ruleset.model_dump(mode="json"))).hexdigest()


def _invalid(faults: list[Fault]) -> RulesetInvalid:
    shown = "；".join(f"{fault.where}：{fault.message}" for fault in faults[:5])
    more = f"；另有 {len(faults) - 5} 处" if len(faults) > 5 else ""
    return RulesetInvalid(shown + more, faults=faults)


def _fault(line: int, field: str, clause: str, code: str, message: str) -> Fault:
    where = " ".join(filter(None, [f"第 {line} 行", field, f"（{clause}）" if clause else ""]))
    return Fault(where=where, code=code, message=message)


def _at(root: yaml.Node, path: Path, code: str, message: str) -> Fault:
    """Walk as far down the path as the document goes; the nearest clause above is named too."""
    node, line, clause = root, root.start_mark.line + 1, ""
    for step in path:
        below = _child(node, step)
        if below is None:
            continue
        key, node = below
        line = key.start_mark.line + 1
        named = _child(node, "clause")
        if named is not None and isinstance(named[1], yaml.ScalarNode):
            clause = named[1].value
    return _fault(line, ".".join(map(str, path)), clause, code, message)


def _child(node: yaml.Node, step: str | int) -> tuple[yaml.Node, yaml.Node] | None:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step], node.value[step]
    return None


def _too_large(part: object, path: tuple[str | int, ...] = ()) -> Iterator[Path]:
    if isinstance(part, dict):
        for name, value in part.items():
            yield from _too_large(value, (*path, name))
    elif isinstance(part, list):
        for index, value in enumerate(part):
            yield from _too_large(value, (*path, index))
    elif isinstance(part, int) and abs(part) > LARGEST:
        yield path


def _repeated_keys(node: yaml.Node, path: tuple[str, ...]) -> Iterator[Fault]:
    """YAML readers keep the last of two equal keys silently; here that is a mistake."""
    if isinstance(node, yaml.SequenceNode):
        for index, one in enumerate(node.value):
            yield from _repeated_keys(one, (*path, str(index)))
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            name = str(key.value)
            if name in seen:
                yield _fault(
                    key.start_mark.line + 1, ".".join((*path, name)), "", "repeated_key", "同一字段出现两次"
                )
            seen.add(name)
            yield from _repeated_keys(value, (*path, name))
