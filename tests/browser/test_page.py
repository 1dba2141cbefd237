"""The verifier's page on the website and saved to disk: what it shows, what it may do, where it fits."""

import json
import random
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest
from browser.devtools import INSECURE_HOST, Browser
from browser.verifier import Verifier
from rid1 import jcs
from rid1.checkpoint import attach, parse, read_key, verifier_key
from rid1.receipt import make_receipt
from rid1.verify import verify_bundle
from rid1_support import ORIGIN, VECTORS, VKEY, World, rewrite
from simulated_tsa import SimulatedTsa
from test_sealed import code, seal
from test_timestamp import with_timestamps

COUNT = 100_000
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}


@pytest.mark.parametrize("suite", ["s256", "sm3"])
def test_the_worked_rounds_come_out_in_the_browser(verifier: Verifier, tmp_path: Path, suite: str) -> None:
    report = verifier.bundle(World(tmp_path, suite).play().bundle(), key=VKEY)
    expected = json.loads((VECTORS / suite / "expected.json").read_text())
    assert report["ok"]
    assert report["notes"] == []
    for name in ("manifest_hash", "seed", "result_hash", "match_hash"):
        assert report["facts"][name] == expected[name]


def enlarge(world: World) -> World:
    """The world's round with 100,000 objects, 800 inspectors and 100 recusals, not yet played."""
    units, rng = [f"U{unit:02}" for unit in range(40)], random.Random(1)
    pool = [f"HR\t{at:018}\t{rng.choice('AAABBCD')}\t{rng.choice(units)}" for at in range(COUNT)]
    world.write_lines("pool", pool)
    world.write_lines("excluded", [])
    world.write_lines("inspectors", [f"JC{at:04}\tLDJC\t{units[at % 40]}\t*" for at in range(800)])
    world.write_lines("recusals", [f"JC{at:04}\t{at * 7:018}\tkinship" for at in range(100)])
    manifest = world.manifest
    lists = [{**manifest["lists"][0], "registry_count": COUNT}]
    world.change(lists=lists, crews=manifest["crews"][:1])
    world.refreeze()
    return world


def test_a_bundle_of_a_hundred_thousand_objects_is_replayed_in_full(verifier: Verifier, world: World) -> None:
    report = verifier.bundle(enlarge(world).play().bundle())
    assert report["fault"] is None
    assert report["facts"]["objects"] == COUNT
    assert report["facts"]["targets"] == report["facts"]["selected"] > 5_000


def test_while_it_works_the_page_says_what_it_is_doing(
    chromium: Browser, website: str, played: World
) -> None:
    listen = """addEventListener('DOMContentLoaded', () => {
        const [said, bar] = [document.querySelector('[aria-live]'), document.querySelector('progress')];
        window.heard = [];
        new MutationObserver(() => heard.push([said.textContent, bar.value]))
            .observe(said, {childList: true, characterData: true, subtree: true});
    })"""
    with chromium.open("about:blank") as page:
        page.call("Page.addScriptToEvaluateOnNewDocument", source=listen)
        Verifier(page, f"{website}/verify").bundle(played.bundle())
        heard = page.evaluate("heard")
        assert page.evaluate("document.querySelector('#verify-progress').hidden")
    steps = [said for said, _ in heard if said.startswith("正在核验：")]
    assert len(steps) == 9
    assert steps[0] == "正在核验：证明包结构"
    assert heard[-1][0].startswith("核验通过")
    values = [value for said, value in heard if said.startswith("正在核验：")]
    assert len(set(values)) == len(steps) and values == sorted(values), "each step fills the bar further"
    assert heard[-1][1] == 100


def test_a_browser_that_cannot_check_signatures_says_so(
    chromium: Browser, website: str, played: World
) -> None:
    address = f"{website.replace('127.0.0.1', INSECURE_HOST)}/verify"
    with chromium.open(address) as page:
        report = Verifier(page, address).bundle(played.bundle(), key=VKEY)
        assert not page.evaluate("isSecureContext")
    assert report["ok"]
    assert [note["code"] for note in report["notes"]] == ["ed25519_unsupported"]


