"""An earlier checkpoint, kept by somebody, against the checkpoint of a bundle."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from rid1 import checkpoint
from rid1.consistency import Consistency, Earlier, read_proof
from rid1.errors import UnreadableError
from rid1.merkle import Tree, consistency_proof
from rid1.suites import S256
from rid1.verify import verify_bundle
from rid1_support import ORIGIN, PUBLIC, SECRET, VKEY, World, sign
from rid1_support import run_cli as rid1

KEY = checkpoint.read_key(VKEY)


def note(leaves: list[bytes], origin: str = ORIGIN) -> str:
    text = checkpoint.body(origin, len(leaves), Tree(S256, leaves).root())
    return checkpoint.attach(text, origin, PUBLIC, sign(SECRET, text.encode()))


def kept(world: World, old: int, /, **changes: object) -> Earlier:
    """The checkpoint of the first `old` entries with the proof to the whole log; `changes` are of the proof."""
    leaves = [entry.leaf for entry in world.entries]
    fields = {
        "old": old,
        "size": len(leaves),
        "path": tuple(consistency_proof(S256, leaves, old, len(leaves))),
    }
    return Earlier(checkpoint.parse(note(leaves[:old])), Consistency(**{**fields, **changes}))  # type: ignore[arg-type]


def code(world: World, earlier: Earlier) -> str | None:
    report = verify_bundle(world.bundle(), log_key=KEY, earlier=earlier)
    if report.fault:
        assert report.passed == ["layout", "manifest", "log"]
    else:
        assert "growth" in report.passed
    return report.fault.code if report.fault else None


def test_every_earlier_checkpoint_of_a_log_that_only_grew_is_proved(played: World) -> None:
    bundle = played.bundle()
    for old in range(len(played.entries) + 1):
        report = verify_bundle(bundle, log_key=KEY, earlier=kept(played, old))
        assert report.fault is None
        assert report.facts["earlier_size"] == old


def test_equal_sizes_need_no_proof(played: World) -> None:
    earlier = kept(played, len(played.entries))
    assert code(played, Earlier(earlier.checkpoint)) is None


def test_a_log_that_was_rewritten_since_is_found_out(played: World) -> None:
    leaves = [entry.leaf for entry in played.entries]
    other = [leaves[0], b"\0" * 32, *leaves[2:5]]
    proof = kept(played, 5).proof
    assert code(played, Earlier(checkpoint.parse(note(other)), proof)) == "log_forked"
    assert code(played, Earlier(checkpoint.parse(note([b"\0" * 32, *leaves[1:]])))) == "log_forked"


def test_a_changed_proof_is_refused(played: World) -> None:
    good = kept(played, 5).proof
    assert good is not None
    assert code(played, kept(played, 5, path=good.path[:-1])) == "log_forked"
    assert code(played, kept(played, 5, path=(*good.path[:-1], b"\0" * 32))) == "log_forked"


def test_a_proof_for_other_sizes_or_none_is_told_apart(played: World) -> None:
    assert code(played, kept(played, 5, old=4)) == "consistency_sizes"
    assert code(played, kept(played, 5, size=6)) == "consistency_sizes"
    assert code(played, Earlier(kept(played, 5).checkpoint)) == "consistency_missing"


def test_a_later_checkpoint_and_another_log_are_refused(played: World) -> None:
    leaves = [entry.leaf for entry in played.entries]
    assert code(played, Earlier(checkpoint.parse(note([*leaves, b"\1" * 32])))) == "checkpoint_order"
    stranger = checkpoint.parse(note(leaves[:3], "elsewhere.example/log"))
    report = verify_bundle(played.bundle(), earlier=Earlier(stranger))
    assert report.fault is not None
    assert report.fault.code == "checkpoint_origin"


def test_an_earlier_checkpoint_that_nobody_signed_is_refused(played: World) -> None:
    text = note([entry.leaf for entry in played.entries][:3]).replace("\n3\n", "\n4\n")
    report = verify_bundle(played.bundle(), log_key=KEY, earlier=Earlier(checkpoint.parse(text)))
    assert report.fault is not None
    assert (report.fault.code, report.fault.where) == ("checkpoint_signature", "earlier checkpoint")


def test_the_command_line_takes_a_checkpoint_and_the_logs_answer(played: World, tmp_path: Path) -> None:
    earlier = kept(played, 6)
    assert earlier.proof is not None
    since, proof = tmp_path / "checkpoint", tmp_path / "consistency.json"
    since.write_text(note([entry.leaf for entry in played.entries][:6]))
    answer = {"old": 6, "size": len(played.entries), "path": [node.hex() for node in earlier.proof.path]}
    proof.write_text(json.dumps(answer, indent=2))
    bundle = played.bundle()
    done = rid1("verify", bundle, "--log-key", VKEY, "--since", since, "--consistency", proof)
    assert (done.returncode, done.stderr) == (0, "")
    assert "日志自较早检查点以来只增不改" in done.stdout
    proof.write_text(json.dumps(answer | {"path": answer["path"][::-1]}))  # type: ignore[index]
    forked = rid1("verify", bundle, "--since", since, "--consistency", proof, "--json")
    assert forked.returncode == 1
    assert json.loads(forked.stdout)["fault"]["code"] == "log_forked"
    assert rid1("verify", bundle, "--since", since).returncode == 1
    assert rid1("verify", bundle, "--consistency", proof).returncode == 2
    proof.write_text("[]")
    assert rid1("verify", bundle, "--since", since, "--consistency", proof).returncode == 2
    since.write_text("nonsense")
    assert rid1("verify", bundle, "--since", since).returncode == 2


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"old":1,"size":2,"path":["00"]}',
        '{"old":true,"size":2,"path":[]}',
        '{"old":1,"size":2,"path":[3]}',
    ],
)
def test_what_is_no_consistency_proof_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError, match="consistency"):
        read_proof(text.encode(), "consistency.json")
