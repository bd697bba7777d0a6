"""Deterministic races: between the reads and the write of an operation, another caller is faster."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.flows.two_manager_case import Case, Snapshot
from tests.gateway import Response
from tests.integration.interleaving import COMMIT, just_before
from tests.invariants import rewritten_history, violations
from tests.world import TICKET, World


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Case]:
    return Snapshot(Case(tables))


@pytest.fixture
def case(beginning: Snapshot[Case]) -> Iterator[Case]:
    made = beginning.again()
    yield made
    made.world.pipeline.drain()
    assert violations(made.world, quiescent=True, lowered=[made.account]) == []
    assert rewritten_history(beginning.tables, made.world.everything()) == []


def refused(response: Response) -> tuple[int, str | None]:
    return response.status, response.code


def test_of_two_invitations_for_one_address_the_second_names_the_first(case: Case) -> None:
    """R11, I3."""
    first: list[Response] = []
    with just_before(COMMIT, lambda: first.append(case.invite(who=case.olga))):
        second = case.invite()
    assert refused(second) == (409, "already_invited")
    assert second.json["invitation_id"] == first[0].json["id"]
    assert case.count("invitation_created") == 2


def test_of_two_equal_requests_with_one_key_the_second_replays_the_first(case: Case) -> None:
    """R26: nothing is created twice, however close the requests are."""
    first: list[Response] = []
    with just_before(COMMIT, lambda: first.append(case.invite(key="once"))):
        second = case.invite(key="once")
    assert (first[0].status, second.status) == (201, 201)
    assert second.json == first[0].json
    assert second.headers["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first[0].headers
    assert case.count("invitation_created") == 2


def test_of_two_different_requests_with_one_key_the_second_is_refused(case: Case) -> None:
    """R26."""
    with just_before(COMMIT, lambda: case.invite("erin@acme.example", key="once")):
        second = case.invite(key="once")
    assert refused(second) == (422, "idempotency_key_reused")
    assert case.count("invitation_created") == 2


def test_a_manager_removed_while_inviting_has_invited_nobody(case: Case) -> None:
    """R17, R30, I8: access ends at once."""
    with just_before(COMMIT, lambda: case.remove(case.carls_id, case.olga)):
        assert refused(case.invite()) == (404, "account_not_found")
    assert case.count("invitation_created") == 1


def test_a_manager_demoted_while_inviting_has_invited_nobody(case: Case) -> None:
    """R17, S21."""
    with just_before(COMMIT, case.demote_carl):
        assert refused(case.invite()) == (404, "account_not_found")
    assert refused(case.invite()) == (403, "forbidden")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"status": "closed"}, "account_closed"),
        ({"max_managers": 2}, "account_full"),
    ],
)
def test_an_account_changed_while_inviting_refuses(case: Case, change: dict[str, Any], code: str) -> None:
    """R7, S11."""
    with just_before(COMMIT, lambda: case.change(**change)):
        assert refused(case.invite()) == (409, code)


def test_the_last_seat_goes_to_one_of_two_invitations(case: Case) -> None:
    """R7, I2."""
    case.change(max_managers=3)
    with just_before(COMMIT, lambda: case.invite("erin@acme.example", who=case.olga)):
        assert refused(case.invite()) == (409, "account_full")


def test_a_person_who_becomes_a_manager_meanwhile_is_not_invited_again(case: Case) -> None:
    """R12: invited and accepted by another manager's invitation, between the reads and the commit."""

    def rival() -> None:
        _, token = case.invited(who=case.olga)
        assert case.accept(token).status == 201

    with just_before(COMMIT, rival):
        assert refused(case.invite()) == (409, "already_manager")


def test_accepting_twice_at_once_answers_the_same_membership(case: Case) -> None:
    """R16, S9: one membership, one event; the second click gets the same answer."""
    _, token = case.invited()
    first: list[Response] = []
    with just_before(COMMIT, lambda: first.append(case.accept(token))):
        second = case.accept(token)
    assert (first[0].status, second.status) == (201, 200)
    assert second.json == first[0].json
    assert case.count("invitation_accepted") == 2
    assert case.managers() == ["olga", "carl", "dave"]


