"""Problems of the registry alone; each documents itself in the OpenAPI."""

from suicha_chassis.problems import Problem


class RulesetInvalid(Problem):
    """A ruleset document does not follow the schema; `faults` name line, field and clause."""

    status, code, title = 422, "ruleset_invalid", "规则集有误"


class RulesetExists(Problem):
    """Another content was already published under this id and version."""

    status, code, title = 409, "ruleset_exists", "该规则集版本已发布且内容不同，请使用新的版本号"


class RulesetUnknown(Problem):
    """There is no such ruleset version."""

    status, code, title = 422, "ruleset_unknown", "规则集不存在或尚未发布"


class CalendarUnknown(Problem):
    """No official calendar is known for the year; it must be imported, never guessed (X3)."""

    status, code, title = 422, "calendar_unknown", "没有该年度的官方放假安排，请导入国务院办公厅通知"


class Exists(Problem):
    """Something with this code is there already."""

    status, code, title = 409, "already_exists", "编码已存在"


class CodeSetExists(Problem):
    """Another content was already published under this id; a change is a new version."""

    status, code, title = 409, "code_set_exists", "该代码集版本已发布且内容不同，请使用新的版本号"


class CodeUnmapped(Problem):
    """No mapping leads from one set to the other in this direction; none is guessed."""

    status, code, title = 422, "code_unmapped", "两个代码集之间没有这个方向的对照"


class OrganisationUnknown(Problem):
    """The organisation is not registered."""

    status, code, title = 422, "organisation_unknown", "机构未登记"


class DepartmentUnknown(Problem):
    """The organisation has no such department or crew."""

    status, code, title = 422, "department_unknown", "机构没有这个处室（股室）"


class RegionUnknown(Problem):
    """The code is no administrative division (GB/T 2260)."""

    status, code, title = 422, "region_unknown", "行政区划代码不存在（GB/T 2260）"


class NoLegalBasis(Problem):
    """An item without a legal basis may not be published or inspected (S0 二, R3)."""

    status, code, title = 422, "no_legal_basis", "没有法律法规规章依据的事项，一律不得开展检查"


class NotReviewed(Problem):
    """No legal department has approved the item (局机关法制机构核准, S2 Art. 5)."""

    status, code, title = 422, "not_reviewed", "事项未经法制机构核准，不得公布"


class NoForm(Problem):
    """The item's form is not published, so an inspection would have nothing to fill in (R18)."""

    status, code, title = 422, "no_form", "事项没有已发布的检查表单"


class ItemNotPublished(Problem):
    """An item that is not on the published list may not be inspected (S2 Art. 5; 国办发〔2024〕54号)."""

    status, code, title = 422, "item_not_published", "未公布的抽查事项不得开展检查"


class LicenceExpired(Problem):
    """An inspector's licence has expired (S2 Art. 6: 确保执法资格真实有效)."""

    status, code, title = 422, "licence_expired", "执法证件已过有效期"


class FormInvalid(Problem):
    """The questions of a form contradict themselves."""

    status, code, title = 422, "form_invalid", "表单有误"


class TooMany(Problem):
    """More objects than are compared while somebody waits; a part of the region is named instead."""

    status, code, title = 422, "too_many", "对象太多，请缩小范围"


class SurveyTooLong(Problem):
    """The register was not counted in the time that the asker has; nothing goes on in the background."""

    status, code, title = 503, "survey_too_long", "名录库未能在限定时间内统计完"


class FeedRestarted(Problem):
    """The cursor is of a time before the database was restored: what it stands for may be gone."""

    status, code, title = 410, "feed_restarted", "数据库已恢复到另一环境或较早的时刻，请从头取增量"


class UploadUnknown(Problem):
    """The file was not uploaded."""

    status, code, title = 422, "upload_unknown", "文件尚未上传"


class ImportNotChecked(Problem):
    """Only an import that was checked, and waits to be confirmed, can be confirmed or discarded."""

    status, code, title = 409, "import_not_checked", "导入不在待确认状态"


class LabelUnknown(Problem):
    """No label with this code covers the region."""

    status, code, title = 422, "label_unknown", "标签不存在"


class LabelNotForItem(Problem):
    """A tag that names other items cannot choose the objects of this one (R10)."""

    status, code, title = 422, "label_not_for_item", "标签与抽查事项不匹配"


class UnitMissing(Problem):
    """Objects without a supervising unit cannot be given inspectors of their unit (RID/1 §2)."""

    status, code, title = 422, "unit_missing", "检查对象没有监管单位"


class UnknownObjects(Problem):
    """Ids that are not in the frozen lists."""

    status, code, title = 422, "unknown_objects", "检查对象不在冻结的名单中"


class RequestReused(Problem):
    """A snapshot with this request id was frozen for another request."""

    status, code, title = 409, "request_reused", "同一 request_id 已用于不同的冻结请求"


class InspectorUnfit(Problem):
    """An inspector named for a direct dispatch cannot serve (D18, R13)."""

    status, code, title = 422, "inspector_unfit", "直接选派的人员不能执行检查"
