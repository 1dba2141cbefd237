"""Writes gateway/openapi.json from the services; `--check` only compares and exits 1 on drift.

Every service offers `create_app()` in `suicha_<service>.main`, callable without a running database. A path that
the gateway does not lead to its service is an error here: it would be documented and not reachable.
"""

import difflib
import sys
from pathlib import Path

from suicha_portal.envoy_routes import PROTECTED, PUBLIC
from suicha_portal.merge import Document, MergeError, as_text, document_of, merge

TARGET = Path(__file__).parent / "openapi.json"
SERVICES = ("registry", "draw", "inspection", "disclosure", "portal")
INTERNAL = {"/livez", "/readyz", "/metrics", "/healthz"}
"""Served by processes, deliberately not led to by the gateway."""


def reachable(service: str, document: Document) -> Document:
    """Return the document without its internal paths.

    Raises:
        MergeError: the gateway does not lead one of the paths to this service.
    """
    prefixes = [prefix for prefix, owner in (PROTECTED | PUBLIC).items() if owner == service]
    paths = {path: item for path, item in document["paths"].items() if path not in INTERNAL}
    lost = [
        path
        for path in paths
        if not any(path == prefix or path.startswith(f"{prefix}/") for prefix in prefixes)
    ]
    if lost:
        raise MergeError(f"网关没有把这些地址转给 {service}：{'、'.join(sorted(lost))}")
    return document | {"paths": paths}


def main(arguments: list[str]) -> int:
    """Write the document, or with `--check` compare it and print the difference."""
    try:
        text = as_text(
            merge({name: reachable(name, document_of(f"suicha_{name}.main")) for name in SERVICES})
        )
    except MergeError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if "--check" not in arguments:
        TARGET.write_text(text, encoding="utf-8")
        return 0
    committed = TARGET.read_text(encoding="utf-8") if TARGET.is_file() else ""
    if committed == text:
        return 0
    changes = difflib.unified_diff(
        committed.splitlines(True), text.splitlines(True), "gateway/openapi.json", "服务当前的接口", n=2
    )
    sys.stderr.writelines(list(changes)[:200])
    sys.stderr.write("接口与 gateway/openapi.json 不一致，请运行 python gateway/merge_openapi.py\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
