"""What may be wrong with a disclosure, as problem documents (RFC 9457)."""

from suicha_chassis.problems import Conflict, Problem


class RulesetUnknown(Conflict):
    """The ruleset of the inspection has not arrived yet; it says where and until when to publish."""

    code, title = "ruleset_not_arrived", "所适用的规则集尚未到达，暂不能公示"


class HandlingFirst(Conflict):
    """A problem is handled first and published then (S4 四(五))."""

    code, title = "handling_first", "问题结果须先处理后公示，请先办结后续处理或填写处理说明"


class NoChannel(Conflict):
    """The ruleset names no channel that the platform delivers to."""

    code, title = "no_channel", "规则集没有本平台可以推送的公示渠道"


class NotReleasable(Conflict):
    """Some of the records cannot be released; `faults` names each. Nothing was released."""

    code, title = "not_releasable", "部分检查结果不能公示，均未公示"


class UnknownLine(Problem):
    """A line to be withheld is not part of the record."""

    status, code, title = 422, "unknown_line", "检查结果中没有这一项"
