"""The shared strings of a workbook, of which a register may have millions."""

import mmap
import re
import zipfile
from array import array
from typing import IO

from suicha_registry.tables.xml_parts import local, parse_but, unescaped

_STRING = re.compile(r'\s*<si><t(?: xml:space="preserve")?>([^<&\x00-\x08\x0b-\x1f]*)</t>')
"""A string as most programs write it, without anything to decode."""


class Strings:
    """The shared strings, in a temporary file with the place of each."""

    def __init__(self, archive: zipfile.ZipFile, spool: IO[bytes]) -> None:
        self._places = array("Q", [0])
        self._bytes: mmap.mmap | bytes = b""
        if "xl/sharedStrings.xml" not in archive.namelist():
            return
        pieces: list[str] = []
        shown, phonetic, place, places = False, False, 0, self._places.append

        def start(name: str, _: dict[str, str]) -> None:
            nonlocal shown, phonetic
            name = local(name)
            if name == "si":
                pieces.clear()
            elif name == "rPh":
                phonetic = True
            shown = name == "t" and not phonetic

        def end(name: str) -> None:
            nonlocal shown, phonetic, place
            shown = False
            name = local(name)
            if name == "si":
                place += spool.write(unescaped("".join(pieces)).encode())
                places(place)
            elif name == "rPh":
                phonetic = False

        def text(piece: str) -> None:
            if shown:
                pieces.append(piece)

        def take(piece: str) -> bool:
            nonlocal place
            found = _STRING.fullmatch(piece)
            if found is None:
                return False
            place += spool.write(unescaped(found[1]).encode())
            places(place)
            return True

        with archive.open("xl/sharedStrings.xml") as source:
            for _ in parse_but(source, "sst", "si", take, start, end, text):
                pass
        spool.flush()
        if place:
            self._bytes = mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)

    def __enter__(self) -> "Strings":
        return self

    def __exit__(self, *_: object) -> None:
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()

    def __getitem__(self, index: int) -> str:
        return self._bytes[self._places[index] : self._places[index + 1]].decode()
