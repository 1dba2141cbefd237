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


def test_the_unit_starts_the_worker_with_settings_that_exist():
    unit = Path(DEPLOY / "systemd" / "suicha-draw-worker@.service").read_text(encoding="utf-8")
    given = [
        line.removeprefix("Environment=").split("=")[0]
        for line in unit.splitlines()
        if line.startswith("Environment=")
    ]
    assert set(given) - {"XDG_CACHE_HOME"} <= set(names_of(Settings))
    assert "-m suicha_draw worker" in unit
