"""The columns of every register: one table of data for imports, exports, templates and docs/imports.md."""

from suicha_registry.tables.columns import Column
from suicha_registry.tables.words import (
    CATEGORIES,
    ENFORCEMENTS,
    EXPERT_KINDS,
    EXPERT_STATES,
    KINDS,
    LISTS,
    QUESTION_TYPES,
    STATES,
    STATUSES,
    YES_NO,
)

_DAY = "日期，如 2026-03-01；2026/3/1、20260301 也可以"
_REGION = "六位行政区划代码（GB/T 2260）"
_CODE = "大写字母、数字、点、横线、下划线"
_ORG = Column(
    "org",
    "机构编码",
    ("所属机构",),
    says="填写时须为本机构；其他机构的行不导入",
    example="410300-rsj",
)

SUBJECTS = (
    Column(
        "name",
        "企业名称",
        (
            "名称",
            "单位名称",
            "检查对象名称",
            "主体名称",
            "市场主体名称",
            "用人单位名称",
            "企业（单位）名称",
        ),
        needed=True,
        says="不超过 300 字",
        example="洛阳示例商贸有限公司",
    ),
    Column(
        "id",
        "统一社会信用代码",
        ("统一社会信用代码/注册号", "信用代码", "社会信用代码", "对象编号", "credit_code"),
        needed=True,
        says="18 位，含校验码（GB 32100）；非市场主体和无证机构可填自编编号",
        example="91410300MA3X93BJ5E",
    ),
    Column(
        "kind",
        "对象类型",
        ("检查对象类型", "主体类型"),
        words=KINDS.all,
        says="空白时按信用代码判断",
        example="企业",
    ),
    Column(
        "region",
        "行政区划代码",
        ("区划代码", "行政区划"),
        says=f"{_REGION}；空白时按信用代码第 3–8 位",
        example="410300",
    ),
    Column(
        "registered_on", "注册日期", ("成立日期", "登记日期", "设立日期"), says=_DAY, example="2001-02-03"
    ),
    Column(
        "company_type",
        "企业类型",
        ("公司类型", "市场主体类型"),
        says="不超过 300 字",
        example="有限责任公司",
    ),
    Column("capital", "注册资金", ("注册资本", "出资额"), says="不超过 300 字", example="100 万元"),
    Column("scope", "经营范围", ("业务范围",), says="不超过 20000 字", example="日用百货销售"),
    Column(
        "address",
        "注册地址",
        ("住所", "地址", "经营场所", "住所（经营场所）"),
        says="不超过 1000 字",
        example="洛阳市中州路 1 号",
    ),
    Column(
        "legal_representative",
        "法定代表人",
        ("负责人", "法定代表人/负责人", "经营者"),
        says="不超过 200 字",
        example="张三",
    ),
    Column(
        "status",
        "登记状态",
        ("经营状态", "存续状态", "企业状态"),
        words=STATUSES.all,
        says="空白为存续",
        example="存续",
    ),
    Column(
        "industry",
        "行业代码",
        ("行业门类", "国民经济行业代码"),
        says="门类字母加代码（GB/T 4754-2017）；只写数字代码或门类名称也可以",
        example="L7262",
    ),
    Column("scale", "经营规模", ("企业规模",), says="不超过 20 字", example="小型"),
    Column("nature", "性质", ("企业性质", "单位性质"), says="不超过 40 字", example="民营"),
    Column("structure", "组织架构", ("组织形式",), says="不超过 60 字", example="集团"),
    Column(
        "market_share_bp",
        "市场占有率",
        ("市场占有率（%）",),
        says="百分数，至多两位小数",
        example="12.5%",
    ),
    Column(
        "licences",
        "许可证",
        ("许可证号", "许可证编号", "行政许可"),
        says="种类:编号:有效期至，多个用分号隔开；不写日期为长期，只写编号也可以",
        example="人力资源服务许可证:410300202400001:2028-12-31；劳务派遣许可证:410300202300007:2027-06-30",
    ),
    Column(
        "licence_until",
        "许可证有效期至",
        ("许可证有效期", "许可证到期日"),
        says=f"许可证一栏没有写日期的，以此为准；导出时写在许可证一栏。{_DAY}",
        example="2028-12-31",
        folded=True,
    ),
    Column("unit", "监管单位", ("监管单位编码", "监管机构"), says=f"编码：{_CODE}", example="LY-JC1"),
    Column("credit_grade", "信用风险等级", ("信用等级",), told=True, says="由信用风险分级推送，不从本表导入"),
    Column("grade_source", "信用等级来源", told=True, says="随信用风险等级推送"),
    Column("grade_month", "信用等级月份", told=True, says="随信用风险等级推送"),
    Column("labels", "标签", told=True, says="标签编码，由标签规则标注，不从本表导入"),
    Column("lists", "名单", told=True, says="异常名录、严重违法失信等名单，不从本表导入"),
    Column("last_inspected_on", "最近检查日期", told=True, says="由检查结果写入，不从本表导入"),
)
"""检查对象名录库."""

