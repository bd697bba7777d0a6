"""What support may set of an account (R6, R7)."""

from typing import Any

import pytest

from chalicelib.operations.accounts import edit_account
from chalicelib.store import transaction
from tests.desk.conftest import CONTRACT, Desk


def test_a_plan_sets_its_limit_and_the_event_has_before_and_after(desk: Desk) -> None:
    """R7, I5."""
    edited = desk.ok("PATCH", desk.path, {"plan": "team"})
    assert (edited["plan"], edited["limits"]["managers"]["max"], edited["version"]) == ("team", 2, 2)
    (event,) = desk.history("account_edited")
    assert (event["data"]["plan_before"], event["data"]["plan_after"]) == (None, "team")
    assert (event["data"]["max_managers_before"], event["data"]["max_managers_after"]) == (None, 2)
    own = desk.ok("PATCH", desk.path, {"plan": "enterprise", "max_managers": 5})
    assert own["limits"]["managers"]["max"] == 5
    assert desk.ok("PATCH", desk.path, {"max_managers": None})["limits"]["managers"]["max"] is None


@pytest.mark.breaks_invariants("the bound is set below the seats in use")
def test_a_limit_below_the_seats_in_use_removes_nobody(desk: Desk) -> None:
    """R7: it keeps others out."""
    desk.grant("carl@acme.example")
    assert desk.ok("PATCH", desk.path, {"max_managers": 1})["limits"]["managers"] == {"used": 2, "max": 1}
    refused = desk.ask("POST", f"{desk.path}/invitations", {"email": "dora@acme.example", "verification": CONTRACT})
    assert refused.code == "account_full"


def test_the_policy_admins_needs_an_admin(desk: Desk) -> None:
    """R6, R31: nobody is promoted automatically, and the last admin cannot step down afterwards."""
    carl_id = desk.world.join(desk.olga, desk.account, desk.world.person("carl@acme.example"))
    managers = f"{desk.path}/managers"
    assert desk.ok("PATCH", f"{managers}/{desk.olga_id}", {"role": "manager"})["role"] == "manager"
    refused = desk.ask("PATCH", desk.path, {"managed_by": "admins"})
    assert (refused.status, refused.code) == (409, "no_admin")
    assert desk.ok("PATCH", f"{managers}/{carl_id}", {"role": "admin"})["role"] == "admin"
    assert desk.ok("PATCH", desk.path, {"managed_by": "admins"})["managed_by"] == "admins"
    assert desk.ask("PATCH", f"{managers}/{carl_id}", {"role": "viewer"}).code == "last_manager"
    assert [event["actor"] for event in desk.history("role_changed")] == ["admin:sue@support.example"] * 2


def test_where_admins_manage_and_none_is_left_the_rest_can_still_be_edited(desk: Desk) -> None:
    """R6, R63: support removed the last one, and closes the account afterwards."""
    desk.ok("PATCH", desk.path, {"managed_by": "admins"})
    removal = {"reason": "They are gone.", "allow_last": True, "override_contact": True}
    desk.ok("POST", f"{desk.path}/managers/{desk.olga_id}/remove", removal)
    assert desk.ok("PATCH", desk.path, {"managed_by": "admins", "status": "closed"})["status"] == "closed"


def test_an_edit_leaves_unrelated_changes_alone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """R66: a transfer that returns its borrowed seat at the same moment is not undone."""

    def late(*steps: transaction.Step | None) -> None:
        desk.world.set_account(desk.account, max_managers=1)
        transaction.commit(*steps)

    desk.ok("PATCH", desk.path, {"max_managers": 2})
    monkeypatch.setattr(edit_account, "commit", late)
    edited = desk.ok("PATCH", desk.path, {"status": "closed"})
    assert (edited["status"], edited["limits"]["managers"]["max"]) == ("closed", 1)


def test_a_racing_edit_of_a_customer_is_refused(desk: Desk) -> None:
    """412, with the present version."""
    tag = desk.ask("GET", desk.path).headers["ETag"]
    assert desk.ask("PATCH", desk.path, {"plan": "team"}, If_Match=tag).headers["ETag"] == '"2"'
    late = desk.ask("PATCH", desk.path, {"plan": "enterprise"}, If_Match=tag)
    assert (late.status, late.code, late.json["version"]) == (412, "version_conflict", 2)


def test_an_account_from_before_there_were_versions_can_be_edited(desk: Desk) -> None:
    """An item without the attribute counts as version 1."""
    desk.world.set_account(desk.account, version=None)
    assert desk.ok("PATCH", desk.path, {"plan": "team"})["version"] == 2


@pytest.mark.parametrize("body", [{}, {"plan": "Team Plan"}, {"max_managers": 0}, {"managed_by": "everybody"},
                                  {"status": "gone"}, {"status": None}, {"name": "Other"}])  # fmt: skip
def test_other_fields_and_values_are_refused(desk: Desk, body: dict[str, Any]) -> None:
    """S30."""
    assert desk.ask("PATCH", desk.path, body).code == "validation_failed"
