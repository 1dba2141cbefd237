"""Uploaded files: how long they stay, and that none is forgotten while somebody brings it again or names it."""

import asyncio
import hashlib
from typing import Any

import psycopg
import pytest
from keeping import PAPER, SIGNED, Registry, firms, table
from suicha_chassis import testing
from suicha_chassis.files import FileStore
from suicha_registry.rulesets.service import today

ROSTER = table(
    [["P1", "张三", "LDJC", "豫1", "2099-12-31", "11010519491231002X"]],
    ["人员编号", "姓名", "处室", "执法证号", "执法证有效期", "身份证号"],
)


def grown_old(registry: Registry, *, but: bytes = b"") -> None:
    """Have all files but one come eight days ago."""
    registry.execute(
        "UPDATE uploads SET uploaded_at = now() - interval '8 days' "
        f"WHERE sha256 <> '{hashlib.sha256(but).hexdigest()}'"
    )


async def test_uploads_that_nobody_imports_expire_and_old_rosters_are_removed_however_old(
    registry: Registry,
) -> None:
    await registry.add_organisation()
    orphan, fresh = b"orphan", b"fresh"
    await registry.imported(ROSTER, "inspectors")
    await registry.forgotten(ROSTER)
    await registry.upload(ROSTER)
    register = table(firms(2))
    await registry.imported(register)
    for data in (orphan, fresh):
        await registry.upload(data)
    assert await registry.stored(ROSTER), "it came again and waits for its import"
    grown_old(registry, but=fresh)
    await registry.forgotten(ROSTER)
    await registry.forgotten(orphan)
    assert await registry.stored(fresh) and await registry.stored(register)


async def test_what_proves_a_training_or_an_approval_on_paper_stays(registry: Registry) -> None:
    await registry.add_organisation()
    await registry.add_form()
    item = await registry.add_item("LY-01", publish=False)
    await registry.add_inspector("LYJC001")
    sheet, orphan = "签到表".encode(), b"orphan"
    training = {"topic": "规范", "held_on": str(today()), "minutes": 60, "inspectors": ["LYJC001"]}
    await registry.post("/trainings", training | {"evidence_sha256": await registry.upload(sheet)})
    shown = await registry.post(f"/items/{item['id']}/publish", PAPER)
    tag = {"If-Match": f'"{shown["version"]}"'}
    path = f"/registry/v1/items/{item['id']}"
    assert (await registry.admin.patch(path, {"content": "二"}, headers=tag)).json()["review_sha256"] == ""
    await registry.upload(orphan)
    grown_old(registry)
    await registry.forgotten(orphan)
    assert await registry.stored(sheet)
    assert await registry.stored(SIGNED), "an earlier version of the item was approved with it"


async def test_what_a_refused_request_named_does_not_stay(registry: Registry) -> None:
    await registry.add_organisation()
    sheet = "签到表".encode()
    training = {"topic": "规范", "held_on": str(today()), "minutes": 60, "inspectors": ["NOBODY"]}
    named = training | {"evidence_sha256": await registry.upload(sheet)}
    assert (await registry.admin.post("/registry/v1/trainings", named)).status_code == 422
    grown_old(registry)
    await registry.forgotten(sheet)


async def test_a_file_that_comes_again_while_it_is_removed_is_there_for_its_import(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    await registry.add_organisation()
    removing, go_on, remove = asyncio.Event(), asyncio.Event(), FileStore.remove

    async def paused(files: FileStore, sha256: str) -> None:
        removing.set()
        await go_on.wait()
        await remove(files, sha256)

    monkeypatch.setattr(FileStore, "remove", paused)
    await registry.imported(ROSTER, "inspectors")
    await asyncio.wait_for(removing.wait(), 20)
    again = asyncio.create_task(registry.upload(ROSTER))
    await asyncio.wait([again], timeout=1)
    go_on.set()
    await again
    assert (await registry.imported(ROSTER, "inspectors"))["unchanged"] == 1


async def test_a_file_that_an_import_is_just_naming_is_not_removed(registry: Registry) -> None:
    named, orphan = table(firms(2)), b"orphan"
    digest = await registry.upload(named)
    async with await psycopg.AsyncConnection.connect(registry.database.owner_url) as holder:
        await holder.execute("LOCK TABLE audit_entries IN EXCLUSIVE MODE")
        body = {"upload_sha256": digest, "kind": "subjects", "mode": "direct"}
        naming = asyncio.create_task(registry.admin.post("/registry/v1/imports", body))

        async def waits() -> bool:
            waiting = (
                "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'audit_entries'::regclass"
            )
            return registry.rows(waiting) == [(1,)]

        await testing.eventually(waits, what="the import to be named, and not yet committed")
        await registry.upload(orphan)
        grown_old(registry)
        await registry.forgotten(orphan)
        assert await registry.stored(named)
        await holder.rollback()
    answer = await naming
    assert answer.status_code == 202
    assert (await registry.finished(answer.json()["id"]))["accepted"] == 2


async def test_a_process_that_dies_before_it_has_noted_a_file_leaves_none_that_nobody_removes(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps: Any = FileStore._keep

    async def dies(files: FileStore, *file: Any) -> None:
        await keeps(files, *file)
        raise RuntimeError("killed")

    with monkeypatch.context() as patched:
        patched.setattr(FileStore, "_keep", dies)
        answer = await registry.admin.put(
            f"/registry/v1/uploads/{hashlib.sha256(ROSTER).hexdigest()}", content=ROSTER
        )
    assert answer.status_code == 500 and await registry.stored(ROSTER)
    grown_old(registry)
    await registry.forgotten(ROSTER)
