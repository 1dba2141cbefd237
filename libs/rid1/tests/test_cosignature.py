"""Witnesses of the draw log: they sign what only grew, keep what they signed, and are named by the verifier."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rid1.checkpoint import attach, body, parse, read_key
from rid1.cosignature import Cosignature, WitnessKey, cosigned_by, line, message, read_witness, witness_key
from rid1.errors import RidError
from rid1.merkle import Tree, consistency_proof
from rid1.suites import S256
from rid1.verify import verify_bundle
from rid1.witness import public_of, sign
from rid1_support import ORIGIN, PUBLIC, SECRET, VKEY, World, rewrite
from rid1_support import run_cli as rid1

SEED = b"\x09" * 32
KEY = WitnessKey("audit.example/witness", public_of(SEED))


def cosigned(note: str, time: int = 1_800_000_000) -> str:
    text = parse(note).text
    return note + line(KEY, time, sign(SEED, message(text, time)))


def test_a_witness_key_is_read_as_it_is_written_and_no_other() -> None:
    assert read_witness(witness_key(KEY)) == KEY
    for text in ("", VKEY, witness_key(KEY).replace("audit", "other"), witness_key(KEY)[:-4]):
        with pytest.raises(RidError, match="witness_key"):
            read_witness(text)


def test_the_witnesses_that_signed_are_named_with_their_time_and_strangers_ignored(played: World) -> None:
    note = cosigned(played.checkpoint())
    assert cosigned_by(parse(note), [KEY]) == [Cosignature(KEY.name, 1_800_000_000)]
    stranger = WitnessKey(KEY.name, public_of(SECRET))
    assert cosigned_by(parse(note), [stranger]) == []


@pytest.mark.parametrize("part", [5, -1])
def test_a_changed_time_or_signature_of_a_known_witness_is_a_fault(played: World, part: int) -> None:
    note = played.checkpoint()
    raw = bytearray(sign(SEED, message(parse(note).text, 7)))
    raw[part] ^= 1
    with pytest.raises(RidError, match="cosignature"):
        cosigned_by(parse(note + line(KEY, 7, bytes(raw))), [KEY])
    right = sign(SEED, message(parse(note).text, 7))
    with pytest.raises(RidError, match="cosignature"):
        cosigned_by(parse(note + line(KEY, 8, right)), [KEY])


def test_a_witness_signs_what_grew_from_what_it_signed_before_and_nothing_else(world: World) -> None:
    key, state, first, second = (world.root / name for name in ("key", "state", "first", "second"))
    vkey = rid1("witness-key", key, "--name", "audit").stdout.strip()
    assert key.stat().st_mode & 0o77 == 0
    assert rid1("witness-key", key, "--name", "audit").returncode == 2
    given = ("--key", key, "--name", "audit", "--log-key", VKEY, "--state", state)
    world.log_start()
    first.write_text(world.checkpoint())
    assert rid1("cosign", first, *given).returncode == 2, "the first time has to be said"
    signed = rid1("cosign", first, *given, "--first")
    assert signed.returncode == 0, signed.stderr
    assert [
        one.name for one in cosigned_by(parse(first.read_text() + signed.stdout), [read_witness(vkey)])
    ] == ["audit"]

    old = parse(first.read_text()).size
    world.log_secrets()
    world.log_draw()
    second.write_text(world.checkpoint())
    leaves = [entry.leaf for entry in world.entries]
    proof = write_proof(world.root / "proof", leaves, old)
    assert "consistency_missing" in rid1("cosign", second, *given).stderr
    assert rid1("cosign", second, *given, "--consistency", proof).returncode == 0
    assert state.read_text() == second.read_text()

    wrong = write_proof(world.root / "wrong", [leaves[1], *leaves[1:]], old)
    state.write_text(first.read_text())
    forked = rid1("cosign", second, *given, "--consistency", wrong)
    assert (forked.returncode, forked.stdout) == (1, "")
    assert "log_forked" in forked.stderr
    assert state.read_text() == first.read_text(), "what was not signed is not kept"


def write_proof(path: Path, leaves: list[bytes], old: int) -> Path:
    size = len(leaves)
    assert Tree(S256, leaves).size == size
    nodes = [node.hex() for node in consistency_proof(S256, leaves, old, size)]
    path.write_text(json.dumps({"old": old, "size": size, "path": nodes}))
    return path


def test_the_witness_s_signature_is_ed25519() -> None:
    # RFC 8032 §7.1, test 2.
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    assert public_of(seed).hex() == "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    assert (
        sign(seed, b"\x72")
        .hex()
        .startswith("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da")
    )


def test_the_report_names_pinned_witnesses_and_notes_who_is_missing(played: World) -> None:
    bundle = rewrite(played.bundle(), "log/checkpoint", lambda note: cosigned(note.decode()).encode())
    report = verify_bundle(bundle, log_key=read_key(VKEY), witnesses=[KEY])
    assert (report.fault, report.notes) == (None, [])
    assert report.facts["witnesses"] == "audit.example/witness 2027-01-15T08:00:00Z"
    absent = WitnessKey("notary", public_of(SECRET))
    report = verify_bundle(bundle, log_key=read_key(VKEY), witnesses=[KEY, absent])
    assert (report.fault, [note[0] for note in report.notes]) == (None, ["witness_missing"])


def test_the_command_line_takes_witnesses_and_checks_a_checkpoint_alone(played: World) -> None:
    signed, bare = played.root / "signed", played.root / "bare"
    bare.write_text(played.checkpoint())
    signed.write_text(cosigned(played.checkpoint()))
    pinned = ("--log-key", VKEY, "--witness", witness_key(KEY))
    answer = json.loads(rid1("checkpoint", signed, *pinned).stdout)
    assert answer["size"] == len(played.entries)
    assert (answer["log_signature"], answer["missing"]) == (True, [])
    assert answer["witnesses"] == [{"name": KEY.name, "time": 1_800_000_000}]
    assert json.loads(rid1("checkpoint", bare, *pinned).stdout)["missing"] == [KEY.name]
    assert KEY.name in rid1("verify", played.bundle(), *pinned).stdout
    forged = played.root / "forged"
    forged.write_text(signed.read_text().replace(f"\n{len(played.entries)}\n", "\n99\n"))
    assert rid1("checkpoint", forged, *pinned).returncode == 1
    proof = write_proof(played.root / "proof", [entry.leaf for entry in played.entries], 4)
    leaves = [entry.leaf for entry in played.entries][:4]
    kept = played.root / "kept"
    text = body(ORIGIN, 4, Tree(S256, leaves).root())
    kept.write_text(attach(text, ORIGIN, PUBLIC, sign(SECRET, text.encode())))
    grown = rid1("checkpoint", signed, *pinned, "--since", kept, "--consistency", proof)
    assert json.loads(grown.stdout)["grown_from"] == 4
    assert rid1("checkpoint", played.root / "absent").returncode == 2
