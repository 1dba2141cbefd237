"""PostgreSQL from its wheel runs for root too, and changes nothing that is not ours."""

import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from suicha_chassis import embedded


def start_and_stop(place: embedded.PostgresPlace) -> None:
    uid = place.user
    server = subprocess.Popen(
        place.command(durable=False),
        user=uid,
        group=None if uid is None else "nogroup",
        extra_groups=None if uid is None else [],
        cwd="/",
    )
    try:
        embedded.wait_for_postgres(place)
        embedded.ensure_database(place, "one", "one_owner", "one_service", "word")
        embedded.ensure_database(place, "one", "one_owner", "one_service", "word")
    finally:
        server.terminate()
        server.wait(20)


@pytest.mark.skipif(os.geteuid() != 0, reason="只有 root 需要换用户运行 PostgreSQL，略过")
def test_root_in_a_private_folder_uses_a_shelter_and_leaves_permissions_alone(tmp_path: Path):
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    parents = [private, *private.parents]
    before = [(one.stat().st_mode, one.stat().st_uid) for one in parents]
    home = private / "home"
    home.mkdir()
    place = embedded.prepare_postgres(home, embedded.free_port())
    shelter = place.data.parent
    assert place.user == "nobody" and shelter.parent == Path(tempfile.gettempdir())
    start_and_stop(place)
    assert [(one.stat().st_mode, one.stat().st_uid) for one in parents] == before
    again = embedded.prepare_postgres(home, embedded.free_port())
    assert (again.data, again.password) == (place.data, place.password)
    embedded.remove_postgres(home)
    assert not shelter.exists()


def test_a_cluster_is_made_once_and_its_password_is_readable_by_its_owner_only():
    folder = Path(tempfile.mkdtemp(prefix="suicha-embedded-"))
    folder.chmod(0o711)
    try:
        place = embedded.prepare_postgres(folder, embedded.free_port())
        start_and_stop(place)
        assert (folder / "postgres.password").stat().st_mode & 0o077 == 0
        assert place.data.stat().st_mode & 0o077 == 0
        assert not list(folder.glob("initdb.*"))
    finally:
        embedded.remove_postgres(folder)
        folder.rmdir()
