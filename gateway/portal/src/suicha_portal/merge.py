"""Merges the services' OpenAPI documents into the one that the gateway shows.

`python -m suicha_portal.merge SOURCE…` prints the merged document; a source is a JSON file, a directory of
them, or a module with `create_app()`. What cannot be merged without guessing is an error that names both sides.
"""

import copy
import importlib
import json
import sys
from pathlib import Path
from typing import Any

Document = dict[str, Any]

BEARER = "bearer"
_BEARER_SCHEME = {
    "type": "http",
    "scheme": "bearer",
    "bearerFormat": "JWT",
    "description": "登录后取得的令牌；演示环境见 POST /auth/token",
}
_METHODS = {"get", "put", "post", "delete", "options", "head", "patch", "trace"}


class MergeError(ValueError):
    """Two documents contradict each other; the message names them and the place."""


def merge(documents: dict[str, Document], title: str = "随查 API", version: str = "1") -> Document:
    """Merge documents by the name of where they come from; the result does not depend on their order.

    Raises:
        MergeError: the same path and method, the same operation id, or a component of the same name with
            different content, in two documents; or different OpenAPI versions.
    """
    merged: Document = {
        "openapi": _one_version(documents),
        "info": {"title": title, "version": version},
        "servers": [],
        "tags": [],
        "paths": {},
        "components": {},
    }
    owners: dict[str, str] = {}
    for name in sorted(documents):
        document = _with_one_bearer(copy.deepcopy(documents[name]))
        _add_paths(merged, document, name, owners)
        _add_components(merged, document, name, owners)
        _add_tags(merged, document, name, owners)
    merged["paths"] = dict(sorted(merged["paths"].items()))
    merged["components"] = {
        section: dict(sorted(members.items())) for section, members in sorted(merged["components"].items())
    }
    merged["components"].setdefault("securitySchemes", {})[BEARER] = _BEARER_SCHEME
    return merged


def as_text(document: Document) -> str:
    """Return the bytes that are committed: the same for the same document on every machine."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def document_of(module: str) -> Document:
    """Import a module and return the OpenAPI document of what its `create_app()` makes."""
    document: Document = importlib.import_module(module).create_app().openapi()
    return document


def _one_version(documents: dict[str, Document]) -> str:
    versions = {document["openapi"] for document in documents.values()}
    if len(versions) != 1:
        raise MergeError(f"OpenAPI 版本不一致：{sorted(versions)}")
    return str(versions.pop())


def _with_one_bearer(document: Document) -> Document:
    """Call every bearer scheme `bearer`, whatever the service calls it; other schemes stay."""
    schemes: dict[str, Any] = document.get("components", {}).get("securitySchemes", {})
    bearers = {
        name for name, one in schemes.items() if one.get("type") == "http" and one.get("scheme") == BEARER
    }
    for name in bearers:
        del schemes[name]
    if not schemes:
        document.get("components", {}).pop("securitySchemes", None)
    for holder in [document, *(operation for _, _, operation in _operations(document))]:
        if "security" in holder:
            holder["security"] = [
                {BEARER if name in bearers else name: scopes for name, scopes in one.items()}
                for one in holder["security"]
            ]
    return document


def _operations(document: Document) -> list[tuple[str, str, Document]]:
    return [
        (path, method, operation)
        for path, item in document.get("paths", {}).items()
        for method, operation in item.items()
        if method in _METHODS
    ]


def _add_paths(merged: Document, document: Document, name: str, owners: dict[str, str]) -> None:
    for path, method, operation in _operations(document):
        _claim(owners, f"{method.upper()} {path}", name)
        if "operationId" in operation:
            _claim(owners, f"operationId {operation['operationId']}", name)
        if "security" in document and "security" not in operation:
            operation["security"] = document["security"]
    for path, item in document.get("paths", {}).items():
        merged["paths"].setdefault(path, {}).update(item)


def _add_components(merged: Document, document: Document, name: str, owners: dict[str, str]) -> None:
    for section, members in document.get("components", {}).items():
        held = merged["components"].setdefault(section, {})
        for key, value in members.items():
            place = f"{section}/{key}"
            if key in held and held[key] != value:
                raise MergeError(f"{place} 在 {owners[place]} 和 {name} 中内容不同，请改名或共用同一定义")
            held[key] = value
            owners.setdefault(place, name)


def _add_tags(merged: Document, document: Document, name: str, owners: dict[str, str]) -> None:
    described = {tag["name"]: tag for tag in document.get("tags", [])}
    used = [tag for _, _, operation in _operations(document) for tag in operation.get("tags", [])]
    for key in dict.fromkeys([*described, *used]):
        tag = described.get(key, {"name": key})
        held = next((one for one in merged["tags"] if one["name"] == key), None)
        if held is None:
            merged["tags"].append(tag)
            owners[f"tags/{key}"] = name
        elif held != tag:
            raise MergeError(f"标签 {key} 在 {owners[f'tags/{key}']} 和 {name} 中说明不同")


def _claim(owners: dict[str, str], place: str, name: str) -> None:
    if place in owners:
        raise MergeError(f"{place} 同时出现在 {owners[place]} 和 {name}")
    owners[place] = name


def _sources(arguments: list[str]) -> dict[str, Document]:
    documents: dict[str, Document] = {}
    for argument in arguments:
        path = Path(argument)
        files = sorted(path.glob("*.json")) if path.is_dir() else [path] if path.suffix == ".json" else []
        for file in files:
            documents[file.stem] = json.loads(file.read_text(encoding="utf-8"))
        if not files:
            documents[argument] = document_of(argument)
    return documents


def main(arguments: list[str]) -> int:
    """Print the merged document; return 1 with the contradiction when there is one, 2 without a source."""
    if not arguments:
        sys.stderr.write("用法：python -m suicha_portal.merge 文件|目录|模块 …\n")
        return 2
    try:
        sys.stdout.write(as_text(merge(_sources(arguments))))
    except MergeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
