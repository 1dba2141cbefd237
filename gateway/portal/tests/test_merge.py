"""Merging OpenAPI documents, with two little services."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import Depends, FastAPI
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from suicha_portal.merge import Document, MergeError, as_text, merge


class Shared(BaseModel):
    name: str


def document(service: str, **described: Any) -> Document:
    """A service with one protected operation, under its own name for the bearer scheme."""
    app = FastAPI(openapi_tags=[{"name": service, "description": f"{service} 接口"}])
    scheme = HTTPBearer(scheme_name=f"{service}Token")

    @app.get(f"/{service}/v1/things", tags=[service, "公用"], operation_id=f"{service}_list", **described)
    def things(_: Annotated[object, Depends(scheme)]) -> list[Shared]:
        return []

    @app.get(f"/public/{service}", operation_id=f"{service}_public")
    def public(name: str) -> Shared:
        return Shared(name=name)

    return app.openapi()


def test_paths_tags_and_components_of_both_are_there_once() -> None:
    merged = merge({"draw": document("draw"), "registry": document("registry")})
    assert list(merged["paths"]) == [
        "/draw/v1/things",
        "/public/draw",
        "/public/registry",
        "/registry/v1/things",
    ]
    assert [tag["name"] for tag in merged["tags"]] == ["draw", "公用", "registry"]
    assert set(merged["components"]["schemas"]) == {"HTTPValidationError", "Shared", "ValidationError"}
    assert merged["servers"] == []


def test_every_protected_operation_names_the_one_bearer_scheme() -> None:
    merged = merge({"draw": document("draw"), "registry": document("registry")})
    assert list(merged["components"]["securitySchemes"]) == ["bearer"]
    assert merged["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    assert merged["paths"]["/draw/v1/things"]["get"]["security"] == [{"bearer": []}]
    assert merged["paths"]["/registry/v1/things"]["get"]["security"] == [{"bearer": []}]
    assert "security" not in merged["paths"]["/public/draw"]["get"]


def test_the_merged_text_does_not_depend_on_the_order_and_leaves_the_sources_alone() -> None:
    first, second = document("draw"), document("registry")
    before = json.dumps([first, second])
    assert as_text(merge({"a": first, "b": second})) == as_text(merge({"b": second, "a": first}))
    assert json.dumps([first, second]) == before


def test_a_component_of_one_name_with_two_contents_is_an_error_naming_both() -> None:
    first, second = document("draw"), document("registry")
    second["components"]["schemas"]["Shared"]["properties"]["name"]["maxLength"] = 5
    with pytest.raises(MergeError, match=r"schemas/Shared 在 draw 和 registry"):
        merge({"draw": first, "registry": second})


def test_the_same_operation_id_twice_is_an_error() -> None:
    first, second = document("draw"), document("registry")
    second["paths"]["/registry/v1/things"]["get"]["operationId"] = "draw_list"
    with pytest.raises(MergeError, match="operationId draw_list"):
        merge({"draw": first, "registry": second})


def test_the_same_path_twice_is_an_error() -> None:
    first, second = document("draw"), document("registry")
    for operation in second["paths"]["/registry/v1/things"].values():
        operation["operationId"] = "other"
    second["paths"]["/draw/v1/things"] = second["paths"].pop("/registry/v1/things")
    with pytest.raises(MergeError, match="GET /draw/v1/things"):
        merge({"draw": first, "registry": second})


def test_two_versions_of_openapi_are_not_mixed() -> None:
    with pytest.raises(MergeError, match="OpenAPI"):
        merge({"a": document("draw"), "b": document("registry") | {"openapi": "3.0.3"}})


def test_the_command_line_merges_a_directory_and_reports_contradictions(tmp_path: Path) -> None:
    for name in ("draw", "registry"):
        (tmp_path / f"{name}.json").write_text(json.dumps(document(name)), encoding="utf-8")
    command = [sys.executable, "-m", "suicha_portal.merge", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == as_text(merge({name: document(name) for name in ("draw", "registry")}))
    (tmp_path / "again.json").write_text(json.dumps(document("draw")), encoding="utf-8")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "again" in done.stderr
    assert done.stdout == ""


def test_the_command_line_takes_modules_too() -> None:
    command = [sys.executable, "-m", "suicha_portal.merge", "suicha_portal.main"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "/auth/token" in json.loads(done.stdout)["paths"]
