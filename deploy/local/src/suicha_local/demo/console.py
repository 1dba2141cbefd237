"""What a demonstration prints: numbered steps with their times, a bar for what takes long, a summary."""

import sys
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager


class Console:
    """Writes to standard output; draws bars only on a terminal."""

    def __init__(self) -> None:
        self._live = sys.stdout.isatty()
        self._began = time.monotonic()
        self._step = 0

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Number a step, and say how long it took."""
        self._step += 1
        print(f"\n{self._step}. {title}", flush=True)
        began = time.monotonic()
        yield
        print(f"   （{time.monotonic() - began:.1f} 秒）", flush=True)

    def say(self, text: str) -> None:
        """Print one line of a step."""
        print(f"   {text}", flush=True)

    def progress(self, text: str, done: int, total: int) -> None:
        """Redraw a progress line on a terminal; elsewhere only its end is printed."""
        share = done / total if total else 1.0
        bar = "█" * int(share * 24)
        if self._live:
            print(f"\r   {text} {bar:<24} {done}/{total}", end="\n" if done >= total else "", flush=True)
        elif done >= total:
            print(f"   {text} {done}/{total}", flush=True)

    def count(self, text: str, done: int) -> None:
        """Redraw a line that counts towards an end that nobody knows yet; only on a terminal."""
        if self._live:
            print(f"\r   {text} {done:,}", end="", flush=True)

    def end_count(self) -> None:
        """Go on to a new line after `count`."""
        if self._live:
            print(flush=True)

    def table(self, rows: list[tuple[str, str]]) -> None:
        """Print pairs in two columns; Chinese characters are two columns wide."""
        width = max(_width(name) for name, _ in rows)
        for name, value in rows:
            print(f"   {name}{' ' * (width - _width(name))}  {value}", flush=True)

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._began


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
