"""The JSON Schemas of everything that crosses a border: events, rulesets, the freeze call, publications.

`python -m suicha_contracts.schemas` writes them into `libs/contracts/schemas`, `--check` only compares and exits
with 1 where a file differs, is missing, or belongs to nothing. It works in a checkout of the repository.
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from suicha_contracts import freeze, publication
from suicha_contracts.envelope import Envelope, Event
from suicha_contracts.events import ALL_EVENTS
from suicha_contracts.ruleset import Ruleset

FOLDER = Path(__file__).parents[2] / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"

MODELS: dict[str, type[BaseModel]] = {
    "ruleset": Ruleset,
    "freeze.snapshot_request": freeze.SnapshotRequest,
    "freeze.snapshot": freeze.Snapshot,
    "freeze.survey_request": freeze.SurveyRequest,
    "freeze.survey": freeze.Survey,
    "freeze.round_package": freeze.RoundPackage,
    "freeze.dossier_request": freeze.DossierRequest,
    "freeze.dossier": freeze.Dossier,
    "publication.plan": publication.PublicPlan,
    "publication.draw": publication.PublicDraw,
    "publication.result": publication.PublicResult,
    "publication.credit": publication.CreditRecord,
}
"""Everything but events, by the name of its schema file."""


def message_schema(event: type[Event]) -> dict[str, Any]:
    """Return the schema of a whole message: the CloudEvents attributes with this event as `data`."""
    envelope = Envelope.model_json_schema()
    data = event.model_json_schema()
    definitions = data.pop("$defs", {})
    envelope["properties"]["type"]["const"] = event.type_name()
    envelope["properties"]["source"]["const"] = f"/suicha/{event.service}"
    envelope["properties"]["data"] = {"$ref": f"#/$defs/{event.__name__}"}
    envelope["title"] = event.subject()
    envelope["description"] = event.__doc__
    # A message says which form it has, even though the type fills it in for those who build one.
    envelope["required"] = sorted({*envelope["required"], "specversion"})
    envelope["$defs"] = {**definitions, event.__name__: data}
    return {"$schema": DIALECT, **_open(envelope)}


def _open(schema: Any) -> Any:
    """Allow unknown fields everywhere: a newer sender may add some, inside one major version."""
    if isinstance(schema, dict):
        kept = {
            key: value for key, value in schema.items() if (key, value) != ("additionalProperties", False)
        }
        return {key: _open(value) for key, value in kept.items()}
    return [_open(one) for one in schema] if isinstance(schema, list) else schema


def all_schemas() -> dict[str, str]:
    """Return the text of every schema file by its name."""
    schemas = {event.subject(): message_schema(event) for event in ALL_EVENTS}
    for name, model in MODELS.items():
        schemas[name] = {"$schema": DIALECT, **model.model_json_schema()}
    return {
        f"{name}.schema.json": json.dumps(schema, ensure_ascii=False, indent=2, sort_keys=True) + "\n"
        for name, schema in schemas.items()
    }


def differences(folder: Path) -> list[str]:
    """Name every file in the folder that is missing, differs from the types, or belongs to nothing."""
    expected = all_schemas()
    held = {path.name: path.read_text(encoding="utf-8") for path in folder.glob("*.schema.json")}
    return sorted(name for name in expected.keys() | held.keys() if expected.get(name) != held.get(name))


def write(folder: Path) -> None:
    """Write every schema into the folder and remove those that belong to nothing any more."""
    expected = all_schemas()
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.glob("*.schema.json"):
        if path.name not in expected:
            path.unlink()
    for name, text in expected.items():
        (folder / name).write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Run the command; return its exit code: 0 in order, 1 drift found, 2 wrong usage."""
    if arguments == ["--check"]:
        changed = differences(FOLDER)
        for name in changed:
            sys.stderr.write(f"schema differs from its type: {FOLDER / name}\n")
        if changed:
            sys.stderr.write("run: python -m suicha_contracts.schemas\n")
        return 1 if changed else 0
    if arguments:
        sys.stderr.write("usage: python -m suicha_contracts.schemas [--check]\n")
        return 2
    write(FOLDER)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
