"""R40, I8: transfers and contacts in states that a newer version wrote affect nothing but themselves."""

from typing import Any

import pytest

from chalicelib.functions import transfers
from tests.desk.conftest import CONTRACT
from tests.events import schedule_event
from tests.flows.test_tolerant_reading import UNHEARD, put
from tests.flows.two_manager_case import Case
from tests.gateway import Context
from tests.world import TICKET, World


def transferred(world: World, account: str, owner: str, to: str) -> str:
    body = {"from": owner, "to": {"email": to}, "verification": CONTRACT, "ticket_url": TICKET}
    path = f"/v1/support/billing-accounts/{account}/transfer"
    return str(world.ok("POST", path, world.support(), body)["id"])


@pytest.mark.parametrize("broken", [{"state": UNHEARD}, {"new_manager": UNHEARD}, {"role": UNHEARD}])
def test_a_transfer_in_a_newer_state_does_not_delay_others(case: Case, broken: dict[str, Any]) -> None:
    """R66: the schedule advances the others and reports that one was left; reading it is no internal error."""
    world, sue = case.world, case.world.support()
    first = transferred(world, case.account, case.olgas_id, "nina@acme.example")
    other_owner = world.person("otto@booking.example")
    other = world.account(other_owner)
    second = transferred(world, other, world.id_of(other_owner), "nora@booking.example")
    put("Transfers", {"key": first}, **broken)
    transfers.nudge_transfers(schedule_event(), Context())
    path = "/v1/support/billing-accounts/{}/transfers/{}"
    assert world.ok("GET", path.format(other, second), sue)["state"] == "invited"
    strange = world.call("GET", path.format(case.account, first), sue)
    assert (strange.status, strange.code) == (503, "busy")
    assert world.call("POST", f"{path.format(case.account, first)}/cancel", sue, {"ticket_url": TICKET}).code == "busy"
    assert world.call("GET", f"/v1/support/billing-accounts/{case.account}", sue).status == 200
    assert world.call("GET", case.path, case.olga).status == 200


def test_a_contact_in_a_newer_state_of_sync_leaves_the_account_readable(case: Case) -> None:
    """R51: its managers and support see the rest."""
    world, sue = case.world, case.world.support()
    (contact,) = [each["contact_id"]["S"] for each in world.items("Contacts") if "work_email" in each]
    put("Contacts", {"contact_id": contact}, sync_state=UNHEARD, out_of_step=UNHEARD)
    for path, who in (
        (case.path, case.olga),
        (f"{case.path}/managers", case.olga),
        (f"{case.path}/contacts", case.olga),
        (f"/v1/support/billing-accounts/{case.account}", sue),
        ("/v1/support/sync?state=failed", sue),
        ("/v1/support/contacts?email=olga@acme.example", sue),
    ):
        answer = world.call("GET", path, who)
        assert answer.status == 200, f"{path}: {answer.text}"
    assert len(world.ok("GET", f"{case.path}/managers", case.olga)["data"]) == 2
    strange = world.call("GET", f"/v1/support/contacts/{contact}", sue)
    assert (strange.status, strange.code) == (503, "busy")
