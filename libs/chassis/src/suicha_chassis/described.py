"""The app class of every service: its OpenAPI document names each problem's example once, not on each path."""

from typing import Any

from fastapi import FastAPI

_PROBLEM = "application/problem+json"


IF_MATCH: dict[str, Any] = {
    "name": "If-Match",
    "in": "header",
    "required": True,
    "description": "the ETag of the version that is changed, as read before; `*`: whatever it is",
    "schema": {"type": "string", "title": "If-Match"},
    "example": '"3"',
}
"""FastAPI does not see it: the header is read beside the row (`etags.require_match`)."""


class DescribedApp(FastAPI):
    """A FastAPI whose document stays small although every error response is documented."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, examples of problems gathered under components."""
        document = super().openapi()
        examples = document.setdefault("components", {}).setdefault("examples", {})
        for item in document["paths"].values():
            for operation in item.values():
                _name_if_match(operation)
                for response in operation.get("responses", {}).values():
                    _gather(response.get("content", {}).get(_PROBLEM, {}).get("examples", {}), examples)
        return document


def _name_if_match(operation: dict[str, Any]) -> None:
    """Name the header of every edit that is refused without it (RFC 9110 §13.1.1)."""
    named = operation.setdefault("parameters", [])
    if "428" in operation.get("responses", {}) and all(one["name"] != IF_MATCH["name"] for one in named):
        named.append(IF_MATCH)
    if not named:
        del operation["parameters"]


def _gather(own: dict[str, Any], shared: dict[str, Any]) -> None:
    for code, example in own.items():
        if "$ref" in example:
            continue
        shared[code] = example
        own[code] = {"$ref": f"#/components/examples/{code}"}