def offline(chromium: Browser, website: str, folder: Path) -> Path:
    with urlopen(f"{website}/verify/offline.html") as answer:
        assert "attachment" in answer.headers["content-disposition"]
        saved = folder / "saved.html"
        saved.write_bytes(answer.read())
    return saved


def test_the_saved_file_verifies_bundles_and_receipts_without_the_website(
    chromium: Browser, website: str, played: World
) -> None:
    saved = offline(chromium, website, played.root)
    with chromium.open(saved.as_uri()) as page:
        verifier = Verifier(page, saved.as_uri())
        page.call("Network.enable")
        page.call(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )
        good = verifier.bundle(played.bundle(), key=VKEY, log=played.export())
        assert (good["ok"], good["notes"], good["passed"][3]) == (True, [], "full_log")
        drawn = (played.out / "result.tsv").read_text().split("\t")[4]
        [place, *_] = verifier.receipt(jcs.encode(make_receipt(played.bundle(), drawn)).decode())["places"]
        assert (place["rank"], place["mark"]) == (1, "S")
        played.out.joinpath("match.tsv").write_bytes(b"")
        assert verifier.bundle(played.bundle())["fault"]["code"] == "match_row"


@pytest.mark.parametrize("saved", [False, True])
def test_the_page_can_send_nothing_anywhere(
    chromium: Browser, website: str, tmp_path: Path, saved: bool
) -> None:
    address = offline(chromium, website, tmp_path).as_uri() if saved else f"{website}/verify"
    with chromium.open(address) as page:
        refused = (
            "attempt => new Promise(tell => { document.addEventListener("
            "'securitypolicyviolation', event => tell(event.effectiveDirective), {once: true}); attempt() })"
        )
        elsewhere = "'http://127.0.0.2:9/'"
        assert page.evaluate(f"({refused})(() => fetch({elsewhere}).catch(() => 0))") == "connect-src"
        assert page.evaluate(f"({refused})(() => {{ new Image().src = {elsewhere} }})") == "img-src"
        assert page.evaluate(f"({refused})(() => navigator.sendBeacon({elsewhere}))") == "connect-src"


@pytest.mark.parametrize("saved", [False, True])
def test_the_worker_that_reads_the_files_can_send_nothing_either(
    chromium: Browser, website: str, tmp_path: Path, saved: bool
) -> None:
    address = offline(chromium, website, tmp_path).as_uri() if saved else f"{website}/verify"
    source = "URL.createObjectURL(new Blob([document.getElementById('worker-source').textContent]))"
    refused = (
        "attempt => new Promise(tell => { addEventListener('securitypolicyviolation', event => "
        "tell(event.effectiveDirective), {once: true}); setTimeout(() => tell('nothing was refused'), 3000);"
        " try { attempt() } catch {} })"
    )
    elsewhere = f"'{website}/healthz'"  # there, and it would answer
    attempts = [
        f"fetch({elsewhere}).catch(() => 0)",
        f"{{ const r = new XMLHttpRequest(); r.open('GET', {elsewhere}); r.send() }}",
        f"new WebSocket({elsewhere.replace('http', 'ws')})",
        f"importScripts({elsewhere})",
    ]
    with chromium.open(address) as page:
        start = (
            f"new Promise(tell => {{ window.mine = new Worker({source if saved else repr('/verify/worker.js')});"
            " mine.onmessage = () => tell(true); mine.postMessage({text: '{}', key: ''}) })"
        )
        found = page.evaluate_in_worker(start, [f"({refused})(() => {one})" for one in attempts])
    assert found == ["connect-src", "connect-src", "connect-src", "script-src-elem"]


