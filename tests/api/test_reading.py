"""Reading changes nothing, whoever reads (R14)."""

import pytest

from tests.api.examples import example_of, name_of, routes
from tests.api.role_matrix import RoleMatrix


@pytest.mark.parametrize("name", ["anonymous", "stranger", "other", "invitee", "removed", "viewer", "manager", "admin",
                                  "reader", "support"])  # fmt: skip
def test_no_get_changes_anything(matrix: RoleMatrix, name: str) -> None:
    """R14, S14: for nobody, on no route, with or without a mail scanner's headers."""
    queued, sent = len(matrix.world.pipeline.waiting()), len(matrix.world.ses.sent)
    with matrix.world.unchanged():
        for route in routes(method="GET"):
            answer = example_of(route, matrix).sent(matrix, matrix.who(name), Purpose="prefetch")
            assert answer.status < 500, name_of(route)
    assert len(matrix.world.pipeline.waiting()) == queued
    assert len(matrix.world.ses.sent) == sent


@pytest.mark.parametrize("name", ["anonymous", "stranger", "invitee", "admin"])
def test_a_preview_changes_nothing_either(matrix: RoleMatrix, name: str) -> None:
    """R14, S14: it is a POST only so that the token stays out of URLs."""
    with matrix.world.unchanged():
        for _ in range(3):
            matrix.world.ok("POST", "/v1/invitations/preview", matrix.who(name), {"token": matrix.token})


def test_signing_in_accepts_nothing(matrix: RoleMatrix) -> None:
    """S13: without accepting, an invitee never becomes a manager."""
    invitee = matrix.who("invitee")
    for route in routes(method="GET"):
        example_of(route, matrix).sent(matrix, invitee)
    matrix.world.ok("POST", "/v1/invitations/preview", invitee, {"token": matrix.token})
    assert matrix.world.ok("GET", "/v1/billing-accounts", invitee)["data"] == []
    path = f"/v1/billing-accounts/{matrix.account}/invitations/{matrix.invitation_id}"
    assert matrix.world.ok("GET", path, matrix.who("admin"))["status"] == "pending"


def test_tokens_travel_in_bodies_only(matrix: RoleMatrix) -> None:
    """R14, I6: no path and no query takes one, and one that is sent there is ignored."""
    for route in routes():
        assert "token" not in route.path
        assert route.query is None or "token" not in route.query.model_fields
    answer = matrix.world.call("POST", f"/v1/invitations/preview?token={matrix.token}", body={})
    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (422, ["token"])
    assert matrix.token not in answer.text
