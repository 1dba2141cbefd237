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


class TaskAlreadyDrawn(Problem):
    """An adjustment touches a task that a draw has used (P5)."""

    status, code, title = 409, "task_already_drawn", "任务已经抽取，不能调整"


class TriggerUnfit(Problem):
    """A triggered task without a trigger record, or with one that does not fit (P13, S3 Art. 2)."""

    status, code, title = 422, "trigger_unfit", "触发式任务与触发记录不符"


class RaiseNotAllowed(Problem):
    """The ruleset does not know this reason to raise (D9)."""

    status, code, title = 422, "raise_not_allowed", "规则集未规定这种加大抽查力度的情形"


class NamedObjects(Problem):
    """A random draw may not name its objects (S3 Art. 5, D23)."""

    status, code, title = 422, "named_objects", "随机抽查不能点名确定检查对象"


class DispatchRefused(Problem):
    """Inspectors may not be dispatched directly here (S3 Art. 2, 7(4), D18)."""

    status, code, title = 422, "dispatch_refused", "不能直接选派检查人员"


class DispatchUnapproved(Problem):
    """Nothing is frozen before a second person has approved the direct dispatch (D18)."""

    status, code, title = 409, "dispatch_unapproved", "直接选派尚未经另一人批准"


class ReasonNotAllowed(Problem):
    """The ruleset does not know this reason for stepping in (D16)."""

    status, code, title = 422, "reason_not_allowed", "规则集未规定这种递补事由"


class UploadMissing(Problem):
    """The named file was not uploaded."""

    status, code, title = 422, "upload_missing", "文件尚未上传"


class ObjectUnknown(Problem):
    """No live object of the caller's region has this id (P15)."""

    status, code, title = 422, "object_unknown", "检查对象不在本辖区名录库中"


class KindNeedsDraw(Problem):
    """The ruleset does not keep this kind of matter out of random draws (P15, P16)."""

    status, code, title = 422, "kind_needs_draw", "该类事项应随机抽查，不能直接办理"


class ApprovalMissing(Problem):
    """The ruleset demands the approval of the head of the body before inspections begin (P12)."""

    status, code, title = 409, "approval_missing", "检查前尚未经批准"


class TasksDoNotFit(Problem):
    """The tasks of a round are not of one body, one ruleset and published plans, or their lists collide."""

    status, code, title = 422, "tasks_do_not_fit", "所选任务不能合并为一次抽取"


class TaskInDraw(Problem):
    """A draw holds the task already: it is finished, or voided and repeated under its own number (RID/1 §4)."""

    status, code, title = 409, "task_in_draw", "任务已在另一次抽取中"


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


class InputsHashMismatch(Problem):
    """The witness signs other lists than the frozen ones."""

    status, code, title = 422, "inputs_hash_mismatch", "签署的名单哈希与冻结的名单不符"


class ResultHashMismatch(Problem):
    """The witness signs another result than the one drawn."""

    status, code, title = 422, "result_hash_mismatch", "签署的结果哈希与抽取结果不符"


class SubstitutionRefused(Problem):
    """Nobody can step in as asked (RID/1 §8)."""

    status, code, title = 422, "substitution_refused", "不能按此递补"


class WitnessUnknown(Problem):
    """The signature line is of no witness that the log's settings pin."""

    status, code, title = 403, "witness_unknown", "不是本日志登记的见证人"


class CosignatureInvalid(Problem):
    """The signature line does not hold for this checkpoint (C2SP tlog-cosignature)."""

    status, code, title = 422, "cosignature_invalid", "共同签名无效"


class TimestampInvalid(Problem):
    """It is no RFC 3161 timestamp, or not one over this checkpoint."""

    status, code, title = 422, "timestamp_invalid", "时间戳无效"


class TimestampUntrusted(Problem):
    """The timestamp does not lead to a root certificate of the settings."""

    status, code, title = 422, "timestamp_untrusted", "时间戳的签发机构不受信任"


class BeaconInvalid(Problem):
    """The signature is not that of the beacon's round (RID/1 §5)."""

    status, code, title = 422, "beacon_invalid", "信标签名无效"


class BeaconVerifiersDisagree(Problem):
    """Two independent implementations differ on a signature: one is broken, nothing may go on."""

    status, code, title = 500, "beacon_verifiers_disagree", "信标的两个验证程序结论不一致"


class BeaconRoundMismatch(Problem):
    """The signature is said to be of another round than the manifest fixed (RID/1 §5)."""

    status, code, title = 422, "beacon_round", "不是清单文件所定的信标轮次"


class BeaconTooEarly(Problem):
    """The round of the beacon is not published yet (RID/1 §5)."""

    status, code, title = 409, "beacon_too_early", "该信标轮次尚未公布"


class Embargoed(Problem):
    """What would give away which objects were drawn is public only after the inspections (RID/1 §5)."""

    status, code, title = 409, "embargoed", "暂缓公开期内不予公开"


class ListUnreadable(Problem):
    """A task's list cannot be read from the registers: an unknown label, or a region outside."""

    status, code, title = 422, "list_unreadable", "任务的名单无法读取"


class CountingTooLong(Problem):
    """The register, or the year that is played over it, takes longer than anybody waits; nothing goes on."""

    status, code, title = 503, "counting_too_long", "名录库较大，未能在限定时间内算完"


class PhysicalLots(Problem):
    """The objects were drawn by hand: there is neither seed, ticket nor proof (D1)."""

    status, code, title = 409, "physical_lots", "人工抽签、摇号，结果不可验证"


class SeededRound(Problem):
    """The round is drawn from a seed; a result drawn by hand never takes its place (D1)."""

    status, code, title = 409, "seeded_round", "本次抽取由随机种子决定，不能录入人工抽签的结果"


class LotsRefused(Problem):
    """The result drawn by hand does not fit the frozen lists; `faults` names each line (D1)."""

    status, code, title = 422, "lots_refused", "人工抽签的结果与冻结的名单不符"


class VoidMismatch(Problem):
    """The confirming person means another request to void than the one that stands (RID/1 §8)."""

    status, code, title = 422, "void_mismatch", "确认的内容与现在的作废申请不一致"


class LotsMismatch(Problem):
    """The confirming person means another document than the one typed (D1)."""

    status, code, title = 422, "lots_mismatch", "确认的内容与录入的人工抽签结果不一致"
