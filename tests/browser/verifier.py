"""The verifier's page as a visitor uses it."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .devtools import Page

_REPORT = (
    "new Promise(tell => document.addEventListener('verified', told => tell(told.detail), {once: true}))"
)


class Verifier:
    """Opens the page anew for every verification and returns the report that the page shows."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self._address = page, address

    def bundle(
        self,
        path: Path,
        *,
        log: Path | None = None,
        inputs: Sequence[Path] = (),
        sandbox: bool = False,
        **texts: str,
    ) -> dict[str, Any]:
        """Chooses a bundle (or a receipt's file), with the whole log, the files of a sealed round and what is written
        into the fields `key`, `witnesses`, `since` and `consistency`, if given."""
        self._prepare(texts)
        if log:
            self.page.choose("#verify-log", log)
        if inputs:
            self.page.choose("#verify-inputs", *inputs)
        self.page.evaluate(f"document.querySelector('#verify-sandbox').checked = {json.dumps(sandbox)}")
        report = self.page.promise(_REPORT)
        self.page.choose("#verify-file", path)
        return self._read(report)

    def receipt(self, text: str, *, key: str = "") -> dict[str, Any]:
        """Pastes a receipt."""
        self._prepare({"key": key, "text": text})
        report = self.page.promise(_REPORT)
        self.page.evaluate("document.querySelector('#verify-form button').click()")
        return self._read(report)

    def _prepare(self, texts: dict[str, str]) -> None:
        self.page.go(self._address)
        for name, text in texts.items():
            self.page.evaluate(f"document.querySelector('#verify-{name}').value = {json.dumps(text)}")

    def _read(self, promise: str) -> dict[str, Any]:
        report: dict[str, Any] | None = self.page.settled(promise)
        assert report is not None, self.shown()
        return report

    def shown(self) -> str:
        """The text of the report, as it is read."""
        return str(self.page.evaluate("document.querySelector('#verify-report').innerText"))