def test_a_receipt_says_in_words_whether_the_enterprise_was_drawn(verifier: Verifier, played: World) -> None:
    rows = [line.split("\t") for line in (played.out / "result.tsv").read_text().splitlines()]
    drawn = next(row for row in rows if row[3] == "S")
    substitute = next(
        row for row in rows if row[3] == "R" and row[4] not in {r[4] for r in rows if r[3] == "S"}
    )
    for row, words in ((drawn, "抽中，第"), (substitute, "候补，第")):
        path = played.root / "receipt.json"
        path.write_bytes(jcs.encode(make_receipt(played.bundle(), row[4])))
        assert verifier.bundle(path)["kind"] == "receipt"
        assert f"名单 {row[0]} · 分层 {row[1]}：{words} {row[2]} 位" in verifier.shown()
        assert row[5] in verifier.shown()
    assert "✓ 回执属实" in verifier.shown()


def test_the_report_lists_every_step_and_marks_the_first_that_fails(
    verifier: Verifier, played: World
) -> None:
    played.out.joinpath("result.tsv").write_bytes(
        b"".join(played.out.joinpath("result.tsv").read_bytes().splitlines(True)[1:])
    )
    verifier.bundle(played.bundle())
    items = verifier.page.evaluate(
        "[...document.querySelectorAll('.steps li')].map(item => [item.className, item.textContent])"
    )
    assert [name for name, _ in items] == [*["step-passed"] * 6, "step-failed", "step-left", "step-left"]
    assert [text for _, text in items][6] == "✗抽取结果（重算）：不通过"
    assert "result_row" in verifier.shown()
    spoken = verifier.page.evaluate("document.querySelector('[aria-live=polite]').textContent")
    assert spoken.startswith("核验不通过")


def test_the_checkpoint_of_a_good_bundle_can_be_kept_and_given_back_with_the_whole_log(
    verifier: Verifier, world: World
) -> None:
    world.log_start()
    first = world.checkpoint()
    world.log_secrets()
    world.log_draw()
    bundle, log = world.bundle(), world.export()
    grown = verifier.bundle(bundle, key=VKEY, since=first, log=log)
    assert (grown["fault"], grown["passed"][3:5]) == (None, ["growth", "full_log"])
    kept = "fetch(document.querySelector('#verify-report a[download]').href).then(one => one.text())"
    verifier.page.call("Page.setBypassCSP", enabled=True)  # the page itself may fetch nothing, not even this
    try:
        verifier.bundle(bundle, key=VKEY)
        assert verifier.page.evaluate(kept) == world.checkpoint()
    finally:
        verifier.page.call("Page.setBypassCSP", enabled=False)
    forged = first.replace("\n6\n", "\n5\n")
    assert forged != first
    assert verifier.bundle(bundle, since=forged, log=log)["fault"]["code"] == "log_forked"
    assert verifier.bundle(bundle, key=VKEY, since=forged, log=log)["fault"]["code"] == "checkpoint_signature"
    assert verifier.bundle(bundle, since="holiday")["fault"]["code"] == "checkpoint"
    assert verifier.bundle(bundle, since=first, consistency="{}")["fault"]["code"] == "consistency"
    assert verifier.bundle(bundle, witnesses="nobody")["fault"]["code"] == "witness_key"


def test_files_of_checkpoint_and_proof_fill_their_fields(verifier: Verifier, played: World) -> None:
    verifier.bundle(played.bundle())
    path = played.root / "checkpoint.txt"
    path.write_text(played.checkpoint())
    filled = verifier.page.promise(
        "new Promise(tell => { const field = document.querySelector('#verify-since'); const look = () => "
        "field.value ? tell(field.value) : requestAnimationFrame(look); look() })"
    )
    verifier.page.choose("#verify-since-file", path)
    assert verifier.page.settled(filled) == played.checkpoint()


