"""The verifier's page as a visitor uses it."""

import json
from pathlib import Path
from typing import Any

from browser.devtools import Page

_REPORT = (
    "new Promise(tell => document.addEventListener('verified', told => tell(told.detail), {once: true}))"
)


class Verifier:
    """Opens the page anew for every verification and returns the report that the page shows."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self._address = page, address

    def bundle(self, path: Path, *, log: Path | None = None, key: str = "") -> dict[str, Any]:
        """Chooses a bundle (or a receipt's file), with the whole log and the pinned key if given."""
        self._prepare(key)
        if log:
            self.page.choose("#verify-log", log)
        report = self.page.promise(_REPORT)
        self.page.choose("#verify-file", path)
        return self._read(report)

    def receipt(self, text: str, *, key: str = "") -> dict[str, Any]:
        """Pastes a receipt."""
        self._prepare(key)
        self.page.evaluate(f"document.querySelector('#verify-text').value = {json.dumps(text)}")
        report = self.page.promise(_REPORT)
        self.page.evaluate("document.querySelector('#verify-form button').click()")
        return self._read(report)

    def _prepare(self, key: str) -> None:
        self.page.go(self._address)
        self.page.evaluate(f"document.querySelector('#verify-key').value = {json.dumps(key)}")

    def _read(self, promise: str) -> dict[str, Any]:
        report: dict[str, Any] | None = self.page.settled(promise)
        assert report is not None, self.shown()
        return report

    def shown(self) -> str:
        """The text of the report, as it is read."""
        return str(self.page.evaluate("document.querySelector('#verify-report').innerText"))
