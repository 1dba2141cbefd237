"""The commands of docs/replay.md, taken out of it and run: what the guide tells people is what is tested."""

from __future__ import annotations

import os
import re
import subprocess
import zipfile
from pathlib import Path

import duckdb

GUIDE = Path(__file__).parents[2] / "docs" / "replay.md"


def block(name: str) -> str:
    """The code block of the guide whose fence says `name` after the language."""
    found = re.search(
        rf"^```\w+ {name}\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    )
    assert found, f"the guide has no block {name}"
    return found[1]


def shell(folder: Path, *names: str, sm3: bool = False, **variables: str) -> str:
    """What the named blocks print, one shell for all of them, in a folder; as the guide says it is done for SM3."""
    script = "set -e\n" + "\n".join(block(name) for name in names)
    if sm3:
        script = script.replace("sha256sum", "openssl dgst -sm3 -r")
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def in_duckdb(folder: Path, key: str, salted: bool = False) -> bytes:
    """The result that DuckDB writes; of a sealed round with the column that the guide says to add."""
    out = folder / "replay.tsv"
    script = block("duckdb").replace("K_TARGET", key).replace("'replay.tsv'", f"'{out}'")
    if salted:
        script = _with_salt(script, "unit: 'VARCHAR'}", "unit: 'VARCHAR', salt: 'VARCHAR'}")
    for name in ("pool.tsv", "manifest.json"):
        script = script.replace(f"'{name}'", f"'{folder / name}'")
    with duckdb.connect() as connection:
        connection.execute(script)
    return out.read_bytes()


def _with_salt(script: str, columns: str, salted: str) -> str:
    assert columns in script
    return script.replace(columns, salted)


def in_postgresql(folder: Path, key: str, psql: Path, url: str, salted: bool = False) -> bytes:
    """The result that PostgreSQL writes, through psql; of a sealed round likewise."""
    script = folder / "replay-postgresql.sql"
    text = block("postgresql")
    if salted:
        text = _with_salt(text, "unit text);", "unit text, salt text);")
    script.write_text(text, encoding="utf-8")
    command = [str(psql), "-X", "-q", "-d", url, "-v", f"key={key}", "-f", script.name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return (folder / "replay-postgresql.tsv").read_bytes()


def unpacked(bundle: Path, folder: Path) -> Path:
    """The bundle's members in a folder."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    return folder
