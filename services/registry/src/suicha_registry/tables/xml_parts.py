"""Parts of a workbook as XML, handled as they are unpacked, in memory that does not grow with them.

A document type definition is refused: workbooks have none, attacks on XML parsers do.
"""

import re
from collections.abc import Callable, Iterator
from typing import IO
from xml.parsers import expat

_CHUNK = 1 << 18
_LONGEST = 4 << 20
"""Bytes without an end of the elements that are looked for, after which they are looked for no more."""
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
_ENCODING = re.compile(rb"""<\?xml[^>]*encoding\s*=\s*["'](?!utf-8["'])""", re.IGNORECASE)

Start = Callable[[str, dict[str, str]], object]
End = Callable[[str], object]
Text = Callable[[str], object]


class NoWorkbook(Exception):
    """The file is no readable workbook."""


def parse(
    source: IO[bytes], start: Start, end: End | None = None, text: Text | None = None
) -> Iterator[None]:
    """Feed a part of the workbook to the handlers; yield after each piece."""
    parser = _parser(start, end, text)
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def parse_but(
    source: IO[bytes],
    within: str,
    name: str,
    take: Callable[[str], bool],
    start: Start,
    end: End,
    text: Text,
    pass_over: Callable[[bytes], bool] = lambda _: False,
) -> Iterator[None]:
    """Do as `parse`, but offer every element `name` within the first `within` to `take` before.

    What it takes, as most elements that programs write, is kept from the parser, which is slower by far: it gets the
    document around them, and the elements that were not taken, in order. `take` is given the text of an element
    without its end tag, and what stands before it. What was unpacked at once is offered to `pass_over` first: some
    elements, the last without its end tag.
    """
    parser = _parser(start, end, text)
    opening, closing = f"<{within}".encode(), f"</{name}>".encode()
    buffer = source.read(_CHUNK)
    while opening not in buffer and len(buffer) < _LONGEST and (chunk := source.read(_CHUNK)):
        buffer += chunk
    at = buffer.find(opening)
    head = buffer.find(b">", at) + 1 if at >= 0 else 0
    offered = head > 0 and not _ENCODING.match(buffer)
    parser.Parse(buffer[:head], False)
    buffer = buffer[head:]
    while offered:
        part, found, rest = buffer.rpartition(closing)
        # A comment or a CDATA section may hold what looks like an end. One byte is found much sooner than two.
        marked = (b"!" in part and b"<!" in part) or (b"?" in part and b"<?" in part)
        offered = not marked and len(rest) < _LONGEST
        if not offered:
            break
        buffer = rest
        unread = found and not pass_over(part)
        for piece in part.decode().split(f"</{name}>") if unread else ():
            if not take(piece):
                parser.Parse(f"{piece}</{name}>".encode(), False)
        yield
        chunk = source.read(_CHUNK)
        if not chunk:
            break
        buffer += chunk
    parser.Parse(buffer, False)
    while chunk := source.read(_CHUNK):
        parser.Parse(chunk, False)
        yield
    parser.Parse(b"", True)
    yield


def local(name: str) -> str:
    """Return the name of an element without its prefix, which some programs write."""
    return name.rpartition(":")[2]


def unescaped(text: str) -> str:
    """Put back the characters that a spreadsheet writes as `_x000D_`."""
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text


def _parser(start: Start, end: End | None, text: Text | None) -> expat.XMLParserType:
    def refuse(*_: object) -> None:
        raise NoWorkbook("document type definition")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    return parser
