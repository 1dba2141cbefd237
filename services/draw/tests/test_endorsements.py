"""What others put to the log: witnesses' cosignatures, timestamps, and signers that are plugged in."""

import base64
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from holding import HR_TASK, Draws
from pydantic import SecretStr, ValidationError
from rid1 import checkpoint
from rid1.checkpoint import check_signature, parse, read_key
from rid1.cosignature import WitnessKey, cosigned_by, line, message, witness_key
from rid1.errors import RidError
from rid1.verify import verify_bundle
from rid1.witness import public_of, sign
from suicha_chassis import testing
from suicha_draw import main
from suicha_draw.ledger.endorsements import as_response
from suicha_draw.ledger.signer import UnknownSignerError, signer_of, verifier_key_of
from suicha_draw.settings import Settings

sys.path.insert(0, str(Path(__file__).parents[3] / "libs" / "rid1" / "tests"))
from simulated_tsa import SimulatedTsa

SEED = b"\x05" * 32
WITNESS = WitnessKey("audit.example/witness", public_of(SEED))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> SimulatedTsa:
    """A simulated time-stamping authority."""
    return SimulatedTsa(tmp_path_factory.mktemp("simulated-tsa"))


@pytest.fixture
async def witnessed(draws: Draws, authority: SimulatedTsa) -> AsyncIterator[httpx.AsyncClient]:
    """The same draw, as an API whose settings pin a witness and the root of the simulated authority."""
    settings = draws.settings.model_copy(
        update={"log_witnesses": witness_key(WITNESS), "timestamp_roots": str(authority.root)}
    )
    async with testing.served(main.create_app(settings)) as http:
        yield http


async def completed(draws: Draws) -> dict[str, Any]:
    """A completed round."""
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK))
    await draws.hold(round_id)
    return await draws.finish(round_id)


def cosignature(
    note: str, seed: bytes = SEED, key: WitnessKey = WITNESS, time: int = 1_800_000_000
) -> dict[str, Any]:
    """What a witness sends in for a checkpoint."""
    checkpoint = parse(note)
    return {"size": checkpoint.size, "line": line(key, time, sign(seed, message(checkpoint.text, time)))}


async def test_a_pinned_witness_cosigns_without_an_account_and_nobody_else(
    draws: Draws, witnessed: httpx.AsyncClient
) -> None:
    await completed(draws)
    anyone = testing.Client(witnessed)
    note = (await anyone.get("/public/log/checkpoint")).text
    body = cosignature(note)
    for _ in range(2):
        kept = await anyone.post("/public/log/cosignatures", body)
        assert (kept.status_code, kept.json()["witness"]) == (201, WITNESS.name)
    now = parse((await anyone.get("/public/log/checkpoint", params={"size": body["size"]})).text)
    assert [one.name for one in cosigned_by(now, [WITNESS])] == [WITNESS.name]
    assert len(now.signatures) == 2
    (shown,) = (await anyone.get("/public/log/witnesses")).json()
    assert (shown["vkey"], shown["newest"]["size"]) == (witness_key(WITNESS), body["size"])

    stranger = WitnessKey("stranger", public_of(b"\6" * 32))
    refused = await anyone.post("/public/log/cosignatures", cosignature(note, b"\6" * 32, stranger))
    assert (refused.status_code, refused.json()["code"]) == (403, "witness_unknown")
    other_text = cosignature(note) | {"size": body["size"] - 1}
    refused = await anyone.post("/public/log/cosignatures", other_text)
    assert (refused.status_code, refused.json()["code"]) == (422, "cosignature_invalid")
    refused = await anyone.post("/public/log/cosignatures", body | {"size": body["size"] + 99})
    assert refused.status_code == 404
    refused = await anyone.post("/public/log/cosignatures", body | {"line": "— a b\n\n— c d"})
    assert (refused.status_code, refused.json()["code"]) == (422, "cosignature_invalid")


async def test_cosignature_and_timestamp_come_into_the_next_bundle_and_the_one_before_stays(
    draws: Draws, witnessed: httpx.AsyncClient, authority: SimulatedTsa, tmp_path: Path
) -> None:
    done = await completed(draws)
    path = f"/public/draws/{done['draw_id']}"
    first = (await draws.anyone.get(f"{path}/bundle")).content
    note = (await draws.anyone.get("/public/log/checkpoint")).text
    text = parse(note).text.encode()
    anyone, legal = testing.Client(witnessed), testing.Client(witnessed, draws.issuer.token("legal"))
    assert (await anyone.post("/public/log/cosignatures", cosignature(note))).status_code == 201

    async def at_version(version: int) -> list[dict[str, Any]] | None:
        found = (await draws.anyone.get(f"{path}/bundles")).json()
        return found if len(found) == version else None

    await testing.eventually(lambda: at_version(2), 40, "the bundle with the cosignature")
    size = parse(note).size
    response = authority.stamp(text)
    stamped = {"size": size, "token": base64.b64encode(response).decode()}
    assert (await anyone.post("/draw/v1/log/timestamps", stamped)).status_code == 401
    kept = await legal.post("/draw/v1/log/timestamps", stamped)
    assert kept.status_code == 201, kept.text
    assert kept.json()["verified"] is True
    again = await legal.post("/draw/v1/log/timestamps", stamped)
    assert again.json()["id"] == kept.json()["id"]
    versions = await testing.eventually(lambda: at_version(3), 40, "the bundle with the timestamp")

    assert (await draws.anyone.get(f"{path}/bundles/1")).content == first
    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"{path}/bundle")).content)
    key = (await draws.anyone.get("/public/log/key")).json()["vkey"]
    report = verify_bundle(bundle, log_key=read_key(key))
    assert report.ok, report.fault
    assert "timestamp" in [note[0] for note in report.notes]
    events = await draws.emitted("bundle_rewritten")
    assert [(one["version"], one["bundle"]["sha256"]) for one in events] == [
        (one["version"], one["sha256"]) for one in versions[1:]
    ]
    raw = (await anyone.get(f"/public/log/timestamps/{kept.json()['id']}")).content
    assert raw == response
    listed = (await anyone.get("/public/log/timestamps", params={"size": size})).json()
    assert [one["id"] for one in listed] == [kept.json()["id"]]


