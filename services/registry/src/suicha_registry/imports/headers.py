"""Chinese column names and their synonyms, and the field that each means."""

from collections.abc import Mapping

SUBJECT_HEADERS: Mapping[str, tuple[str, ...]] = {
    "name": (
        "企业名称",
        "名称",
        "单位名称",
        "检查对象名称",
        "主体名称",
        "市场主体名称",
        "用人单位名称",
        "name",
    ),
    "id": (
        "统一社会信用代码",
        "统一社会信用代码/注册号",
        "信用代码",
        "社会信用代码",
        "对象编号",
        "credit_code",
    ),
    "kind": ("对象类型", "检查对象类型", "主体类型"),
    "region": ("行政区划代码", "区划代码", "行政区划", "region"),
    "registered_on": ("注册日期", "成立日期", "登记日期", "设立日期"),
    "company_type": ("企业类型", "公司类型", "市场主体类型"),
    "capital": ("注册资金", "注册资本", "出资额"),
    "scope": ("经营范围", "业务范围"),
    "address": ("注册地址", "住所", "地址", "经营场所", "住所（经营场所）", "住所(经营场所)"),
    "legal_representative": ("法定代表人", "负责人", "法定代表人/负责人", "经营者"),
    "status": ("登记状态", "经营状态", "存续状态", "企业状态"),
    "industry": ("行业代码", "行业门类", "国民经济行业代码"),
    "scale": ("经营规模", "企业规模"),
    "unit": ("监管单位", "监管单位编码", "监管机构"),
}
"""Columns of a register of objects (检查对象名录库)."""

ORGANISATION_HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("机构编码", "编码", "code"),
    "name": ("机构名称", "名称", "name"),
    "region": ("行政区划代码", "区划代码", "region"),
    "departments": ("处室", "科室", "股室", "departments"),
}
"""Columns of organisations; departments as `编码:名称:队伍` joined by `；`."""

ITEM_HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("事项编码", "编码", "code"),
    "name": ("抽查事项", "事项名称", "名称", "name"),
    "content": ("检查内容", "抽查内容", "content"),
    "category": ("事项类别", "类别", "category"),
    "enforcement": ("执法类型", "enforcement"),
    "basis": ("抽查依据", "执法依据", "法律依据", "basis"),
    "body": ("实施主体", "body"),
    "department": ("承办处室", "责任股室", "department"),
    "ratio_bp": ("抽查比例", "ratio_bp"),
    "frequency": ("抽查频次", "frequency"),
    "method": ("抽查方式", "检查方式", "method"),
    "staff": ("检查人数", "staff"),
    "staff_requirement": ("人员要求", "staff_requirement"),
    "object_kinds": ("对象类型", "object_kinds"),
    "object_range": ("抽查对象范围", "抽查对象", "object_range"),
    "form_code": ("检查表单", "表单编码", "form_code"),
    "source": ("出处", "source"),
}
"""Columns of a list of items (抽查事项清单, S0 annex 1)."""

INSPECTOR_HEADERS: Mapping[str, tuple[str, ...]] = {
    "code": ("人员编号", "编号", "code"),
    "name": ("姓名", "name"),
    "department": ("处室", "科室", "股室", "所在处室", "department"),
    "region": ("行政区划代码", "区划代码", "region"),
    "unit": ("监管单位", "所属单位编码", "unit"),
    "licence_no": ("执法证号", "执法证件号", "licence_no"),
    "licence_until": ("执法证有效期", "执法证有效期至", "证件有效期至", "licence_until"),
    "scopes": ("执法事项", "可检查事项", "scopes"),
    "state": ("状态", "在岗状态", "state"),
    "identity_number": ("身份证号", "身份证号码", "公民身份号码"),
}
"""Columns of a roster of inspectors (执法检查人员名录库)."""


def columns_of(header: list[str], synonyms: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Return the index of each field that the header has; the first synonym that is there wins."""
    places = {name: index for index, name in reversed(list(enumerate(header)))}
    found = {}
    for field, names in synonyms.items():
        for name in names:
            if name in places:
                found[field] = places[name]
                break
    return found
