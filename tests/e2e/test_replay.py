"""The proof of a draw that the platform carried out, replayed with sha256sum and DuckDB after docs/replay.md."""

import pytest
from replay.guide import in_duckdb, shell, unpacked
from suicha_local.demo import drawing

pytestmark = pytest.mark.slow


def test_a_citizen_replays_the_draw_of_the_season_without_our_code(season, running, tmp_path):
    bundle, log, _ = drawing.download_proof(running.gateway, season.drawn.round["draw_id"], tmp_path)
    folder = unpacked(bundle, tmp_path / "unpacked")
    (folder / "log.jsonl").write_bytes(log.read_bytes())
    assert shell(folder, "files", "commitments", "root") == ""
    key = shell(folder, "key").strip()
    result = (folder / "result.tsv").read_bytes()
    assert in_duckdb(folder, key) == result
    *_, object_id, ticket = result.decode().splitlines()[0].split("\t")
    assert shell(folder, "ticket", K=key, USCC=object_id).split()[0] == ticket