async def test_a_timestamp_over_another_text_or_from_a_stranger_is_refused(
    draws: Draws, witnessed: httpx.AsyncClient, authority: SimulatedTsa, tmp_path: Path
) -> None:
    await completed(draws)
    note = (await draws.anyone.get("/public/log/checkpoint")).text
    text, size = parse(note).text.encode(), parse(note).size
    stranger = SimulatedTsa(tmp_path)
    legal = testing.Client(witnessed, draws.issuer.token("legal"))
    for response, code in (
        (authority.stamp(b"another text"), "timestamp_invalid"),
        (stranger.stamp(text), "timestamp_untrusted"),
        (b"no timestamp", "timestamp_invalid"),
        (authority.stamp(text)[:-20], "timestamp_invalid"),
    ):
        body = {"size": size, "token": base64.b64encode(response).decode()}
        refused = await legal.post("/draw/v1/log/timestamps", body)
        assert (refused.status_code, refused.json()["code"]) == (422, code)
    body = {"size": size, "token": base64.b64encode(stranger.stamp(text)).decode()}
    kept = await draws.person("legal").post("/draw/v1/log/timestamps", body)
    assert (kept.status_code, kept.json()["verified"]) == (201, False), (
        "without roots only the imprint is checked"
    )


def test_a_token_without_its_response_is_wrapped_into_one(authority: SimulatedTsa, tmp_path: Path) -> None:
    response = authority.stamp(b"text")
    (tmp_path / "reply").write_bytes(response)
    command = ["openssl", "ts", "-reply", "-in", "reply", "-token_out", "-out", "token"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    token = (tmp_path / "token").read_bytes()
    assert token != response
    assert as_response(token) == as_response(as_response(token))
    (tmp_path / "text").write_bytes(b"text")
    (tmp_path / "again").write_bytes(as_response(token))
    verify = ["openssl", "ts", "-verify", "-in", "again", "-data", "text", "-CAfile", str(authority.root)]
    subprocess.run(verify, cwd=tmp_path, check=True, capture_output=True)


@pytest.fixture
def with_log(draw_settings: Any) -> Any:
    """Settings with other values for the log."""

    def make(**values: Any) -> Settings:
        return Settings.model_validate(draw_settings[0]("http://unused").model_dump() | values)

    return make


def test_a_device_with_sm2_signs_through_an_entry_point_and_the_verifier_names_its_algorithm(
    with_log: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "site"
    (package / "simulated_sm2_device-1.dist-info").mkdir(parents=True)
    (package / "simulated_sm2_device-1.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: simulated-sm2-device\nVersion: 1\n"
    )
    (package / "simulated_sm2_device-1.dist-info" / "entry_points.txt").write_text(
        "[suicha.log_signers]\nsm2 = simulated_sm2_device:SimulatedSm2Device\n"
    )
    monkeypatch.syspath_prepend(str(package))
    monkeypatch.syspath_prepend(str(Path(__file__).parent))
    key = tmp_path / "sm2.pem"
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "SM2", "-out", str(key)], check=True, capture_output=True
    )
    signer = signer_of(with_log(log_signer="sm2", log_key=SecretStr(str(key))))
    text = checkpoint.body(signer.origin, 3, b"r" * 32)
    note = parse(
        checkpoint.attach(text, signer.origin, signer.public, signer.sign(text.encode()), signer.algorithm)
    )
    with pytest.raises(RidError, match="SM2-SM3") as caught:
        check_signature(note, read_key(verifier_key_of(signer)))
    assert caught.value.code == "checkpoint_algorithm"
    assert signer.holds(note.text.encode(), note.signatures[0].signature)  # type: ignore[attr-defined]
    assert not signer.holds(b"another text", note.signatures[0].signature)  # type: ignore[attr-defined]


def test_settings_refuse_keys_that_are_none(with_log: Any) -> None:
    with pytest.raises(UnknownSignerError):
        signer_of(with_log(log_signer="nobody"))
    for wrong in (
        {"log_key": SecretStr("c2hvcnQ=")},
        {"log_key": SecretStr("!")},
        {"log_witnesses": "audit"},
        {"log_witnesses": f"{witness_key(WITNESS)} {witness_key(WITNESS)}"},
    ):
        with pytest.raises(ValidationError):
            with_log(**wrong)