def test_a_sealed_bundle_is_never_called_verified_in_full_and_says_what_is_not(
    verifier: Verifier, world: World
) -> None:
    bundle = seal(world).play().bundle()
    assert verifier.bundle(bundle, key=VKEY)["ok"]
    shown = verifier.shown()
    assert "可以完整重算" not in shown
    assert "✓ 核验通过（公开部分）" in shown
    assert "未公开的部分不可由公众核验" in shown
    assert "sealed_order" in shown
    files = [world.folder / f"{name}.tsv" for name in ("pool", "excluded", "recusals")]
    whole = verifier.bundle(bundle, key=VKEY, inputs=files)
    assert (whole["fault"], whole["notes"]) == (None, [])
    assert "可以完整重算" in verifier.shown()
    lacking = verifier.bundle(bundle, inputs=files[:2])["fault"]
    assert (lacking["code"], lacking["where"]) == ("file_unreadable", "recusals.tsv")


@pytest.mark.parametrize("digest", ["sha384", "sha512"])
def test_timestamps_by_longer_hashes_are_checked_too(
    verifier: Verifier, played: World, tmp_path_factory: pytest.TempPathFactory, digest: str
) -> None:
    authority = SimulatedTsa(tmp_path_factory.mktemp("simulated-tsa"))
    right = authority.stamp(parse(played.checkpoint()).text.encode(), digest)
    report = verifier.bundle(with_timestamps(played, "right.zip", right), key=VKEY)
    assert (report["fault"], [note["code"] for note in report["notes"]]) == (None, ["timestamp"])
    wrong = verifier.bundle(with_timestamps(played, "wrong.zip", authority.stamp(b"another", digest)))
    assert wrong["fault"]["code"] == "timestamp_imprint"


def test_a_log_that_another_algorithm_signs_is_not_taken_for_checked(
    verifier: Verifier, played: World
) -> None:
    public = b"\4" * 65
    note = attach(played.checkpoint(), ORIGIN, public, b"\5" * 64, "SM2")
    bundle = rewrite(played.bundle(), "log/checkpoint", lambda _: note.encode())
    assert verifier.bundle(bundle, key=VKEY)["ok"]
    key = verifier_key(ORIGIN, public, "SM2")
    assert code(verify_bundle(bundle, log_key=read_key(key))) == "checkpoint_algorithm"
    assert verifier.bundle(bundle, key=key)["fault"]["code"] == "checkpoint_algorithm"


def test_what_is_neither_bundle_nor_receipt_is_refused_politely(verifier: Verifier, tmp_path: Path) -> None:
    path = tmp_path / "holiday.zip"
    path.write_bytes(b"not a zip at all")
    assert verifier.bundle(path)["fault"]["code"] == "bundle_unreadable"
    assert verifier.receipt("not JSON")["fault"]["code"] == "json_invalid"
    assert verifier.receipt("{}", key="no key")["fault"]["code"] == "log_key"


def test_a_bundle_that_somebody_packed_again_is_still_the_same(verifier: Verifier, played: World) -> None:
    packed = played.root / "packed.zip"
    with zipfile.ZipFile(played.bundle()) as old, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    assert verifier.bundle(packed)["ok"]


@pytest.mark.parametrize("answer", ["none", "good", "bad"])
def test_everything_fits_the_width_of_a_phone(verifier: Verifier, played: World, answer: str) -> None:
    page = verifier.page
    page.call("Emulation.setDeviceMetricsOverride", **PHONE)
    try:
        if answer == "bad":
            played.out.joinpath("match.tsv").write_bytes(b"")
        page.go(page.evaluate("location.href"))
        if answer != "none":
            verifier.bundle(played.bundle())
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    finally:
        page.call("Emulation.clearDeviceMetricsOverride")


def test_without_javascript_the_page_says_how_to_verify(chromium: Browser, website: str) -> None:
    with chromium.open("about:blank") as page:
        page.call("Emulation.setScriptExecutionDisabled", value=True)
        page.go(f"{website}/verify")
        shown = page.evaluate("document.querySelector('main').innerText")
        assert "rid1 verify bundle.zip" in shown
        assert "rid1 receipt --check receipt.json" in shown
        assert "选择证明包或回执" not in shown
