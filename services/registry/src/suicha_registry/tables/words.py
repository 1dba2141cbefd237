"""Code values as people write them. The first word of each value is the one that exports write. Pure."""

from collections.abc import Mapping

from suicha_contracts.values import SubjectKind, SubjectStatus

EMPTY = frozenset({"", "\\N", "N/A", "n/a", "NA", "NULL", "null", "None", "-", "--", "—", "无"})
"""What registers write when they know nothing."""


class Words:
    """The values of one code and every word for each of them."""

    def __init__(self, words: Mapping[str, tuple[str, ...]]) -> None:
        self.first = {str(value): names[0] for value, names in words.items()}
        self.known = {name: str(value) for value, names in words.items() for name in (*names, str(value))}
        self.all = tuple(self.first.values())

    def read(self, word: str) -> str:
        """Return the value of a word; an unknown word as it stands."""
        return self.known.get(word, word)

    def write(self, value: str) -> str:
        """Return the word for a value; an unknown value as it stands."""
        return self.first.get(value, value)


KINDS = Words(
    {
        SubjectKind.ENTERPRISE: ("企业",),
        SubjectKind.INDIVIDUAL: ("个体工商户", "个体", "个体户"),
        SubjectKind.INSTITUTION: ("非市场主体", "机构", "社保经办机构"),
        SubjectKind.UNLICENSED: ("无证机构", "未经许可机构"),
    }
)
STATUSES = Words(
    {
        SubjectStatus.ACTIVE: ("存续", "在业", "开业", "正常", "在营", "存续（在营、开业、在册）"),
        SubjectStatus.SUSPENDED: ("停业", "歇业", "暂停"),
        SubjectStatus.CANCELLED: ("注销", "吊销", "撤销", "迁出", "吊销，未注销"),
    }
)
CATEGORIES = Words({"market": ("市场监管执法事项",), "other": ("其他行政执法事项",)})
ENFORCEMENTS = Words(
    {"inspection": ("行政检查",), "supervision": ("劳动保障监察",), "verification": ("行政核查",)}
)
LISTS = Words({"regular": ("随机抽查事项清单", "一般"), "triggered": ("触发式抽查事项清单", "触发式")})
STATES = Words({"active": ("在岗",), "on_leave": ("离岗",), "left": ("调离",)})

EXPERT_KINDS = Words(
    {
        "expert": ("专业技术人员", "专家"),
        "accounting_firm": ("会计师事务所",),
        "tax_firm": ("税务师事务所",),
        "law_firm": ("律师事务所",),
        "appraisal_firm": ("资产评估机构", "评估机构"),
        "trade_association": ("行业协会",),
    }
)
EXPERT_STATES = Words({"active": ("在库",), "suspended": ("暂停",), "left": ("出库",)})
GROUP_ROLES = Words({"head": ("组长",), "deputy": ("副组长",), "member": ("成员",), "office": ("办公室",)})
QUESTION_TYPES = Words(
    {
        "yes_no": ("是否题", "是/否"),
        "choice": ("选择题", "单选题"),
        "text": ("填空题", "文字"),
        "number": ("数字题", "数字"),
        "date": ("日期题", "日期"),
    }
)
YES_NO = Words({"yes": ("是", "必填"), "no": ("否", "选填")})
