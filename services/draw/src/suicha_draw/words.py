"""What draw calls states, parties and moments when it speaks to people. Programs get the codes beside it."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rid1.states import STATE_WORDS
from suicha_contracts.roles import PARTY_WORDS

CHINA = ZoneInfo("Asia/Shanghai")

_ROUND_STATES = {str(state): words for state, words in STATE_WORDS.items()} | {"withdrawn": "已撤回"}
_IMPORT_STATES = {
    "received": "待核对", "checked": "待确认", "confirmed": "正在导入", "done": "已导入", "failed": "无法读取",
}  # fmt: skip


def state_words(state: str) -> str:
    """Return what people call the state of a round."""
    return _ROUND_STATES[state]


def import_state_words(state: str) -> str:
    """Return what people call the state of an import of earlier inspections."""
    return _IMPORT_STATES[state]


def party_words(name: str) -> str:
    """Return what people call a contributor or witness."""
    return PARTY_WORDS[name]


def moment_words(moment: datetime) -> str:
    """Return a moment on Chinese clocks, to the second: 2026年12月11日 00:00:00."""
    at = moment.astimezone(CHINA)
    return f"{at.year}年{at.month}月{at.day}日 {at:%H:%M:%S}"