def test_an_existing_customer_who_accepts_twice_at_once_is_one_manager(case: Case) -> None:
    """R16, S9, I2: the count of their memberships is right, too."""
    _, token = case.invited()
    assert case.accept(token).status == 201
    assert case.remove(case.world.id_of(case.dave), case.olga).status == 204
    _, token = case.invited()
    first: list[Response] = []
    with just_before(COMMIT, lambda: first.append(case.accept(token))):
        assert case.accept(token).json == first[0].json


Rival = Callable[[Case, str], object]


@pytest.mark.parametrize(
    ("rival", "answer"),
    [
        (lambda case, invitation_id: case.revoke(invitation_id), (410, "invitation_revoked")),
        (lambda case, _id: case.remove(case.carls_id, case.olga), (410, "invitation_revoked")),
        (lambda case, _id: case.change(status="closed"), (409, "account_closed")),
        (lambda case, _id: case.change(max_managers=2), (409, "account_full")),
    ],
    ids=["revoked", "inviter removed", "account closed", "bound lowered"],
)
def test_a_change_while_accepting_refuses(case: Case, rival: Rival, answer: tuple[int, str]) -> None:
    """R17, R19, R22, S10, S11: one of the two wins, never both."""
    invitation_id, token = case.invited()
    with just_before(COMMIT, lambda: rival(case, invitation_id)):
        assert refused(case.accept(token)) == answer
    assert "dave" not in case.managers()


def test_an_inviter_who_loses_the_right_ends_the_invitation(case: Case) -> None:
    """R17: demoted between the reads and the commit, as well as before."""
    _, token = case.invited()
    with just_before(COMMIT, case.demote_carl):
        assert refused(case.accept(token)) == (410, "invitation_revoked")
    assert refused(case.accept(token)) == (410, "invitation_revoked")


def test_of_two_accounts_accepted_at_once_only_as_many_as_allowed_are_joined(case: Case) -> None:
    """R5, I2."""
    world, other = case.world, case.world.person("paul@paul.example")
    elsewhere = world.account(other, name="Paul Ltd")
    world.invite(other, elsewhere, case.dave.email)
    there = world.link_token(case.dave.email)
    _, here = case.invited()
    with just_before(COMMIT, lambda: case.accept(there)):
        assert refused(case.accept(here)) == (409, "membership_limit_reached")
    assert case.managers() == ["olga", "carl"]


def test_a_customer_created_while_the_person_accepts_is_used(case: Case) -> None:
    """R1, R21: an import creates the customer first; accepting finds and binds it."""
    world = case.world
    _, token = case.invited()
    with just_before(COMMIT, lambda: world.account(world.person(case.dave.email), name="Dave Ltd")):
        assert refused(case.accept(token)) == (409, "membership_limit_reached")
    assert len([it for it in world.items("Customers") if it["key"]["S"] == f"address#{case.dave.email}"]) == 1


def test_revoking_an_invitation_accepted_meanwhile_is_refused(case: Case) -> None:
    """R19, S10."""
    invitation_id, token = case.invited()
    with just_before(COMMIT, lambda: case.accept(token)):
        assert refused(case.revoke(invitation_id)) == (409, "invitation_accepted")
    assert "dave" in case.managers()


def test_revoking_twice_at_once_is_one_event(case: Case) -> None:
    """R19, I5."""
    invitation_id, _ = case.invited()
    with just_before(COMMIT, lambda: case.revoke(invitation_id, case.carl)):
        second = case.revoke(invitation_id)
    assert (second.status, second.json["status"]) == (200, "revoked")
    assert case.count("invitation_revoked") == 1


def test_a_manager_removed_while_revoking_has_revoked_nothing(case: Case) -> None:
    """R30, I8."""
    invitation_id, _ = case.invited(who=case.olga)
    with just_before(COMMIT, lambda: case.remove(case.carls_id, case.olga)):
        assert refused(case.revoke(invitation_id, case.carl)) == (404, "account_not_found")
    assert case.count("invitation_revoked") == 0


