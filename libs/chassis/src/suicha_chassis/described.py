"""The app class of every service: its OpenAPI document names each problem's example once, not on each path."""

from typing import Any

from fastapi import FastAPI

_PROBLEM = "application/problem+json"


class DescribedApp(FastAPI):
    """A FastAPI whose document stays small although every error response is documented."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document, examples of problems gathered under components."""
        document = super().openapi()
        examples = document.setdefault("components", {}).setdefault("examples", {})
        for item in document["paths"].values():
            for operation in item.values():
                for response in operation.get("responses", {}).values():
                    _gather(response.get("content", {}).get(_PROBLEM, {}).get("examples", {}), examples)
        return document


def _gather(own: dict[str, Any], shared: dict[str, Any]) -> None:
    for code, example in own.items():
        if "$ref" in example:
            continue
        shared[code] = example
        own[code] = {"$ref": f"#/components/examples/{code}"}
