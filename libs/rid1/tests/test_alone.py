"""The wheel alone, in an empty environment without any network, verifies a draw: that is what the public is told."""

from __future__ import annotations

import shutil
import subprocess
import sys
import venv
from pathlib import Path

from rid1_support import VKEY, World

PROJECT = Path(__file__).parents[1]


def test_the_wheel_installs_without_anything_else_and_verifies_a_bundle(
    played: World, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    shutil.copytree(PROJECT, source, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    offline = ["--no-index", "--no-deps"]
    wheels = tmp_path / "wheels"
    subprocess.run(
        [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(wheels), str(source)], check=True
    )
    [wheel] = wheels.glob("rid1-*.whl")
    alone = tmp_path / "alone"
    venv.create(alone, with_pip=False)
    subprocess.run(
        [*pip, "--python", str(alone / "bin" / "python"), "install", *offline, str(wheel)], check=True
    )
    command = [str(alone / "bin" / "rid1"), "verify", str(played.bundle()), "--log-key", VKEY]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env={"PYTHONUTF8": "1"}, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "核验通过" in done.stdout
    code = "import importlib.metadata as m; print([one.name for one in m.distributions()])"
    command = [str(alone / "bin" / "python"), "-c", code]
    listed = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env={}, check=True)
    assert listed.stdout.strip() == "['rid1']"
