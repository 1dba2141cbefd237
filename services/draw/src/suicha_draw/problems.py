"""What draw refuses, each with its own code (RFC 9457)."""

from suicha_chassis.problems import Problem


class RulesetUnknown(Problem):
    """The plan names a ruleset that registry has not published."""

    status, code, title = 422, "ruleset_unknown", "规则集不存在或尚未发布"


class RulesetElsewhere(Problem):
    """The plan names a ruleset of another jurisdiction."""

    status, code, title = 422, "ruleset_elsewhere", "规则集不适用于本机构所在区域"


class RatioBelowFloor(Problem):
    """A ratio lies below what the ruleset demands (S0 三(二), S1 一)."""

    status, code, title = 422, "ratio_below_floor", "抽查比例低于规则集规定的下限"


class TeamTooSmall(Problem):
    """Fewer inspectors than the ruleset demands (D13)."""

    status, code, title = 422, "team_too_small", "检查人员少于规则集规定的人数"


class TooManyCandidates(Problem):
    """More inspectors would be drawn for an object than the ruleset allows for those needed (D14)."""

    status, code, title = 422, "too_many_candidates", "候选检查人员超过规则集规定的倍数"


class OutsideRandomDraws(Problem):
    """The kind of matter is kept out of random draws (P15, P16)."""

    status, code, title = 422, "outside_random_draws", "该类事项不列入随机抽查"


class ModeNotAllowed(Problem):
    """The ruleset does not know this kind of draw (D5)."""

    status, code, title = 422, "mode_not_allowed", "规则集不允许该抽查类型"


class TasksDoNotFit(Problem):
    """The tasks of a round are not of one body, one ruleset and published plans, or their lists collide."""

    status, code, title = 422, "tasks_do_not_fit", "所选任务不能合并为一次抽取"


class SeedSourcesMissing(Problem):
    """Fewer than two independent sources of the seed (RID/1 §5)."""

    status, code, title = 422, "seed_sources", "随机种子来源不足"


class NotYourPart(Problem):
    """A caller may act only as its own contributor (RID/1 §5)."""

    status, code, title = 403, "not_your_part", "只能以本人角色参与"


class AlreadyDone(Problem):
    """The commitment, reveal or throw was given before; it never changes."""

    status, code, title = 409, "already_done", "该步骤已完成，不能更改"


class CommitmentReused(Problem):
    """The commitment opens to a secret that may be known from an earlier attempt."""

    status, code, title = 422, "commitment_reused", "该承诺值曾在先前的抽取中使用，请更换秘密值"


class RevealMismatch(Problem):
    """The secret does not open the commitment (RID/1 §5)."""

    status, code, title = 422, "reveal_mismatch", "揭示值与承诺不符"


class TooLate(Problem):
    """After `reveal_by` nothing counts any more (RID/1 §5)."""

    status, code, title = 409, "too_late", "已过揭示截止时间"


class DiceMismatch(Problem):
    """The confirming person read other digits than the first."""

    status, code, title = 422, "dice_mismatch", "两人录入的骰子点数不一致"


class ResultHashMismatch(Problem):
    """The witness signs another result than the one drawn."""

    status, code, title = 422, "result_hash_mismatch", "签署的结果哈希与抽取结果不符"


class SubstitutionRefused(Problem):
    """Nobody can step in as asked (RID/1 §8)."""

    status, code, title = 422, "substitution_refused", "不能按此递补"
