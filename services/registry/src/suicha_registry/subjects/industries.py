"""国民经济行业分类 (GB/T 4754-2017): its sections (门类) and the divisions (大类) of each. Pure.

Groups and classes below a division are not told apart: the first two digits decide the section.
"""

import re

SECTIONS = {
    "A": ("农、林、牧、渔业", 1, 5),
    "B": ("采矿业", 6, 12),
    "C": ("制造业", 13, 43),
    "D": ("电力、热力、燃气及水生产和供应业", 44, 46),
    "E": ("建筑业", 47, 50),
    "F": ("批发和零售业", 51, 52),
    "G": ("交通运输、仓储和邮政业", 53, 60),
    "H": ("住宿和餐饮业", 61, 62),
    "I": ("信息传输、软件和信息技术服务业", 63, 65),
    "J": ("金融业", 66, 69),
    "K": ("房地产业", 70, 70),
    "L": ("租赁和商务服务业", 71, 72),
    "M": ("科学研究和技术服务业", 73, 75),
    "N": ("水利、环境和公共设施管理业", 76, 79),
    "O": ("居民服务、修理和其他服务业", 80, 82),
    "P": ("教育", 83, 83),
    "Q": ("卫生和社会工作", 84, 85),
    "R": ("文化、体育和娱乐业", 86, 90),
    "S": ("公共管理、社会保障和社会组织", 91, 96),
    "T": ("国际组织", 97, 97),
}
"""Name, first and last division of each section."""

_OF_DIVISION = {
    f"{division:02d}": letter
    for letter, (_, first, last) in SECTIONS.items()
    for division in range(first, last + 1)
}
_OF_NAME = {name: letter for letter, (name, _, _) in SECTIONS.items()}
_CODE = re.compile(r"([A-Ta-t]?)([0-9]{2,4})", re.ASCII)
_NAMED = re.compile(r"([A-Ta-t])[\s:：、.-]*(\D+)", re.ASCII)


def industry_of(text: str) -> str | None:
    """Return the code that a text means, as section letter and digits; the empty text means none.

    A code is a letter, a letter with two to four digits, digits alone (the division gives the letter), or the
    name of a section, with or without its letter. None if it is none of these, or letter and digits disagree.
    """
    text = text.strip()
    if not text:
        return ""
    if text.upper() in SECTIONS:
        return text.upper()
    if text in _OF_NAME:
        return _OF_NAME[text]
    if (code := _CODE.fullmatch(text)) is not None:
        letter = _OF_DIVISION.get(code[2][:2], "")
        return letter + code[2] if letter and code[1].upper() in ("", letter) else None
    if (named := _NAMED.fullmatch(text)) is not None and _OF_NAME.get(named[2]) == named[1].upper():
        return named[1].upper()
    return None
