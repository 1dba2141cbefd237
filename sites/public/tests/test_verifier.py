"""The verifier as files of the website; what it finds is tested in a real browser, in `tests/browser`."""

import re

import pytest
from fastapi.testclient import TestClient
from suicha_site.verifier import page_source, worker_source

SCRIPTS = ["/verify/worker.js", "/verify/page.js"]


def policy(site: TestClient, path: str) -> dict[str, str]:
    stated = site.get(path).headers["content-security-policy"]
    return dict(part.strip().split(" ", 1) for part in stated.split(";"))


def test_the_verifier_runs_our_own_scripts_and_may_connect_to_nothing(site: TestClient) -> None:
    allowed = policy(site, "/verify")
    assert (allowed["script-src"], allowed["worker-src"]) == ("'self'", "'self'")
    assert allowed["default-src"] == "'none'"
    assert "connect-src" not in allowed
    page = site.get("/verify").text
    assert re.findall("<script[^>]*>", page) == ['<script src="/verify/page.js" defer>']
    assert " style=" not in page
    assert not re.search(r'\son\w+="', page)


@pytest.mark.parametrize("path", [*SCRIPTS, "/verify/offline.html", "/", "/draws", "/nowhere"])
def test_everything_but_the_verifiers_page_keeps_the_policy_without_scripts(
    site: TestClient, path: str
) -> None:
    assert set(policy(site, path)) & {"script-src", "worker-src", "connect-src"} == set()


@pytest.mark.parametrize("path", SCRIPTS)
def test_the_scripts_are_served_as_scripts(site: TestClient, path: str) -> None:
    answer = site.get(path)
    assert answer.headers["content-type"].startswith("text/javascript")
    assert answer.text.startswith('"use strict";')
    assert site.head(path).status_code == 200


def test_the_saved_page_holds_everything_and_asks_for_nothing(site: TestClient) -> None:
    answer = site.get("/verify/offline.html")
    assert answer.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E9%9A%8F")
    page = answer.text
    assert worker_source() in page
    assert page_source() in page
    assert not re.search(r'\b(src|href)="', page)
    assert "@import" not in page and "url(" not in page
    assert len(re.findall("</script", page)) == 2, "no source may end its own element"
    assert "default-src 'none'" in page


def test_every_page_leads_to_the_verifier(site: TestClient) -> None:
    assert '<a href="/verify">自己核验</a>' in site.get("/").text
    assert 'aria-current="page">自己核验' in site.get("/verify").text


def test_visitors_without_javascript_are_told_the_command(site: TestClient) -> None:
    [without] = re.findall("<noscript>(.*?)</noscript>", site.get("/verify").text, re.DOTALL)
    assert "rid1 verify bundle.zip" in without
