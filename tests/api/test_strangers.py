"""To an outsider, another person's account and a missing one look the same (I8)."""

import pytest

from chalicelib.api.web.http import Route
from tests.api.examples import example_of, name_of, routes, url_of
from tests.api.json_diff import anonymised
from tests.api.role_matrix import RoleMatrix

NOBODYS = {
    "account_id": "acc_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "manager_id": "cus_01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "invitation_id": "inv_01ARZ3NDEKTSV4RRFFQ69G5FAV0123456789",
}
OF_AN_ACCOUNT = [route for route in routes() if "{account_id}" in route.path and route.tag != "support"]
OF_A_PART = [route for route in OF_AN_ACCOUNT if route.path.count("{") > 1]


@pytest.mark.parametrize("name", ["stranger", "other", "removed", "invitee", "support"])
def test_a_foreign_account_answers_like_one_that_does_not_exist(matrix: RoleMatrix, name: str) -> None:
    """I8, S6: on every route, byte for byte, apart from the request id; and nothing happens."""
    who = matrix.who(name)
    with matrix.world.unchanged():
        for route in OF_AN_ACCOUNT:
            body = example_of(route, matrix).body
            foreign = matrix.world.call(route.method, url_of(route, matrix), who, body)
            nobodys = matrix.world.call(
                route.method, url_of(route, matrix, account_id=NOBODYS["account_id"]), who, body
            )
            assert (foreign.status, foreign.code) == (404, "account_not_found"), name_of(route)
            assert anonymised(foreign) == anonymised(nobodys), name_of(route)


@pytest.mark.parametrize("route", OF_A_PART, ids=name_of)
def test_a_foreign_accounts_manager_or_invitation_looks_missing(matrix: RoleMatrix, route: Route) -> None:
    """I8, S6: requested through one's own account."""
    body = example_of(route, matrix).body
    other = matrix.who("other")
    (part,) = [name for name in ("manager_id", "invitation_id") if name in route.path]
    own = {"account_id": matrix.other_account}
    with matrix.world.unchanged():
        foreign = matrix.world.call(route.method, url_of(route, matrix, **own), other, body)
        nobodys = matrix.world.call(route.method, url_of(route, matrix, **own, **{part: NOBODYS[part]}), other, body)
    assert (foreign.status, foreign.code) == (404, part.replace("_id", "_not_found"))
    assert anonymised(foreign) == anonymised(nobodys)
