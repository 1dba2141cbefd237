"""The files that scale the draw worker name what the code names: stream, consumer, settings, probes."""

from pathlib import Path
from typing import Any

import yaml
from suicha_chassis.bus import JOBS
from suicha_chassis.consumers import JobHandler, job_subscription
from suicha_draw.rounds.store import JOB
from suicha_draw.settings import Settings
from suicha_local.home import project_root
from suicha_local.settings_catalogue import names_of

DEPLOY = project_root() / "deploy"


def kubernetes() -> dict[str, Any]:
    text = (DEPLOY / "kubernetes" / "draw-worker.yaml").read_text(encoding="utf-8")
    return {one["kind"]: one for one in yaml.safe_load_all(text)}


async def nothing(body: dict[str, Any]) -> None:
    """A job that is never run here."""


def test_the_autoscaler_watches_the_queue_that_workers_take_rounds_from():
    trigger = kubernetes()["ScaledObject"]["spec"]["triggers"][0]["metadata"]
    queue = job_subscription("draw", JobHandler(JOB, nothing))
    assert (trigger["stream"], trigger["consumer"]) == (JOBS, queue.durable)


def test_the_autoscaler_scales_the_deployment_of_the_worker():
    found = kubernetes()
    assert found["ScaledObject"]["spec"]["scaleTargetRef"]["name"] == found["Deployment"]["metadata"]["name"]


def test_every_variable_of_the_pod_is_a_setting():
    pod = kubernetes()["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    given = {one["name"]: one["value"] for one in pod["env"]}
    assert given.pop("ROLE") == "worker"
    assert set(given) <= set(names_of(Settings))
    assert int(given["DRAW_WORKER_PORT"]) == pod["ports"][0]["containerPort"]


def test_the_unit_gives_each_worker_a_port_that_no_shared_file_can_take_from_it():
    """systemd lets an EnvironmentFile win over Environment=, and draw.env names every setting of .env.example."""
    unit = Path(DEPLOY / "systemd" / "suicha-draw-worker@.service").read_text(encoding="utf-8")
    lines = [line for line in unit.splitlines() if not line.startswith("#")]
    given = dict(
        line.removeprefix("Environment=").split("=", 1) for line in lines if line.startswith("Environment=")
    )
    assert not set(given) & set(names_of(Settings))
    assert given["WORKER_PORT"] == "0"
    command = next(line for line in lines if line.startswith("ExecStart="))
    assert "DRAW_WORKER_PORT=${WORKER_PORT} " in command and command.endswith("-m suicha_draw worker")
    assert "DRAW_WORKER_PORT" in names_of(Settings) and "WORKER_PORT" not in names_of(Settings)


def test_the_image_brings_the_compiled_kernels_of_the_user_that_runs_it():
    recipe = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    assert recipe.index("USER suicha") < recipe.index("RUN python -m rid1.fast") < recipe.index("CMD")
