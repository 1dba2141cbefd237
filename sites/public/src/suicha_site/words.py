"""How pages print values: dates, percentages, result codes, digests. Pure functions."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone

from suicha_contracts.codes import LOTS_METHODS, NOT_VERIFIABLE, VOID_REASONS
from suicha_contracts.publication import DRAW_MODE_TEXT, PublicVoidedAttempt
from suicha_contracts.values import NORMAL_RESULTS, RZ_2022, DrawMode, ResultCode

__all__ = ["NOT_VERIFIABLE"]

_CHINA = timezone(timedelta(hours=8))
_TARGET_KEY = "RID/1|key|target|"


def moment(value: datetime | str) -> str:
    """A time on Chinese clocks, to the minute."""
    parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{parsed.astimezone(_CHINA):%Y-%m-%d %H:%M}"


def day(value: date | datetime | str) -> str:
    """A day as printed in official lists: 2026年11月20日. Times count by Chinese clocks."""
    if isinstance(value, str):
        if not value:
            return "—"
        value = datetime.fromisoformat(value)
        if value.tzinfo is not None:
            value = value.astimezone(_CHINA)
    elif isinstance(value, datetime):
        value = value.astimezone(_CHINA)
    return f"{value.year}年{value.month}月{value.day}日"


def month(value: str) -> str:
    """`2026-11` as 2026年11月."""
    year, _, number = value.partition("-")
    return f"{year}年{int(number)}月"


def percent(part: int, whole: int) -> str:
    """The share of part in whole with two decimals, rounded down; integers only."""
    hundredths = part * 10_000 // whole if whole else 0
    return f"{hundredths // 100}.{hundredths % 100:02d}%"


def ratio(basis_points: int) -> str:
    """A ratio in basis points as people write it: 500 → 5%, 1250 → 12.5%."""
    whole, rest = divmod(basis_points, 100)
    return f"{whole}.{rest:02d}".rstrip("0").rstrip(".") + "%"


def hundredths(text: str) -> int:
    """A number with two decimals in hundredths: 36.04 → 3604."""
    return int(text.replace(".", ""))


def bar(part: int, whole: int, width: int = 1000) -> int:
    """Length of a bar in drawing units; something is never drawn as nothing."""
    if not whole or not part:
        return 0
    return max(width // 100, part * width // whole)


def result_text(code: str) -> str:
    """What a result code of the set `rz-2022` says; an unknown code is shown as it is."""
    try:
        return RZ_2022[ResultCode(code)]
    except ValueError:
        return code


def is_problem(code: str) -> bool:
    """Tell whether a result code reports a problem."""
    return code not in {normal.value for normal in NORMAL_RESULTS}


def mode_text(mode: DrawMode) -> str:
    """抽查类型 as printed."""
    return DRAW_MODE_TEXT[mode]


def attempts_text(attempt: int, voided: Sequence[PublicVoidedAttempt]) -> str:
    """Which attempt a draw took, and why those before do not count: 第 2 次抽取（前 1 次作废：…）(RID/1 §4)."""
    before = [one for one in voided if one.attempt < attempt]
    if not before:
        return f"第 {attempt} 次抽取"
    reasons = "；".join(f"第 {one.attempt} 次{void_text(one)}" for one in before)
    return f"第 {attempt} 次抽取（前 {len(before)} 次作废：{reasons}）"


def void_text(one: PublicVoidedAttempt) -> str:
    """Why an attempt was voided: the reason of the list, and what was added to it."""
    known = VOID_REASONS.get(one.code)
    return f"{known}，{one.reason}" if known else one.reason


_CONTRIBUTORS = {
    "operator": "抽取操作员",
    "legal": "法制机构",
    "audit": "审计",
    "notary": "公证",
    "enterprise": "企业代表",
}


def contributor_text(name: str) -> str:
    """Return the Chinese name of a contributor to the seed (RID/1 §5)."""
    return _CONTRIBUTORS.get(name, name)


def lots_text(method: str) -> str:
    """How lots were drawn by hand: 抽签 or 摇号 (D1)."""
    return LOTS_METHODS[method]


def stratum_text(code: str) -> str:
    """A stratum as printed: a credit grade, or everyone."""
    return "全部对象（不分层）" if code == "ALL" else f"信用风险 {code} 级"


def dice_text(dice: str) -> str:
    """The dice record as printed: digits in groups of five."""
    digits = dice.removeprefix("d10x20:")
    if digits == dice:
        return "未使用"
    return " ".join(digits[start : start + 5] for start in range(0, len(digits), 5))


def target_key(suite: str, seed: str) -> str:
    """K_target of RID/1 §6, lower-case hex; a placeholder where this machine's OpenSSL has no SM3."""
    try:
        digest = hashlib.new("sm3" if suite == "SM3" else "sha256", (_TARGET_KEY + seed).encode())
    except ValueError:
        return "（先算出K）"
    return digest.hexdigest()


def digest_command(suite: str) -> str:
    """The shell command that prints the digest of its input in the suite."""
    return "openssl dgst -sm3" if suite == "SM3" else "sha256sum"
