"""Sealed rounds: who may be drawn is not published, who was drawn is; an enterprise gets its own line with its salt."""

import json
import zipfile
from pathlib import Path

from holding import HR_TASK, Draws, object_id
from rid1.receipt import check_receipt
from rid1.verify import verify_bundle
from suicha_chassis import testing


async def test_a_sealed_round_publishes_no_pool_and_its_receipts_come_from_officers(
    draws: Draws, tmp_path: Path
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), disclosure="sealed")
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    assert done["manifest"]["disclosure"] == "sealed"
    path = f"/draw/v1/rounds/{round_id}"
    auditor = draws.person("auditor")
    drawn = {row["object_id"] for row in (await auditor.get(f"{path}/results?limit=500")).json()["items"]}
    others = [object_id(number) for number in range(200) if object_id(number) not in drawn]

    bundle = tmp_path / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundle")).content)
    report = verify_bundle(bundle)
    assert report.fault is None, report.fault
    with zipfile.ZipFile(bundle) as archive:
        texts = b"".join(archive.read(name) for name in archive.namelist())
    texts += (await draws.anyone.get(f"/public/draws/{done['draw_id']}")).content
    texts += (await draws.anyone.get("/public/log/entries")).content
    assert all(one.encode() not in texts for one in others)
    assert all(one.encode() in texts for one in drawn)

    answer = await auditor.get(f"{path}/objects/{others[0]}/receipt")
    receipt = json.loads(answer.text)
    (place,) = check_receipt(receipt, None)
    assert receipt["id"] == others[0] and len(receipt["places"]) == 1, place
    assert all(one not in answer.text for one in others[1:])
    assert (await draws.anyone.get(f"{path}/objects/{others[0]}/receipt")).status_code == 401
    assert (await auditor.get(f"{path}/objects/{object_id(999)}/receipt")).status_code == 404
    why = (await auditor.get(f"{path}/objects/{others[0]}/why")).json()["lists"][0]
    assert why["standing"] == "not_drawn"


async def test_a_substitute_of_a_sealed_round_is_found_and_stays_verifiable(
    draws: Draws, tmp_path: Path
) -> None:
    await draws.know("410300-rsj@2022.1")
    round_id = await draws.open(await draws.plan(HR_TASK), disclosure="sealed", suite="SM3")
    await draws.hold(round_id)
    done = await draws.finish(round_id)
    assert verify_bundle(await bundle_of(draws, done["draw_id"], tmp_path)).fault is None
    rows = (await draws.person("auditor").get(f"/draw/v1/rounds/{round_id}/results?limit=500")).json()[
        "items"
    ]
    gone = next(row for row in rows if row["stratum"] == "B" and row["rank"] == 1)
    due = next(row for row in rows if row["stratum"] == "B" and row["kind"] == "R")
    who = {"kind": "object", "list_code": "HR", "stratum": "B", "out": gone["object_id"]}
    body = {"who": who, "reason_code": "cancelled", "reason": "注销", "evidence": "e" * 64}
    asked = await draws.deed("operator", round_id, "substitutions", body, 201)
    made = await draws.deed("legal", round_id, f"substitutions/{asked['id']}/approve")
    assert made["outcome"]["in"] == due["object_id"]

    async def rewritten() -> bool:
        return len((await draws.anyone.get(f"/public/draws/{done['draw_id']}/bundles")).json()) == 2

    await testing.eventually(rewritten, 40, "the bundle with the substitution")
    report = verify_bundle(await bundle_of(draws, done["draw_id"], tmp_path))
    assert (report.fault, report.facts["substitutions"]) == (None, 1)


async def bundle_of(draws: Draws, draw_id: str, folder: Path) -> Path:
    bundle = folder / "bundle.zip"
    bundle.write_bytes((await draws.anyone.get(f"/public/draws/{draw_id}/bundle")).content)
    return bundle
