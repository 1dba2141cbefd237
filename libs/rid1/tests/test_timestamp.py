"""RFC 3161 timestamps over a checkpoint, issued by an authority simulated with `openssl ts`."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from rid1.bundle import write_bundle
from rid1.checkpoint import parse
from rid1.errors import RidError
from rid1.timestamp import check_timestamp, read_timestamp
from rid1.verify import verify_bundle
from rid1_support import World
from simulated_tsa import SimulatedTsa


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> SimulatedTsa:
    return SimulatedTsa(tmp_path_factory.mktemp("simulated-tsa"))


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_a_timestamp_is_over_one_text_only(authority: SimulatedTsa, digest: str) -> None:
    response = authority.stamp(b"text", digest)
    found = check_timestamp(response, b"text", "t")
    assert (found.hash_name, found.time[:2]) == (digest, "20")
    with pytest.raises(RidError, match="timestamp_imprint"):
        check_timestamp(response, b"another", "t")


def test_what_is_no_timestamp_is_refused_without_crashing(authority: SimulatedTsa) -> None:
    response = authority.stamp(b"text")
    with pytest.raises(RidError, match="timestamp"):
        read_timestamp(b"", "t")
    for end in range(1, len(response), 7):
        with pytest.raises(RidError, match="timestamp"):
            read_timestamp(response[:end], "t")


def test_a_bundle_carries_timestamps_and_the_verifier_checks_what_they_are_over(
    played: World, authority: SimulatedTsa
) -> None:
    body = parse(played.checkpoint()).text.encode()
    right = with_timestamps(played, "right.zip", authority.stamp(body), authority.stamp(body))
    report = verify_bundle(right)
    assert report.ok
    assert [note[0] for note in report.notes].count("timestamp") == 2
    wrong = with_timestamps(played, "wrong.zip", authority.stamp(b"another log"))
    fault = verify_bundle(wrong).fault
    assert fault is not None
    assert (fault.code, fault.where) == ("timestamp_imprint", "log/timestamp-1.tsr")


def with_timestamps(played: World, name: str, *responses: bytes) -> Path:
    evidence = dataclasses.replace(played.evidence(), timestamps=responses)
    path = played.root / name
    write_bundle(path, played.folder, played.out, played.reveals, evidence)
    return path
