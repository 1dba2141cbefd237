"""revealed → seeded → drawn: the seed from what was thrown in, then selection and matching, stored by COPY."""

import tempfile
from pathlib import Path

from rid1.log import EMBARGOED
from rid1.manifest_reader import parse
from rid1.seed import seed_of
from rid1.states import Event
from suicha_chassis.scope import SYSTEM

from suicha_draw.ledger import service as ledger
from suicha_draw.models import Round
from suicha_draw.rounds.child import compute
from suicha_draw.rounds.context import INPUTS, MATCH_COLUMNS, RESULT_COLUMNS, Work, copy_in
from suicha_draw.rounds.store import files_of, find_round, keep_file, settings_of


async def make_seed(work: Work, row: Round) -> None:
    """Compute the seed and log it (RID/1 §5); a round that waits for its beacon stays as it is."""
    assert row.manifest_hash is not None
    if row.beacon_round is not None and row.beacon is None:
        return
    async with work.db.session(SYSTEM) as session:
        known = await files_of(session, row.id)
    manifest = parse(await work.files.read(known["manifest"]))
    seed = seed_of(manifest, await work.reveals(row), row.manifest_hash)
    async with work.db.transaction(SYSTEM) as session:
        current = await find_round(session, row.id, lock=True)
        if current.state == "revealed":
            shown = EMBARGOED if settings_of(current).embargo else seed
            await ledger.append(session, current, Event.SEEDED, {"seed": shown})
            current.state, current.seed = "seeded", seed


async def draw(work: Work, row: Round) -> None:
    """Draw and match, store files and rows, log their hashes (RID/1 §6, §7)."""
    with tempfile.TemporaryDirectory(prefix="suicha-draw-") as name:
        folder = Path(name)
        known = await work.fetch_files(folder, "manifest", *INPUTS)
        fetched = {name: known[name].sha256 for name in INPUTS}
        (folder / "reveals.json").write_bytes((await work.reveals(row)).to_bytes())
        outcome = await compute(
            "draw", work.progress, folder=str(folder), round_id=str(row.id), sha256=fetched
        )
        assert outcome["seed"] == row.seed, "the log's seed and the draw's are one"
        out = folder / "out"
        result, match = await work.store(
            {out / "result.tsv": outcome["result_rows"], out / "match.tsv": outcome["match_rows"]}
        )
        ids = await work.files.put_path(out / "ids.txt", "text/plain", outcome["ids"])
        async with work.db.transaction(SYSTEM) as session:
            current = await find_round(session, row.id, lock=True)
            if current.state != "seeded":
                return
            for kind, ref in {"result": result, "match": match, "ids": ids}.items():
                keep_file(session, row.id, kind, ref)
            await session.flush()
            await copy_in(session, "results", RESULT_COLUMNS, out / "results.copy")
            await copy_in(session, "matches", MATCH_COLUMNS, out / "matches.copy")
            hashes = {name: outcome[name] for name in ("result_hash", "match_hash")}
            await ledger.append(session, current, Event.DRAWN, hashes)
            current.state, current.visits = "drawn", outcome["visits"]
            current.result_hash, current.match_hash = hashes["result_hash"], hashes["match_hash"]
