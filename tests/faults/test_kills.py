"""Any process may be killed in the middle of any step: the season still ends, once and completely."""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from conformance.fieldwork import draft_plan, publish_rules
from suicha_local.demo import disclosing, drawing, inspecting, planning
from suicha_local.demo.client import china_today
from suicha_local.demo.season import balance
from suicha_local.platform import Platform

pytestmark = pytest.mark.slow

RULES = "410300-faults"
PATIENCE = 300.0
"""Seconds for a step of a round: after some failures a job waits for half a minute until it is tried again."""
PROCESSES = (
    "postgres",
    "nats",
    "registry",
    "draw",
    "draw-worker",
    "inspection",
    "disclosure",
    "portal",
    "site",
    "sandbox",
    "envoy",
)


@contextmanager
def killed_in_the_middle(platform: Platform, name: str, rng: random.Random) -> Iterator[None]:
    """Kill a process just after the block begins, and again and again until it ends; at least once.

    It lives for some seconds in between: one that never came up again would show only that people can wait.
    """
    over = threading.Event()

    def kill() -> None:
        time.sleep(rng.uniform(0.0, 0.1))
        while True:
            alive = platform.pid(name)
            platform.kill(name)
            while platform.pid(name) in {0, alive}:
                time.sleep(0.02)
            platform.wait_ready()
            if over.wait(rng.uniform(2.0, 6.0)):
                return

    with ThreadPoolExecutor(1) as pool:
        killing = pool.submit(kill)
        try:
            yield
        finally:
            over.set()
        killing.result()


@pytest.fixture(scope="session")
def rules(season, running):
    """Rules under which an agency may be visited again, for every season here draws from the same agencies."""
    publish_rules(running.gateway, RULES)
    draft_plan(running.gateway, RULES)
    return RULES


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_killed_in_every_step_loses_nothing_and_doubles_nothing(name, rules, running):
    gateway, platform, today = running.gateway, running.platform, china_today()
    outside = disclosing.Outside(running.home)
    rng = random.Random(name)

    def killed():
        return killed_in_the_middle(platform, name, rng)

    with killed():
        plan = planning.make_plan(gateway, today, dispatch_bp=2000, ruleset_id=rules)
    with killed():
        row = drawing.open_round(gateway, [task["id"] for task in plan.tasks], today, patience=PATIENCE)
    with killed():
        row = drawing.throw(gateway, row, PATIENCE)
    with killed():
        drawn = drawing.describe(gateway, drawing.sign(gateway, row, PATIENCE))
    with killed():
        inspected = inspecting.inspect_all(gateway, row["id"], drawn.objects, workers=2)
    with killed():
        disclosing.release_round(gateway, row["id"], drawn.objects)
    with killed():
        disclosing.wait_until_public(gateway, row["id"], drawn.objects)

    assert inspected.visits == drawn.objects
    balance(gateway, outside, drawn)
    visits = [visit["object_id"] for visit in inspecting.visits_of(gateway, row["id"])]
    assert len(visits) == len(set(visits)) == drawn.objects
    publisher = gateway.sign_in("publisher")
    disclosures = list(publisher.pages("/disclosure/v1/disclosures", round_id=row["id"], limit=200))
    assert len({one["visit_id"] for one in disclosures}) == len(disclosures) == drawn.objects
    records = {one["id"] for one in disclosures}
    accepted = [
        (one["channel"], one["record_id"], one["version"])
        for one in publisher.pages("/disclosure/v1/deliveries", limit=200, state="accepted")
        if one["record_id"] in records
    ]
    assert len(accepted) == len(set(accepted)) >= 2 * drawn.objects


def test_a_platform_that_was_stopped_goes_on_where_it_was(season, running):
    running.platform.down()
    running.platform.up(bound=True)
    gateway = running.gateway
    round_id = season.drawn.round["id"]
    assert gateway.sign_in("operator").get(f"/draw/v1/rounds/{round_id}")["state"] == "completed"
    balance(gateway, disclosing.Outside(running.home), season.drawn)
