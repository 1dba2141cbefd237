"""The HTTP door."""

from suicha_chassis.audit_api import audit_router

from suicha_disclosure.api import deliveries, disclosures, public, statistics

ROUTERS = (
    disclosures.routes,
    deliveries.routes,
    statistics.routes,
    public.routes,
    audit_router("disclosure"),
)
TAGS = (
    {"name": "disclosures", "description": "检查结果的公示、不予公开与撤回"},
    {"name": "deliveries", "description": "向各公示渠道的推送、每次尝试与核对"},
    {"name": "disclosure statistics", "description": "公示率、完成率、超期件、问题发现率"},
    {"name": "public results", "description": "向社会公开，无需登录"},
)
