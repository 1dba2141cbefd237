"""Every event against its golden example, its schema, and the rules of CloudEvents 1.0."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from suicha_contracts import schemas
from suicha_contracts.envelope import Envelope, Event
from suicha_contracts.events import ALL_EVENTS, DrawVoided

EXAMPLES = Path(__file__).parents[1] / "examples"
FORMATS = jsonschema.FormatChecker()

each_event = pytest.mark.parametrize("event", ALL_EVENTS, ids=lambda event: event.subject())


def example(event: type[Event]) -> dict[str, Any]:
    text = (EXAMPLES / f"{event.subject()}.json").read_text(encoding="utf-8")
    message: dict[str, Any] = json.loads(text)
    return message


def validator(event: type[Event]) -> jsonschema.Draft202012Validator:
    path = schemas.FOLDER / f"{event.subject()}.schema.json"
    schema = json.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema, format_checker=FORMATS)


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Every JSON object inside a value, the value itself included."""
    if isinstance(value, dict):
        yield value
        for inner in value.values():
            yield from objects(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from objects(inner)


def test_there_is_one_example_for_every_event_and_no_other() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.json")} == {event.subject() for event in ALL_EVENTS}


def test_subjects_and_types_are_unique_and_carry_service_name_and_major() -> None:
    assert len({event.subject() for event in ALL_EVENTS}) == len(ALL_EVENTS)
    for event in ALL_EVENTS:
        assert re.fullmatch(r"events\.(registry|draw|inspection|disclosure)\.[a-z_]+\.v1", event.subject())
        assert event.type_name() == "cn.suicha." + event.subject().removeprefix("events.")


@each_event
def test_the_example_fits_the_model_and_the_schema(event: type[Event]) -> None:
    message = example(event)
    validator(event).validate(message)
    event.model_validate(Envelope.model_validate(message).data)


@each_event
def test_the_example_survives_reading_and_writing_unchanged(event: type[Event]) -> None:
    message = example(event)
    envelope = Envelope.model_validate(message)
    data = event.model_validate(envelope.data)
    again = envelope.model_copy(update={"data": data.model_dump(mode="json")})
    assert json.loads(again.model_dump_json()) == message


@each_event
def test_every_field_of_the_event_stands_in_its_example(event: type[Event]) -> None:
    assert set(example(event)["data"]) == set(event.model_fields)


@each_event
def test_a_message_carries_what_cloudevents_requires(event: type[Event]) -> None:
    message = example(event)
    assert message["specversion"] == "1.0"
    assert all(message[name] for name in ("id", "source", "type"))
    assert message["source"] == f"/suicha/{event.service}"
    assert message["type"] == event.type_name()
    assert message["datacontenttype"] == "application/json"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", message["time"])
    # §3.1: attribute names are lower-case letters and digits, at most twenty of them.
    assert all(re.fullmatch(r"[a-z0-9]{1,20}", name) for name in message)


def test_an_empty_subject_is_left_out_of_the_message() -> None:
    event = DrawVoided.model_validate(example(DrawVoided)["data"])
    written = json.loads(Envelope.of(event, UUID(int=7)).model_dump_json())
    assert "subject" not in written
    assert "requestid" not in written
    validator(DrawVoided).validate(written)
    assert Envelope.model_validate(written).subject == ""


def test_wrapping_an_event_keeps_what_it_is_about_and_who_asked() -> None:
    event = DrawVoided.model_validate(example(DrawVoided)["data"])
    envelope = Envelope.of(event, UUID(int=7), about="LY-2026-0002", request_id="r-1")
    assert (envelope.subject, envelope.requestid) == ("LY-2026-0002", "r-1")
    assert envelope.time.tzinfo is not None
    assert envelope.model_dump(mode="json")["data"] == example(DrawVoided)["data"]


@each_event
def test_a_field_that_a_newer_sender_added_is_ignored(event: type[Event]) -> None:
    message = example(event)
    known = event.model_validate(message["data"])
    for one in list(objects(message)):
        one["addedbyanewerversion"] = {"anything": 1}
    assert event.model_validate(Envelope.model_validate(message).data) == known
    validator(event).validate(message)


@each_event
def test_a_missing_field_is_refused_by_model_and_schema_alike(event: type[Event]) -> None:
    for name, field in event.model_fields.items():
        message = example(event)
        del message["data"][name]
        if field.is_required():
            with pytest.raises(jsonschema.ValidationError):
                validator(event).validate(message)
            with pytest.raises(ValueError, match=name):
                event.model_validate(message["data"])
        else:
            validator(event).validate(message)
            event.model_validate(message["data"])


@each_event
def test_the_schema_refuses_the_type_of_another_event(event: type[Event]) -> None:
    message = example(event)
    message["type"] = "cn.suicha.draw.something_else.v1"
    with pytest.raises(jsonschema.ValidationError):
        validator(event).validate(message)


def test_no_example_carries_a_telephone_or_an_identity_number() -> None:
    for event in ALL_EVENTS:
        text = (EXAMPLES / f"{event.subject()}.json").read_text(encoding="utf-8")
        assert not re.search(r"(?<![0-9a-f])1[3-9]\d{9}(?![0-9a-f])", text)
        assert not re.search(r"(?<![0-9A-Za-z])\d{17}[0-9X](?![0-9A-Za-z])", text)
