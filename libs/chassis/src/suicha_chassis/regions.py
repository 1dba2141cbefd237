"""Administrative divisions (GB/T 2260), from python-stdnum's table of 行政区划代码, abolished ones included.

A register keeps codes of the year a firm was registered in, so a division that was abolished since is known.
"""

import re
from functools import cache, lru_cache

from stdnum import numdb
from suicha_contracts.values import region_prefix

_ENTRY = re.compile(r"(?:\[[^\]]*\])?([^,\[\]]+)")
_TODAY = re.compile(r"(?:^|\[\d*-\])([^,\[\]]+)$")
"""The last name of an entry, unless it has an end: `[1993-1994]顺平县`."""
_CITY_SEAT = "市辖区"
_PARTS_OF_A_MUNICIPALITY = ("市辖区", "县")


@lru_cache(maxsize=10_000)
def region_name(code: str) -> str:
    """Return the newest name of a division; empty if there is no such division."""
    if len(code) != 6 or not code.isascii() or not code.isdigit():
        return ""
    parts = numdb.get("cn/loc").info(code)
    if len(parts) != 2 or len(parts[1][0]) != 4:
        return ""
    names = _ENTRY.findall(parts[1][1].get("county", ""))
    return str(names[-1]) if names else ""


@lru_cache(maxsize=10_000)
def registered_region(code: str) -> str:
    """Return the division of a registering authority, digits 3 to 8 of a credit code (GB 32100 §4.4).

    `市辖区` entries (410301) are the city itself (410300). Empty if there is no such division.
    """
    name = region_name(code)
    if not name:
        return ""
    if name == _CITY_SEAT and code.endswith("01") and region_name(code[:4] + "00"):
        return code[:4] + "00"
    return code


def region_title(code: str) -> str:
    """Return the name of a division as people say it: a district with its city, `洛阳市西工区`; a city, and a county
    that is a city of its own (81 and above) or directly under its province (90), without what is above it. The code
    itself if there is no such division.
    """
    name = region_name(code)
    if not name or code.endswith("00") or code[4] in "89" or code[2:4] == "90":
        return name or code
    city = region_name(code[:4] + "00")
    return (region_name(code[:2] + "0000") if city in _PARTS_OF_A_MUNICIPALITY else city) + name


@lru_cache(maxsize=10_000)
def places_called(beginning: str) -> tuple[str, ...]:
    """Return what the codes of today's divisions begin with whose names begin so, in order: `洛阳` is 4103, `南阳` is
    4113. None for less than two characters.
    """
    if len(beginning) < 2:
        return ()
    return tuple(prefix for prefix, name in _places() if name.startswith(beginning))


@cache
def _places() -> tuple[tuple[str, str], ...]:
    places = []
    for _, province, _, _, parts in numdb.get("cn/loc").prefixes:
        for _, part, _, properties, _ in parts:
            today = _TODAY.search(properties["county"])
            if today and today[1] not in _PARTS_OF_A_MUNICIPALITY:
                places.append((region_prefix(province + part), today[1]))
    return tuple(sorted(places))
