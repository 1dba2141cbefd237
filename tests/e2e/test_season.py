"""The season of the demonstration, looked at from every side."""

import json
import zipfile

import httpx
import pytest
from suicha_local.demo import drawing, inspecting

pytestmark = pytest.mark.slow


def test_the_books_of_all_services_and_both_receivers_balance(season):
    counts = {count for _, count in season.accounts}
    assert counts == {season.drawn.objects} and season.drawn.objects > 10


def test_every_result_is_public_although_the_credit_platform_failed_for_a_while(season):
    rate = season.disclosed.statistics["disclosure_rate"]
    assert (rate["num"], rate["bp"]) == (season.drawn.objects, 10_000)
    assert season.disclosed.retried > 0


def test_an_object_in_both_lists_is_one_visit_with_two_checks(season):
    assert season.drawn.joint == season.inspected.joint > 0
    assert season.inspected.checks == season.drawn.selected


def test_bad_rows_are_refused_with_line_and_reason_and_the_good_ones_are_in(season, running):
    registered = season.registries
    assert registered.refused == 5_000 // 500 + 5_000 // 1000
    assert registered.accepted + registered.refused == 5_000
    assert {"credit_code_invalid", "column_count"} <= registered.reasons


def test_importing_the_same_file_again_changes_nothing(season):
    again = season.registries.again
    assert (again["accepted"], again["changed"]) == (0, 0)
    assert again["unchanged"] == season.registries.accepted


def test_the_bundle_is_verified_apart_from_the_platform_and_a_changed_copy_is_refused(season):
    assert season.verified["ok"] is True
    assert season.tampered["fault"]["code"] == "result_row"


@pytest.mark.parametrize("member", ["pool.tsv", "inspectors.tsv", "reveals.json", "match.tsv"])
def test_a_bundle_with_any_other_part_changed_is_refused_too(season, running, tmp_path, member):
    bundle, log, key = drawing.download_proof(running.gateway, season.drawn.round["draw_id"], tmp_path)
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(bundle) as source, zipfile.ZipFile(changed, "w") as target:
        for info in source.infolist():
            data = source.read(info)
            if info.filename == member:
                data = data.replace(b"1", b"2", 1)
            target.writestr(info, data)
    code, report = drawing.verify(changed, log, key)
    assert code == 1 and report["fault"]["code"]


def test_citizens_read_plans_draws_results_and_the_log_without_a_token(season, running):
    citizen = httpx.Client(base_url=running.home.gateway)
    for path in (
        "/public/plans",
        "/public/draws",
        f"/public/draws/{season.drawn.round['draw_id']}",
        "/public/log/checkpoint",
        "/public/results",
        "/public/statistics",
        "/public/items",
        "/public/rulesets",
        "/openapi.json",
        "/docs",
    ):
        assert citizen.get(path, follow_redirects=True).status_code == 200, path
    assert citizen.get("/draw/v1/rounds").status_code == 401


def test_the_website_shows_plan_draw_and_results(season, running):
    site = httpx.Client(base_url=running.home.site)
    assert season.plan.plan["name"] in site.get(f"/plans/{season.plan.plan['id']}").text
    page = site.get(f"/draws/{season.drawn.round['draw_id']}").text
    assert season.drawn.round["manifest_hash"] in page and season.drawn.round["seed"] in page
    visit = inspecting.visits_of(running.gateway, season.drawn.round["id"])[0]
    assert visit["object_name"] in site.get(f"/objects/{visit['object_id']}").text


def test_what_is_public_names_no_officer_and_no_representative(season, running):
    site = httpx.Client(base_url=running.home.site)
    results = running.gateway.anyone().get("/public/results", limit=200)["items"]
    public = json.dumps(results, ensure_ascii=False) + site.get("/results").text
    assert "示范负责人" not in public and "示范社区见证人" not in public
    for name in season.registries.inspector_names:
        assert name not in public


def test_the_ratio_below_the_floor_is_refused_in_chinese_with_a_code(season):
    refused = season.refused_ratio
    assert refused["code"] == "ratio_below_floor" and "5" in refused["detail"]


def test_no_identity_number_reaches_a_log(season, running):
    logs = "".join(path.read_text(errors="replace") for path in (running.home.folder / "logs").glob("*.log"))
    for number in season.registries.identity_numbers:
        assert number not in logs
    assert "示范负责人" not in logs


def test_every_process_says_that_it_is_ready_and_shows_its_metrics(season, running):
    for name in ("registry", "draw", "draw_worker", "inspection", "disclosure"):
        address = f"http://127.0.0.1:{running.home.ports[name]}"
        assert httpx.get(f"{address}/readyz").json()["ready"] is True
        metrics = httpx.get(f"{address}/metrics").text
        assert "suicha_outbox_age_seconds" in metrics and "suicha_dead_letters 0.0" in metrics
    for name in ("portal_metrics", "site_metrics", "sandbox_metrics"):
        metrics = httpx.get(f"http://127.0.0.1:{running.home.ports[name]}/metrics").text
        assert "process_resident_memory_bytes" in metrics
    for address in (running.home.gateway, running.home.site, running.home.sandbox):
        assert httpx.get(f"{address}/metrics").status_code == 404
    worker = httpx.get(f"http://127.0.0.1:{running.home.ports['draw_worker']}/metrics").text
    assert "suicha_draw_round_seconds" in worker and "suicha_consumer_lag" in worker
