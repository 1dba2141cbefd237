"""Every attack of SPEC §10 that needs no key, on the proof of the draw that the platform carried out."""

import pytest
from attacks import OUTSIDE
from suicha_local.demo import drawing

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def proof(season, running, tmp_path_factory):
    """The bundle, the whole log and the log's key, as a citizen fetches them."""
    folder = tmp_path_factory.mktemp("proof")
    return drawing.download_proof(running.gateway, season.drawn.round["draw_id"], folder)


@pytest.mark.parametrize("attack", OUTSIDE)
def test_an_attack_on_the_platforms_proof_is_named_by_the_command(proof, attack):
    bundle, log, key = proof
    code, report = drawing.verify(OUTSIDE[attack].on(bundle), log, key)
    assert (code, report["fault"]["code"]) == (1, OUTSIDE[attack].code)
