"""The permission table: what the portal is told, and what the routes then allow (R6)."""

from collections.abc import Callable, Mapping

import pytest

from chalicelib.domain.permissions import Permission
from tests.api.role_matrix import RoleMatrix
from tests.gateway import Response

# Under `managers` an admin and a manager are the same; under `admins` a manager only uses the account.
EVERYBODY = {"view_account", "leave", "view_managers", "view_payment_methods", "view_subscriptions", "view_payments",
             "view_invoices", "view_usage_counts"}  # fmt: skip
BILLING = EVERYBODY | {"update_payment_methods", "update_subscriptions"}
MANAGING = BILLING | {"view_manager_addresses", "invite_managers", "view_invitations", "remove_managers",
                      "change_roles", "view_history", "view_contacts", "change_contacts"}  # fmt: skip
TABLE = {
    ("managers", "admin"): MANAGING,
    ("managers", "manager"): MANAGING,
    ("managers", "viewer"): EVERYBODY,
    ("admins", "admin"): MANAGING,
    ("admins", "manager"): BILLING,
    ("admins", "viewer"): EVERYBODY,
}

Try = Callable[[RoleMatrix, str], bool]


def _sent(matrix: RoleMatrix, role: str, method: str, path: str, body: object = None) -> Response:
    return matrix.world.call(method, f"/v1/billing-accounts/{matrix.account}{path}", matrix.who(role), body)


def _allowed(method: str, path: str, body: object = None) -> Try:
    """Whether the route lets the role in; anything but success and ``forbidden`` is a mistake in the test."""

    def tried(matrix: RoleMatrix, role: str) -> bool:
        answer = _sent(matrix, role, method, path.format(matrix=matrix), body)
        assert answer.status < 300 or answer.code == "forbidden", answer.text
        return answer.status < 300

    return tried


def _sees_addresses(matrix: RoleMatrix, role: str) -> bool:
    shown = {each["email"] is not None for each in _sent(matrix, role, "GET", "/managers").json["data"]}
    assert len(shown) == 1
    return shown.pop()


ROUTES: Mapping[str, Try] = {
    "view_account": _allowed("GET", ""),
    "view_managers": _allowed("GET", "/managers"),
    "view_manager_addresses": _sees_addresses,
    "view_invitations": _allowed("GET", "/invitations"),
    "view_history": _allowed("GET", "/history"),
    "invite_managers": _allowed("POST", "/invitations", {"email": "new@acme.example", "role": "viewer"}),
    "change_roles": _allowed("PATCH", "/managers/{matrix.manager_id}", {"role": "viewer"}),
    "remove_managers": _allowed("DELETE", "/managers/{matrix.manager_id}"),
    "leave": _allowed("POST", "/leave"),
}
"""How each permission shows at a route of ours; the others are for the portal's own pages."""


def test_every_permission_is_in_the_table() -> None:
    """R6: a new permission needs a decision for every role."""
    assert set.union(*TABLE.values()) == {each.value for each in Permission}


@pytest.mark.parametrize(("policy", "role"), TABLE)
def test_the_portal_is_told_what_the_role_may_do(matrix: RoleMatrix, policy: str, role: str) -> None:
    """R6, A7: exactly the table's row, each permission once."""
    matrix.world.set_account(matrix.account, managed_by=policy)
    told = _sent(matrix, role, "GET", "/permissions").json["permissions"]
    assert len(told) == len(set(told))
    assert set(told) == TABLE[policy, role]
    assert _sent(matrix, role, "GET", "").json["managed_by"] == policy


@pytest.mark.parametrize(("policy", "role"), TABLE)
def test_the_routes_do_what_the_portal_is_told(matrix: RoleMatrix, policy: str, role: str) -> None:
    """R6: every permission has its route, and every route its permission."""
    matrix.world.set_account(matrix.account, managed_by=policy)
    done = {permission for permission, tried in ROUTES.items() if tried(matrix, role)}
    assert done == TABLE[policy, role] & set(ROUTES)
