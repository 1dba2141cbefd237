"""The proof of the draw that the platform carried out, verified by the page of the platform's own website."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from attacks import OUTSIDE
from browser.devtools import Browser
from browser.verifier import Verifier
from suicha_local.demo import drawing

pytestmark = pytest.mark.slow

Proof = tuple[Path, Path, str]


@pytest.fixture(scope="module")
def proof(season, running, tmp_path_factory) -> Proof:
    """The bundle, the whole log and the log's key, as a citizen fetches them."""
    folder = tmp_path_factory.mktemp("proof")
    return drawing.download_proof(running.gateway, season.drawn.round["draw_id"], folder)


@pytest.fixture(scope="module")
def page_of_the_platform(chromium: Browser, running) -> Iterator[Verifier]:
    address = f"{running.home.site}/verify"
    with chromium.open(address) as page:
        yield Verifier(page, address)


def test_the_proof_is_verified_with_the_whole_log_and_the_key(
    page_of_the_platform: Verifier, proof: Proof
) -> None:
    bundle, log, key = proof
    report = page_of_the_platform.bundle(bundle, log=log, key=key)
    assert (report["fault"], report["facts"]["state"], report["facts"]["attempt"]) == (None, "completed", 1)


@pytest.mark.parametrize("attack", OUTSIDE)
def test_an_attack_on_the_proof_is_named(page_of_the_platform: Verifier, proof: Proof, attack: str) -> None:
    bundle, log, key = proof
    report = page_of_the_platform.bundle(OUTSIDE[attack].on(bundle), log=log, key=key)
    assert report["fault"]["code"] == OUTSIDE[attack].code
