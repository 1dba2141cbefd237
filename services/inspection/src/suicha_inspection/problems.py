"""What can go wrong at an inspection, as problem documents."""

from suicha_chassis.problems import Problem


class NotOnTeam(Problem):
    """Only the team that was drawn may enter (X1 谁检查、谁录入; S3 Art. 7(6))."""

    status, code, title = 403, "not_on_team", "您不在本次检查的检查组内"


class ThirdPartyInspects(Problem):
    """A third party would inspect: only officers do, experts assist (国办发〔2024〕54号; R17)."""

    status, code, title = 422, "third_party_inspects", "第三方机构和专家不得实施检查"


class ExpertUnfit(Problem):
    """The expert may not assist at this visit; each reason is a fault (R16)."""

    status, code, title = 422, "expert_unfit", "该专家不能协助本次检查"


class Incomplete(Problem):
    """Something is missing before the record can be sealed; each thing is a fault (E7, S1 (四))."""

    status, code, title = 422, "incomplete", "检查记录不完整，不能提交"


class TeamTooSmall(Problem):
    """Fewer inspectors are present than the ruleset asks for (E3; S3 Art. 10)."""

    status, code, title = 422, "too_few_present", "到场检查人员少于规定人数"


class LicenceNotShown(Problem):
    """The licences were not shown (S3 Art. 10)."""

    status, code, title = 422, "licence_not_shown", "未出示执法证件，不能开始检查"


class OutsideWindow(Problem):
    """The day lies outside the time set for the inspection, and no reason was given (E15, S1 三(三))."""

    status, code, title = 422, "outside_window", "不在规定的检查时间内，请写明原因"


class InvalidAnswers(Problem):
    """Answers do not fit the frozen form; each is a fault (R18)."""

    status, code, title = 422, "invalid_answers", "填写内容不符合检查表单"


class EvidenceRequired(Problem):
    """This can only be recorded with evidence (S3 Art. 12)."""

    status, code, title = 422, "evidence_required", "须先上传证据材料"


class NothingCorrected(Problem):
    """A correction that changes nothing."""

    status, code, title = 422, "nothing_corrected", "更正内容与原记录相同"