def test_removing_a_manager_removed_meanwhile_finds_nobody(case: Case) -> None:
    """R30, I2."""
    _, token = case.invited()
    case.accept(token)
    daves_id = case.world.id_of(case.dave)
    with just_before(COMMIT, lambda: case.remove(daves_id, case.carl)):
        assert refused(case.remove(daves_id, case.olga)) == (404, "manager_not_found")
    assert case.count("manager_removed") == 1


def test_of_two_who_remove_each_other_one_stays(case: Case) -> None:
    """R31, I4, S23: the removed one is a stranger by then."""
    case.no_contacts()
    with just_before(COMMIT, lambda: case.remove(case.olgas_id, case.carl)):
        assert refused(case.remove(case.carls_id, case.olga)) in {(404, "account_not_found"), (409, "last_manager")}
    assert case.managers(case.carl) == ["carl"]


def test_of_two_who_leave_at_once_one_stays(case: Case) -> None:
    """R31, R33, I4, S23."""
    case.no_contacts()
    leave = f"{case.path}/leave"
    with just_before(COMMIT, lambda: case.world.ok("POST", leave, case.carl)):
        assert refused(case.world.call("POST", leave, case.olga)) == (409, "last_manager")
    assert case.managers() == ["olga"]


def test_of_two_who_step_down_at_once_one_still_manages(case: Case) -> None:
    """R31, I4."""
    with just_before(COMMIT, lambda: case.give_role(case.carls_id, "viewer", case.carl)):
        assert refused(case.give_role(case.olgas_id, "viewer", case.olga)) == (409, "last_manager")


def test_a_manager_who_becomes_a_contact_meanwhile_is_not_removed(case: Case) -> None:
    """R32."""
    with just_before(COMMIT, lambda: case.change(sold_to_address=case.carl.email)):
        assert refused(case.remove(case.carls_id, case.olga)) == (409, "is_sold_to_contact")


def test_an_invitation_sent_just_before_a_removal_ends_with_it(case: Case) -> None:
    """R22, I2: the removal rereads and ends the new invitation too."""
    with just_before(COMMIT, case.invite):
        assert case.remove(case.carls_id, case.olga).status == 204
    assert case.world.ok("GET", f"{case.path}/invitations", case.olga)["data"] == []
    assert case.count("invitation_revoked") == 1


def test_an_invitation_that_is_accepted_before_its_inviter_is_removed_stays_accepted(case: Case) -> None:
    """R17, R22, S10."""
    _, token = case.invited()
    with just_before(COMMIT, lambda: case.accept(token)):
        assert case.remove(case.carls_id, case.olga).status == 204
    assert case.managers() == ["olga", "dave"]
    assert case.count("invitation_revoked") == 0


def test_importing_twice_at_once_is_one_account(case: Case) -> None:
    """R4, R53."""
    world = case.world
    body = {"zuora_account_id": world.zuora_account("paul@paul.example", name="Paul Ltd"), "ticket_url": TICKET}
    first: list[Response] = []

    def importing() -> Response:
        return world.call("POST", "/v1/support/billing-accounts", world.support(), body)

    with just_before(COMMIT, lambda: first.append(importing())):
        second = importing()
    assert (first[0].status, second.status) == (201, 200)
    assert second.json["id"] == first[0].json["id"]


def test_a_customer_is_bound_to_the_sign_in_that_came_first(case: Case) -> None:
    """R2, S3: two providers assert the same verified address at once."""
    world = case.world
    owner = world.person("paul@paul.example", sub="one")
    world.account(owner, name="Paul Ltd")
    rival = world.person("paul@paul.example", sub="two")
    with just_before(COMMIT, lambda: world.ok("GET", "/v1/me", rival)):
        assert refused(world.call("GET", "/v1/me", owner)) == (403, "forbidden")
    assert re.fullmatch(r"cus_\w+", world.id_of(rival))


def test_a_first_sign_in_repeated_at_once_is_bound_once(case: Case) -> None:
    """R2, I5."""
    world = case.world
    owner = world.person("paul@paul.example")
    world.account(owner, name="Paul Ltd")
    with just_before(COMMIT, lambda: world.ok("GET", "/v1/me", owner)):
        assert world.id_of(owner)
