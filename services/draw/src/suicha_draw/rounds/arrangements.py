"""What is fixed of time and secrecy when a round is opened: until when to reveal, which beacon, when to publish."""

import secrets
from datetime import UTC, datetime, time, timedelta

from rid1.beacon import Chain, round_after
from suicha_chassis.problems import Invalid

from suicha_draw.rounds.rules import chain_of
from suicha_draw.rounds.schemas.kept import RoundSettings
from suicha_draw.rounds.schemas.opening import RoundRequest
from suicha_draw.words import CHINA, party_words

_OF_A_SEED = {
    "contributors": "贡献人", "dice": "骰子", "beacon": "信标", "embargo": "暂缓公开", "publish_after": "公开时间",
}  # fmt: skip
"""What a request may say of a seed, in words."""


def by_hand(wanted: RoundRequest) -> RoundRequest:
    """Return the request of a round whose lots are drawn by hand, without the sources of a seed (D1).

    Raises:
        Invalid: it asks for something that needs a seed.
    """
    asked = [
        words
        for name, words in _OF_A_SEED.items()
        if name in wanted.model_fields_set and getattr(wanted, name)
    ]
    if wanted.substitutes == "fresh_beacon":
        asked.append("以新信标递补")
    if wanted.disclosure == "sealed":
        asked.append("封存名单")
    if asked:
        raise Invalid(f"人工抽签、摇号的抽取没有随机种子，不能另设{'、'.join(asked)}")
    return wanted.model_copy(update={"contributors": [], "dice": False})


def checked_reveal_by(moment: datetime) -> datetime:
    """Whole seconds in the future: log times are compared by the second (RID/1 §5)."""
    if moment <= datetime.now(UTC) + timedelta(seconds=1):
        raise Invalid("揭示截止时间必须晚于现在")
    return moment.astimezone(UTC).replace(microsecond=0)


def first_beacon(chain: Chain, wanted: int | str, reveal_by: datetime) -> int:
    """The round to be named in the manifest: later than `reveal_by` (RID/1 §5)."""
    first = round_after(int(reveal_by.timestamp()), chain)
    if not isinstance(wanted, int):
        return first
    if wanted < first:
        raise Invalid(f"信标轮次须晚于揭示截止时间：至少为第 {first} 轮")
    return wanted


def salt_secret(disclosure: str) -> str | None:
    """What the salts of a sealed round are made of; never shown to anybody (RID/1 §2)."""
    return secrets.token_hex(32) if disclosure == "sealed" else None


def next_beacon(settings: RoundSettings, reveal_by: datetime) -> int | None:
    """Return the beacon of another try: the first round after its `reveal_by`; None where the draw uses none."""
    if settings.beacon is None:
        return None
    return first_beacon(chain_of(settings), "next", checked_reveal_by(reveal_by))


def publish_after(wanted: RoundRequest, reveal_by: datetime) -> datetime | None:
    """When an embargo ends at the latest; by default with the last day of inspections."""
    if wanted.embargo is None:
        if wanted.publish_after is not None:
            raise Invalid("只有暂缓公开的抽取才设定公开时间")
        return None
    if wanted.embargo not in wanted.contributors:
        raise Invalid(f"暂缓公开的一方{party_words(wanted.embargo)}不是本次抽取的贡献人")
    last = datetime.combine(wanted.inspect_to + timedelta(days=1), time(), CHINA)
    moment = last if wanted.publish_after is None else wanted.publish_after
    if moment <= reveal_by:
        raise Invalid("暂缓公开的截止时间须晚于揭示截止时间")
    return moment
