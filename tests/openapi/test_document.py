"""The merged OpenAPI document says enough for a front-end team to work from it alone."""

import json
import re

import pytest
from suicha_contracts.roles import Permission
from suicha_local.home import project_root

DOCUMENT = json.loads((project_root() / "gateway" / "openapi.json").read_text(encoding="utf-8"))
OPERATIONS = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, item in DOCUMENT["paths"].items()
    for method, operation in item.items()
]
_CHINESE = re.compile("[\u4e00-\u9fff]")


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_has_a_stable_id_a_chinese_summary_and_a_tag(path, method, operation):
    assert re.fullmatch(r"[a-z][a-z0-9_]+", operation["operationId"])
    assert _CHINESE.search(operation["summary"]) and operation["tags"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_operation_says_who_may_call_it(path, method, operation):
    if path.startswith(("/public/", "/auth/", "/.well-known/", "/docs", "/openapi.json")):
        assert not operation.get("security")
    else:
        assert operation["security"] and {"401", "403"} <= set(operation["responses"])
        assert set(operation["x-permissions"]) <= {permission.value for permission in Permission}
        assert operation["x-permissions"]


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_a_write_documents_its_idempotency_key_and_the_refusals_that_belong_to_it(path, method, operation):
    if method == "get" or operation.get("x-idempotent") or path.startswith("/auth/"):
        return
    names = {parameter["name"].lower() for parameter in operation["parameters"]}
    assert "idempotency-key" in names
    assert {"400", "409", "422"} <= set(operation["responses"])


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_every_documented_error_is_a_problem_with_an_example(path, method, operation):
    if path.startswith(("/auth/", "/.well-known/", "/docs", "/openapi.json")):
        return
    for status, response in operation["responses"].items():
        if not status.startswith(("4", "5")):
            continue
        examples = response["content"]["application/problem+json"]["examples"]
        assert examples, status
        for code, reference in examples.items():
            example = DOCUMENT["components"]["examples"][reference["$ref"].rsplit("/", 1)[1]]["value"]
            assert example["code"] == code and str(example["status"]) == status
            assert _CHINESE.search(example["title"])


def test_operation_ids_are_unique():
    ids = [parameters.values[2]["operationId"] for parameters in OPERATIONS]
    assert len(ids) == len(set(ids)) > 90


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS)
def test_an_edit_that_is_refused_without_if_match_names_that_header(path, method, operation):
    named = [one for one in operation.get("parameters", []) if one["name"] == "If-Match"]
    if "428" in operation["responses"]:
        assert len(named) == 1 and named[0]["in"] == "header"
    elif named:
        assert not named[0]["required"], "optional, and honoured where it is sent"
