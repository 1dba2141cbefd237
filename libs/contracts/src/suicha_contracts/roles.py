"""Roles and permissions: who may do what. One table, readable in a minute.

A role is what a person is; a permission is what an endpoint asks for. No role may both draw and approve or
witness (features.md O13).
"""

from enum import StrEnum


class Role(StrEnum):
    """A person's or machine's part in an inspection season (issue: Roles; features.md O13)."""

    REGISTRY_ADMIN = "registry-admin"
    PLANNER = "planner"
    APPROVER = "approver"
    OPERATOR = "operator"
    LEGAL = "legal"
    INSPECTOR = "inspector"
    REVIEWER = "reviewer"
    PUBLISHER = "publisher"
    AUDITOR = "auditor"
    AUDIT = "audit"
    """审计、纪检: attends a draw, throws in a secret, signs; other than the auditor, who only reads."""
    NOTARY = "notary"
    """公证: attends a draw like `audit`."""
    ENTERPRISE = "enterprise"
    """企业代表: attends a draw like `audit`, and reads only what is public."""
    PLATFORM = "platform"
    SERVICE = "service"
    """One of our own services calling another (draw freezing from registry). Never given to a person."""


PARTY_WORDS: dict[str, str] = {
    Role.OPERATOR.value: "抽取操作员",
    Role.LEGAL.value: "法制机构",
    Role.AUDIT.value: "审计、纪检",
    Role.NOTARY.value: "公证",
    Role.ENTERPRISE.value: "企业代表",
}
"""What people call those who take part in a draw."""


class Permission(StrEnum):
    """What an endpoint asks for; `area:deed`."""

    REGISTRY_READ = "registry:read"
    REGISTRY_WRITE = "registry:write"
    REGISTRY_IMPORT = "registry:import"
    ITEM_REVIEW = "item:review"
    """Approving items for the list: the legal department, never whoever keeps the list (S2 Art. 5)."""
    RULESET_WRITE = "ruleset:write"
    SNAPSHOT_WRITE = "snapshot:write"
    IDENTITY_READ = "identity:read"
    """Unmasked identity numbers of inspectors; only their keeper."""
    PLAN_READ = "plan:read"
    PLAN_WRITE = "plan:write"
    PLAN_APPROVE = "plan:approve"
    ROUND_READ = "round:read"
    ROUND_OPERATE = "round:operate"
    ROUND_WITNESS = "round:witness"
    ROUND_CONTRIBUTE = "round:contribute"
    ROUND_ATTEST = "round:attest"
    """Signing freeze and result of a round, as the legal witness or another that the ruleset requires."""
    VISIT_READ = "visit:read"
    VISIT_RECORD = "visit:record"
    VISIT_REVIEW = "visit:review"
    FOLLOW_UP_WRITE = "followup:write"
    DISCLOSURE_READ = "disclosure:read"
    DISCLOSURE_RELEASE = "disclosure:release"
    DELIVERY_OPERATE = "delivery:operate"
    AUDIT_READ = "audit:read"


P = Permission
_READ = frozenset({P.REGISTRY_READ, P.PLAN_READ, P.ROUND_READ, P.VISIT_READ, P.DISCLOSURE_READ})

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.REGISTRY_ADMIN: frozenset(
        {P.REGISTRY_READ, P.REGISTRY_WRITE, P.REGISTRY_IMPORT, P.RULESET_WRITE, P.IDENTITY_READ, P.PLAN_READ}
    ),
    Role.PLANNER: frozenset({P.REGISTRY_READ, P.PLAN_READ, P.PLAN_WRITE, P.ROUND_READ, P.DISCLOSURE_READ}),
    Role.APPROVER: frozenset({P.REGISTRY_READ, P.PLAN_READ, P.PLAN_APPROVE, P.ROUND_READ}),
    Role.OPERATOR: frozenset(
        {P.REGISTRY_READ, P.PLAN_READ, P.ROUND_READ, P.ROUND_OPERATE, P.ROUND_CONTRIBUTE, P.VISIT_READ}
    ),
    Role.LEGAL: frozenset(
        {
            P.REGISTRY_READ,
            P.ITEM_REVIEW,
            P.PLAN_READ,
            P.ROUND_READ,
            P.ROUND_WITNESS,
            P.ROUND_CONTRIBUTE,
            P.ROUND_ATTEST,
            P.VISIT_READ,
        }
    ),
    Role.AUDIT: frozenset({P.PLAN_READ, P.ROUND_READ, P.ROUND_CONTRIBUTE, P.ROUND_ATTEST}),
    Role.NOTARY: frozenset({P.PLAN_READ, P.ROUND_READ, P.ROUND_CONTRIBUTE, P.ROUND_ATTEST}),
    Role.ENTERPRISE: frozenset({P.ROUND_CONTRIBUTE, P.ROUND_ATTEST}),
    Role.INSPECTOR: frozenset({P.VISIT_READ, P.VISIT_RECORD, P.FOLLOW_UP_WRITE}),
    Role.REVIEWER: frozenset({P.VISIT_READ, P.VISIT_REVIEW, P.FOLLOW_UP_WRITE, P.DISCLOSURE_READ}),
    Role.PUBLISHER: frozenset({P.VISIT_READ, P.DISCLOSURE_READ, P.DISCLOSURE_RELEASE, P.DELIVERY_OPERATE}),
    Role.AUDITOR: _READ | {P.AUDIT_READ},
    Role.PLATFORM: frozenset(
        {P.REGISTRY_READ, P.REGISTRY_IMPORT, P.PLAN_READ, P.ROUND_READ, P.DISCLOSURE_READ}
    ),
    Role.SERVICE: frozenset({P.REGISTRY_READ, P.SNAPSHOT_WRITE}),
}
"""Every role with all that it may do. Whoever draws (operator) can neither approve nor witness nor review."""


def permissions_of(roles: list[str]) -> frozenset[Permission]:
    """Return what the given roles may do together. Roles that nobody knows give nothing."""
    known = {role.value for role in Role}
    return frozenset().union(*(ROLE_PERMISSIONS[Role(role)] for role in roles if role in known))


SEPARATED: tuple[tuple[Permission, Permission], ...] = (
    (P.ROUND_OPERATE, P.PLAN_APPROVE),
    (P.ROUND_OPERATE, P.ROUND_WITNESS),
    (P.ROUND_OPERATE, P.ROUND_ATTEST),
    (P.ROUND_OPERATE, P.VISIT_REVIEW),
    (P.PLAN_WRITE, P.PLAN_APPROVE),
    (P.VISIT_RECORD, P.VISIT_REVIEW),
    (P.REGISTRY_WRITE, P.ITEM_REVIEW),
)
"""Pairs that one person never holds together (O13; X2 four eyes)."""


def conflicts_of(roles: list[str]) -> list[tuple[Permission, Permission]]:
    """Return the pairs of `SEPARATED` that the given roles would unite in one person."""
    held = permissions_of(roles)
    return [pair for pair in SEPARATED if held.issuperset(pair)]
