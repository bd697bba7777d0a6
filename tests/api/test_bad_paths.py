"""Strange ids, queries and methods: properly refused, nothing changed, never a 500."""

import pytest

from chalicelib.api.web.http import ROUTES, Route
from tests.api.examples import example_of, name_of, routes, url_of
from tests.api.role_matrix import RoleMatrix

CODES = {"account_id": "account_not_found", "manager_id": "manager_not_found", "invitation_id": "invitation_not_found"}
CODES |= {"contact_id": "contact_not_found"}
CODES |= {"customer_id": "customer_not_found", "transfer_id": "transfer_not_found"}
STRANGE_IDS = [
    "x", "_", "-", ".", "..", "%2F", "..%2f..%2fhealth", "%00", "%0a", "acc_%0a", "%20", "a%20b", "%25", "%2525", "%FF",
    "%C3%A9", "\u00e9", "\U0001f600", "olga@acme.example", "olga%40acme.example", "zuora%23A00000001", "{account_id}",
    "address%23olga@acme.example", "customer%23cus_1", "acc_" + "1" * 26, "a" * 100, "a" * 101, "a" * 5000, "null",
    "%24{jndi}", "';--", "<script>",
]  # fmt: skip
WITH_ID = [route for route in routes() if "{" in route.path]
LISTS = routes(listing=True)
PLAIN = [route for route in routes(method="GET") if route.query is None]


def asker(route: Route) -> str:
    """A person who may use the route."""
    return "support" if route.tag == "support" else "admin"


@pytest.mark.parametrize("route", WITH_ID, ids=name_of)
def test_an_impossible_id_is_answered_like_an_unknown_one(matrix: RoleMatrix, route: Route) -> None:
    """404 with the code of that kind of thing, for an admin of the account, whatever is in the path."""
    body = example_of(route, matrix).body
    with matrix.world.unchanged():
        for name in [each for each in CODES if f"{{{each}}}" in route.path]:
            for strange in STRANGE_IDS:
                url = url_of(route, matrix, **{name: strange})
                answer = matrix.world.call(route.method, url, matrix.who(asker(route)), body)
                assert (answer.status, answer.code) == (404, CODES[name]), strange


@pytest.mark.parametrize("route", LISTS, ids=name_of)
def test_a_parameter_that_a_list_does_not_know_is_refused(matrix: RoleMatrix, route: Route) -> None:
    """A mistyped filter does not answer with everything."""
    with matrix.world.unchanged():
        for query, field in {
            "offset=1": "offset",
            "Limit=1": "Limit",
            "limit=1&x=%00": "x",
            "=1": "",
            "email=a": "email",
        }.items():
            answer = matrix.world.call("GET", f"{url_of(route, matrix)}?{query}", matrix.who(asker(route)))
            assert (answer.status, answer.code) == (422, "validation_failed"), query
            assert [each["field"] for each in answer.json["errors"]] == [field]


def test_a_filter_takes_only_its_own_values(matrix: RoleMatrix) -> None:
    """``status`` and ``type`` may be repeated; an unknown value is refused even beside good ones."""
    path = f"/v1/billing-accounts/{matrix.account}"
    good = ["invitations?status=pending&status=expired", "invitations?status=pending&status=pending",
            "history?type=invitation_created&type=manager_left"]  # fmt: skip
    bad = ["invitations?status=", "invitations?status=Pending", "invitations?status=pending&status=gone",
           "invitations?status=pending,expired", "history?type=", "history?type=invitation_created&type=x",
           "history?type[]=manager_left"]  # fmt: skip
    with matrix.world.unchanged():
        assert [matrix.world.call("GET", f"{path}/{each}", matrix.who("admin")).status for each in good] == [200] * 3
        for each in bad:
            answer = matrix.world.call("GET", f"{path}/{each}", matrix.who("admin"))
            assert (answer.status, answer.code) == (422, "validation_failed"), each


@pytest.mark.parametrize("route", PLAIN, ids=name_of)
def test_a_query_or_a_body_on_a_plain_read_changes_nothing(matrix: RoleMatrix, route: Route) -> None:
    """They are ignored."""
    url = url_of(route, matrix)
    with matrix.world.unchanged():
        plain = matrix.world.call("GET", url, matrix.who(asker(route)))
        odd = matrix.world.call("GET", f"{url}?a=%FF&a=&=&limit=0", matrix.who(asker(route)), {"role": "admin"})
    assert (plain.status, plain.text) == (odd.status, odd.text)


def test_unknown_methods_and_paths_reach_nothing(matrix: RoleMatrix) -> None:
    """S14: in particular a GET or a HEAD accepts nothing."""
    there = {(route.method, route.path) for route in ROUTES}
    with matrix.world.unchanged(), matrix.world.calls_to_dynamodb() as calls:
        for route in ROUTES:
            example = example_of(route, matrix)
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE"):
                if (method, route.path) not in there:
                    answer = matrix.world.call(method, example.url, matrix.who("admin"), example.body)
                    assert answer.status in {404, 405}, f"{method} {example.url}"
        for path in ("/", "/v1", "/v1/", "/v2/me", "/V1/me", "/v1/me/", "//v1/me", "/v1/invitations", "/v1/support"):
            assert matrix.world.call("GET", path, matrix.who("admin")).status == 404, path
    assert calls == []
