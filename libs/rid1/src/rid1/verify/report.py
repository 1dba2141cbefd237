"""What a verification found."""

from __future__ import annotations

from dataclasses import dataclass, field

from rid1.errors import RidError


@dataclass
class Report:
    """What a verification found. `fault` is the first thing wrong; `notes` are (code, Chinese, English)."""

    passed: list[str] = field(default_factory=list)
    notes: list[tuple[str, str, str]] = field(default_factory=list)
    facts: dict[str, str | int] = field(default_factory=dict)
    fault: RidError | None = None

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return self.fault is None

    def note(self, code: str, zh: str, en: str) -> None:
        """Adds something that is not wrong but that a reader must know."""
        self.notes.append((code, zh, en))