ORGANISATIONS = (
    Column(
        "code",
        "机构编码",
        ("编码",),
        needed=True,
        says="行政区划代码、横线、小写字母",
        example="410300-rsj",
    ),
    Column("name", "机构名称", ("名称",), needed=True, example="洛阳市人力资源和社会保障局"),
    Column("region", "行政区划代码", ("区划代码",), needed=True, says=_REGION, example="410300"),
    Column(
        "departments",
        "处室",
        ("科室", "股室"),
        says="编码:名称:队伍，多个用分号隔开；不写队伍时与编码相同",
        example="LDJC:劳动保障监察支队:LDJC；RLZY:人力资源市场科",
    ),
    Column(
        "leading_group",
        "领导小组",
        says="角色:姓名（或处室）:职务，角色为组长、副组长、成员、办公室，多个用分号隔开",
        example="组长:示例:局党组成员、副局长；办公室:劳动保障监察支队",
    ),
    Column(
        "responsibilities",
        "责任分工",
        says="事项:牵头处室编码:责任处室编码（用逗号隔开）:依据，多个用分号隔开",
        example="registries_complete:LDJC:RLZY:二（一）",
    ),
)
"""检查机关及其处室."""

ITEMS = (
    Column(
        "code",
        "事项编码",
        ("编码",),
        needed=True,
        says=f"{_CODE}，不超过 54 位",
        example="LY-HR-01",
    ),
    Column("name", "抽查事项", ("事项名称", "名称"), needed=True, example="对职业中介活动的检查"),
    Column("content", "检查内容", ("抽查内容",), example="职业中介许可、明示事项、台账"),
    Column("category", "事项类别", ("类别",), words=CATEGORIES.all, example="市场监管执法事项"),
    Column("enforcement", "执法类型", words=ENFORCEMENTS.all, example="行政检查"),
    Column(
        "basis",
        "抽查依据",
        ("执法依据", "法律依据"),
        says="《法律名称》条款，多个用分号隔开；没有依据不得公布",
        example="《人力资源市场暂行条例》第三十四条；《劳动保障监察条例》第十一条",
    ),
    Column("body", "实施主体", says="空白为本机构", example="市人社局"),
    Column("department", "承办处室", ("责任股室",), says="本机构的处室编码", example="LDJC"),
    Column("ratio_bp", "抽查比例", says="百分数，至多两位小数", example="5%"),
    Column("frequency", "抽查频次", example="每年 1–2 次"),
    Column("method", "抽查方式", ("检查方式",), example="实地检查"),
    Column("staff", "检查人数", says="至少 2 人", example="2"),
    Column("staff_requirement", "人员要求", example="持有执法证件"),
    Column(
        "object_kinds",
        "对象类型",
        says=f"{'、'.join(KINDS.all)}，多个用分号隔开",
        example="企业；个体工商户",
    ),
    Column("object_range", "抽查对象范围", ("抽查对象",), example="人力资源服务机构"),
    Column("form_code", "检查表单", ("表单编码",), says="表单库中的编码", example="HR-BASE"),
    Column("source", "出处", example="洛人社〔2024〕1号附件1"),
    Column(
        "lists",
        "所在清单",
        says=f"{'、'.join(LISTS.all)}，多个用分号隔开；空白为前者",
        example="随机抽查事项清单",
    ),
    Column(
        "legal_ratio",
        "法定比例",
        says="法律自己规定的最低比例：《法律名称》条款：百分数",
        example="《劳动保障监察条例》第十一条：10%",
    ),
    Column(
        "legal_frequency",
        "法定频次",
        says="法律自己规定的每年次数：《法律名称》条款：最少-最多，任一可以空白",
        example="《劳动保障监察条例》第十一条：1-2",
    ),
    Column("expertise", "所需专长", says="多个用分号隔开；检查人员具备其一即可", example="劳务派遣"),
    _ORG,
    Column("state", "公布状态", told=True, says="经法制机构核准后公布，不从本表导入"),
)
"""抽查事项清单 (S0 annex 1)."""

