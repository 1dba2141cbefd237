"""The command that writes the JSON Schemas, and the schemas against real documents."""

import json
from pathlib import Path

import jsonschema
import pytest
import yaml
from suicha_contracts import schemas
from suicha_contracts.ruleset import Ruleset

RULESETS = sorted((Path(__file__).parents[3] / "rulesets").glob("*.yaml"))


def test_the_committed_schemas_are_those_of_the_types() -> None:
    assert schemas.differences(schemas.FOLDER) == []


def test_a_changed_a_missing_and_a_stray_schema_are_each_named(tmp_path: Path) -> None:
    schemas.write(tmp_path)
    assert schemas.differences(tmp_path) == []
    (tmp_path / "ruleset.schema.json").write_text("{}", encoding="utf-8")
    (tmp_path / "freeze.dossier.schema.json").unlink()
    (tmp_path / "events.draw.forgotten.v1.schema.json").write_text("{}", encoding="utf-8")
    assert schemas.differences(tmp_path) == [
        "events.draw.forgotten.v1.schema.json",
        "freeze.dossier.schema.json",
        "ruleset.schema.json",
    ]
    schemas.write(tmp_path)
    assert schemas.differences(tmp_path) == []


def test_the_check_exits_with_one_on_drift_and_changes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(schemas, "FOLDER", tmp_path)
    assert schemas.main(["--check"]) == 1
    assert "ruleset.schema.json" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
    assert schemas.main([]) == 0
    assert schemas.main(["--check"]) == 0


def test_an_unknown_option_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert schemas.main(["--chek"]) == 2
    assert "usage" in capsys.readouterr().err


@pytest.mark.parametrize("name", schemas.all_schemas())
def test_every_schema_is_itself_valid_and_names_its_dialect(name: str) -> None:
    schema = json.loads((schemas.FOLDER / name).read_text(encoding="utf-8"))
    assert schema["$schema"] == schemas.DIALECT
    jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", RULESETS, ids=lambda path: path.stem)
def test_every_ruleset_fits_its_schema(path: Path) -> None:
    schema = json.loads((schemas.FOLDER / "ruleset.schema.json").read_text(encoding="utf-8"))
    ruleset = Ruleset.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    jsonschema.Draft202012Validator(schema).validate(ruleset.model_dump(mode="json"))
