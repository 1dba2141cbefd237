"""The one exception family of RID/1. A fault carries a machine code, a Chinese and an English sentence and a place."""

from __future__ import annotations


class RidError(Exception):
    """Something in a draw, a file or a bundle is not what RID/1 demands.

    `code` is stable and for programs; `zh` and `en` are for people; `where` names the file, line or log entry.
    """

    def __init__(self, code: str, zh: str, en: str, where: str = "") -> None:
        super().__init__(code, zh, en, where)
        self.code = code
        self.zh = zh
        self.en = en
        self.where = where

    def __str__(self) -> str:
        place = f" [{self.where}]" if self.where else ""
        return f"{self.code}: {self.en}{place}"


class UnreadableError(RidError):
    """The input could not be read at all (no file, no zip, no JSON), so nothing can be said about the draw."""


class TransitionError(RidError):
    """An event came in a state that does not allow it (RID/1 §8)."""
