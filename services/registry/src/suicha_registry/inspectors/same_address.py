"""Recusals that nobody has to declare: an inspector who lives where an object has its address (D16).

Addresses are compared without the signs that people set differently. Those of inspectors are kept encrypted,
and are in clear only inside the transaction of a freeze, which only reads and is rolled back. The frozen list is
public, so it says `found_by_rule`: whoever reads it must not learn where an inspector lives.
"""

from typing import LiteralString

_SIGNS: LiteralString = " \t\r\n\\\u3000()（）-－—,，.。、"
_GONE = str.maketrans(dict.fromkeys(_SIGNS))


def normalised(address: str) -> str:
    """Return what of an address is compared."""
    return address.translate(_GONE)


LIVING: LiteralString = 'CREATE TEMP TABLE living (code text COLLATE "C", address text) ON COMMIT DROP'
"""Who lives where, for the inspectors of one freeze."""

SAME_ADDRESS: LiteralString = (
    "SELECT l.code AS inspector, s.id AS object_id, 'found_by_rule' AS reason FROM living l "  # noqa: S608
    f"JOIN subjects s ON translate(s.address, '{_SIGNS}', '') = l.address "
    "WHERE EXISTS (SELECT FROM frozen f WHERE f.id = s.id) "
    "AND NOT EXISTS (SELECT FROM recusals r WHERE r.inspector = l.code AND r.object_id = s.id)"
)
"""Pairs of inspector and object at one address that nobody has declared."""