INSPECTORS = (
    Column(
        "code",
        "人员编号",
        ("编号",),
        needed=True,
        says=f"{_CODE}，不超过 54 位",
        example="LYJC001",
    ),
    Column("name", "姓名", needed=True, example="张三"),
    Column(
        "department",
        "处室",
        ("科室", "股室", "所在处室"),
        needed=True,
        says="本机构的处室编码",
        example="LDJC",
    ),
    Column("region", "行政区划代码", ("区划代码",), says=f"{_REGION}；空白为机构所在地", example="410300"),
    Column("unit", "监管单位", ("所属单位编码",), says="不按监管单位抽取时空白", example="LY-JC1"),
    Column("licence_no", "执法证号", ("执法证件号",), needed=True, example="豫C00123"),
    Column(
        "licence_until",
        "执法证有效期至",
        ("执法证有效期", "证件有效期至"),
        needed=True,
        says=f"最后有效的一天。{_DAY}",
        example="2028-12-31",
    ),
    Column(
        "scopes",
        "执法事项",
        ("可检查事项",),
        says="事项编码，多个用分号隔开；* 为全部",
        example="LY-HR-01；LY-HR-02",
    ),
    Column("expertise", "专长", says="多个用分号隔开，用事项所需专长的说法", example="劳务派遣"),
    Column("state", "状态", ("在岗状态",), words=STATES.all, says="空白为在岗", example="在岗"),
    Column(
        "identity_number",
        "身份证号",
        (
            "身份证号码",
            "公民身份号码",
            "居民身份证号",
            "居民身份证号码",
            "身份证",
            "身份号码",
            "证件号码",
            "证件号",
        ),
        says="加密保存；空白或与登记一致的遮盖号码不改变已登记的号码",
    ),
    _ORG,
)
"""执法检查人员名录库."""

EXPERTS = (
    Column("code", "专家编号", ("编号",), needed=True, says=f"{_CODE}，不超过 54 位", example="LYZJ-001"),
    Column("name", "姓名或机构名称", ("姓名", "名称", "机构名称"), needed=True, example="洛阳某会计师事务所"),
    Column("kind", "专家类别", ("类别",), needed=True, words=EXPERT_KINDS.all, example="会计师事务所"),
    Column("institution", "工作单位", says="个人专家的工作单位", example="洛阳某大学"),
    Column("credit_code", "统一社会信用代码", ("信用代码",), says="机构填写", example="91410300MA3X93BJ5E"),
    Column("qualification", "职称资质", ("职称", "资质"), example="注册会计师 410300000001"),
    Column("tags", "专业标签", ("标签", "专长"), says="多个用分号隔开", example="审计；社保基金"),
    Column("valid_from", "有效期起", needed=True, says=_DAY, example="2026-01-01"),
    Column("valid_until", "有效期止", needed=True, says=f"在库的最后一天。{_DAY}", example="2028-12-31"),
    Column(
        "confidential_since",
        "保密和回避承诺日期",
        ("保密承诺日期",),
        says=f"未书面承诺的不得参与检查。{_DAY}",
        example="2026-01-01",
    ),
    Column("conflicts", "应回避对象", says="对象的统一社会信用代码或编号，多个用分号隔开"),
    Column("state", "状态", words=EXPERT_STATES.all, says="空白为在库", example="在库"),
    _ORG,
)
"""专家库."""

FORMS = (
    Column("code", "表单编码", ("检查表单", "编码"), needed=True, says=_CODE, example="HR-BASE"),
    Column("name", "表单名称", ("名称",), says="同一表单写在任何一行即可", example="人力资源市场检查表"),
    Column("clause", "表单出处", ("出处",), says="表单来自哪个文件", example="汝人社〔2022〕1号附件2"),
    Column("extends", "基础表单", says="在哪份表单的题目之后；没有则空白", example="BASE"),
    Column(
        "key", "题目编号", ("题号",), needed=True, says="同一表单内不重复，没有空格和斜线", example="licence"
    ),
    Column("section", "题目分组", ("分组",), example="许可情况"),
    Column("text", "题目", ("检查内容", "检查项"), needed=True, example="人力资源服务许可证是否在有效期内"),
    Column("type", "题型", words=QUESTION_TYPES.all, says="空白为是否题", example="选择题"),
    Column("options", "选项", says="选择题的答案，多个用分号隔开", example="符合；不符合；不涉及"),
    Column("required", "必答", words=YES_NO.all, says="空白为是", example="是"),
    Column("guidance", "检查指引", ("填写说明",), example="查看许可证原件"),
    Column("legal_article", "题目依据", ("依据",), example="《人力资源市场暂行条例》第十八条"),
    Column(
        "evidence_required_if",
        "须取证的答案",
        says="答案是其中之一时须上传证据，多个用分号隔开",
        example="不符合",
    ),
    _ORG,
    Column("number", "版本", told=True, says="内容有变化时自动成为下一版本，发布后使用"),
    Column("published", "发布状态", told=True),
)
"""表单库, one row a question."""

REPORT_TITLES = ("行号", "原因代码", "原因", "有误的列")
"""Columns before those of the file in a report of refused rows; an import of the corrected report skips them."""

REPORT = tuple(
    Column(name, title, told=True)
    for name, title in zip(("_line", "_code", "_reason", "_columns"), REPORT_TITLES, strict=True)
)

TITLES = {
    "subjects": "检查对象",
    "organisations": "机构",
    "items": "抽查事项清单",
    "inspectors": "执法检查人员",
    "experts": "专家库",
    "forms": "表单库",
}
"""What each register is called."""
COLUMNS = {
    "subjects": SUBJECTS,
    "organisations": ORGANISATIONS,
    "items": ITEMS,
    "inspectors": INSPECTORS,
    "experts": EXPERTS,
    "forms": FORMS,
}
"""The columns of each register."""
