"""Reading changes nothing, whoever reads (R14)."""

import pytest

from tests.api.examples import example_of, name_of, routes
from tests.api.role_matrix import Stage


@pytest.mark.parametrize("name", ["anonymous", "stranger", "other", "invitee", "removed", "viewer", "manager", "admin",
                                  "reader", "support"])  # fmt: skip
def test_no_get_changes_anything(stage: Stage, name: str) -> None:
    """R14, S14: for nobody, on no route, with or without a mail scanner's headers."""
    queued, sent = len(stage.world.pipeline.waiting()), len(stage.world.ses.sent)
    with stage.world.unchanged():
        for route in routes(method="GET"):
            answer = example_of(route, stage).sent(stage, stage.who(name), Purpose="prefetch")
            assert answer.status < 500, name_of(route)
    assert len(stage.world.pipeline.waiting()) == queued
    assert len(stage.world.ses.sent) == sent


@pytest.mark.parametrize("name", ["anonymous", "stranger", "invitee", "admin"])
def test_a_preview_changes_nothing_either(stage: Stage, name: str) -> None:
    """R14, S14: it is a POST only so that the token stays out of URLs."""
    with stage.world.unchanged():
        for _ in range(3):
            stage.world.ok("POST", "/v1/invitations/preview", stage.who(name), {"token": stage.token})


def test_signing_in_accepts_nothing(stage: Stage) -> None:
    """S13: without accepting, an invitee never becomes a manager."""
    invitee = stage.who("invitee")
    for route in routes(method="GET"):
        example_of(route, stage).sent(stage, invitee)
    stage.world.ok("POST", "/v1/invitations/preview", invitee, {"token": stage.token})
    assert stage.world.ok("GET", "/v1/billing-accounts", invitee)["data"] == []
    path = f"/v1/billing-accounts/{stage.account}/invitations/{stage.invitation_id}"
    assert stage.world.ok("GET", path, stage.who("admin"))["status"] == "pending"


def test_tokens_travel_in_bodies_only(stage: Stage) -> None:
    """R14, I6: no path and no query takes one, and one that is sent there is ignored."""
    for route in routes():
        assert "token" not in route.path
        assert route.query is None or "token" not in route.query.model_fields
    answer = stage.world.call("POST", f"/v1/invitations/preview?token={stage.token}", body={})
    assert (answer.status, [each["field"] for each in answer.json["errors"]]) == (422, ["token"])
    assert stage.token not in answer.text
