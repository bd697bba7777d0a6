"""R6: the whole permission table, row by row as it is meant; the code's table must say the same."""

import pytest

from chalicelib.domain import permissions
from chalicelib.domain.accounts import ManagedBy
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission

COLUMNS = [(policy, role) for policy in ManagedBy for role in Role]

# who may, under the policy        managers                 admins
#                            admin manager viewer     admin manager viewer
TABLE = """
view_account                 yes   yes     yes        yes   yes     yes
leave                        yes   yes     yes        yes   yes     yes
view_managers                yes   yes     yes        yes   yes     yes
view_manager_addresses       yes   yes     -          yes   -       -
invite_managers              yes   yes     -          yes   -       -
view_invitations             yes   yes     -          yes   -       -
remove_managers              yes   yes     -          yes   -       -
change_roles                 yes   yes     -          yes   -       -
view_history                 yes   yes     -          yes   -       -
view_contacts                yes   yes     -          yes   -       -
change_contacts              yes   yes     -          yes   -       -
view_payment_methods         yes   yes     yes        yes   yes     yes
update_payment_methods       yes   yes     -          yes   yes     -
view_subscriptions           yes   yes     yes        yes   yes     yes
update_subscriptions         yes   yes     -          yes   yes     -
view_payments                yes   yes     yes        yes   yes     yes
view_invoices                yes   yes     yes        yes   yes     yes
view_usage_counts            yes   yes     yes        yes   yes     yes
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()]


def test_the_columns_are_the_policies_with_their_roles() -> None:
    """R6: the heading above is in the order of the code."""
    assert [f"{policy.value} {role.value}" for policy, role in COLUMNS] == [
        "managers admin",
        "managers manager",
        "managers viewer",
        "admins admin",
        "admins manager",
        "admins viewer",
    ]


def test_every_permission_has_its_row() -> None:
    """R6: nothing can be asked for that is not in the table."""
    assert [name for name, *_ in ROWS] == [permission.value for permission in Permission]


@pytest.mark.parametrize(("name", "cells"), [(name, cells) for name, *cells in ROWS], ids=[row[0] for row in ROWS])
def test_the_code_decides_as_the_table_says(name: str, cells: list[str]) -> None:
    """R6."""
    permission = Permission(name)
    decided = ["yes" if permissions.may(policy, role, permission) else "-" for policy, role in COLUMNS]
    assert decided == cells
    granted = ["yes" if permission in permissions.granted(policy, role) else "-" for policy, role in COLUMNS]
    assert granted == cells


@pytest.mark.parametrize(
    ("policy", "given", "may"),
    [
        (ManagedBy.MANAGERS, Role.ADMIN, {Role.ADMIN}),
        (ManagedBy.MANAGERS, Role.MANAGER, {Role.ADMIN, Role.MANAGER}),
        (ManagedBy.MANAGERS, Role.VIEWER, {Role.ADMIN, Role.MANAGER}),
        (ManagedBy.ADMINS, Role.ADMIN, {Role.ADMIN}),
        (ManagedBy.ADMINS, Role.MANAGER, {Role.ADMIN}),
        (ManagedBy.ADMINS, Role.VIEWER, {Role.ADMIN}),
    ],
)
def test_an_invitation_takes_the_right_to_invite_and_the_right_to_give_its_role(
    policy: ManagedBy, given: Role, may: set[Role]
) -> None:
    """R17: by role and policy; the set that the condition of the transaction asks for is the same."""
    assert permissions.roles_that_may_invite(policy, given) == may
    assert {role for role in Role if permissions.may_invite(policy, role, given)} == may


@pytest.mark.parametrize(
    ("own", "given"),
    [
        (Role.ADMIN, {Role.ADMIN, Role.MANAGER, Role.VIEWER}),
        (Role.MANAGER, {Role.MANAGER, Role.VIEWER}),
        (Role.VIEWER, {Role.VIEWER}),
    ],
)
def test_nobody_gives_a_role_above_their_own(own: Role, given: set[Role]) -> None:
    """R6, S22."""
    assert {role for role in Role if permissions.may_give(own, role)} == given


def test_only_viewers_do_not_count_as_managing() -> None:
    """R31."""
    assert {role for role in Role if role.manages} == {Role.ADMIN, Role.MANAGER}
