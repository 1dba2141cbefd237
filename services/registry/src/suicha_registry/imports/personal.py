"""Identity numbers in files, wherever they stand: they are never kept in clear, whatever the file is imported as.

Pure. A mistyped number still names a person, so neither its check digit nor its day need be right.
"""

import re
import unicodedata

from suicha_registry.tables.columns import normal

HIDDEN = "（不显示）"
_GAP = r"[\s-]?"
_NUMBER = re.compile(
    rf"(?<![0-9A-Za-z])[1-8]\d{{5}}{_GAP}(?:18|19|20)\d{{2}}{_GAP}\d{{4}}{_GAP}\d{{3}}[\dXx](?![0-9A-Za-z])"
)
"""居民身份证号 (GB 11643): division, year of birth, day, serial and check digit, also written in groups."""


def is_identity_title(title: str) -> bool:
    """Tell whether a header announces identity numbers: 身份证, 居民身份证号, 公民身份号码, 证件号码, …"""
    words = normal(title)
    if "身份证" in words or "身份号" in words or words == "identitynumber":
        return True
    return "证件号" in words and "执法" not in words


def without_identities(text: str) -> str:
    """Return a text with every identity number in it hidden.

    Credit codes of enterprises (GB 32100: 91, 92, 93) begin otherwise; an institution's code that happens to look
    alike is hidden too: that is less harm than telling one person's number.
    """
    plain = unicodedata.normalize("NFKC", text)
    hidden = _NUMBER.sub(HIDDEN, plain)
    return text if hidden == plain else hidden
