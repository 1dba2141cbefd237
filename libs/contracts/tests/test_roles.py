"""Who may do what, and what nobody may do alone (O13)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suicha_contracts.roles import (
    ROLE_PERMISSIONS,
    SEPARATED,
    Permission,
    Role,
    conflicts_of,
    permissions_of,
)

roles = pytest.mark.parametrize("role", Role)


@roles
@pytest.mark.parametrize(
    "other", [Permission.PLAN_APPROVE, Permission.ROUND_WITNESS, Permission.VISIT_REVIEW]
)
def test_nobody_who_draws_may_approve_witness_or_review(role: Role, other: Permission) -> None:
    assert not {Permission.ROUND_OPERATE, other} <= ROLE_PERMISSIONS[role]


@roles
def test_no_role_unites_what_four_eyes_must_see(role: Role) -> None:
    assert conflicts_of([role.value]) == []


def test_every_permission_is_held_by_some_role() -> None:
    held = frozenset[Permission]().union(*ROLE_PERMISSIONS.values())
    assert held == frozenset(Permission)


def test_every_role_may_do_something_and_is_in_the_table() -> None:
    assert set(ROLE_PERMISSIONS) == set(Role)
    assert all(ROLE_PERMISSIONS.values())


def test_only_a_service_freezes_the_registers() -> None:
    holders = {role for role, held in ROLE_PERMISSIONS.items() if Permission.SNAPSHOT_WRITE in held}
    assert holders == {Role.SERVICE}


def test_an_auditor_changes_nothing() -> None:
    assert all(permission.value.endswith(":read") for permission in ROLE_PERMISSIONS[Role.AUDITOR])


def test_an_unknown_role_gives_nothing() -> None:
    assert permissions_of(["emperor", ""]) == frozenset()


def test_two_roles_in_one_hand_are_named_as_a_conflict() -> None:
    assert conflicts_of(["operator", "legal"]) == [
        (Permission.ROUND_OPERATE, Permission.ROUND_WITNESS),
        (Permission.ROUND_OPERATE, Permission.ROUND_ATTEST),
    ]
    assert conflicts_of(["inspector", "reviewer"]) == [(Permission.VISIT_RECORD, Permission.VISIT_REVIEW)]


@given(st.lists(st.sampled_from([role.value for role in Role])))
def test_permissions_of_several_roles_are_the_union_and_conflicts_come_only_from_it(held: list[str]) -> None:
    together = permissions_of(held)
    assert together == frozenset[Permission]().union(*(ROLE_PERMISSIONS[Role(role)] for role in held))
    assert set(conflicts_of(held)) == {pair for pair in SEPARATED if set(pair) <= together}
