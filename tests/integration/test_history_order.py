"""R40: a subject's events are in the order in which they happened, even after a lost race."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest
import time_machine

from chalicelib import wiring
from tests.flows.two_manager_case import Case, Snapshot
from tests.gateway import Response
from tests.integration.commits import Committed, recorded
from tests.integration.interleaving import COMMIT, READ, just_before
from tests.invariants import violations
from tests.world import TICKET, World

DAVE = "dave@acme.example"


class Play(Case):
    """Dave is invited to Olga's account, and everybody may go."""

    def __init__(self, world: World) -> None:
        super().__init__(world)
        self.no_contacts()
        self.invitation, self.token = self.invited()
        (self.contact,) = (
            it["contact_id"]["S"] for it in world.items("Contacts") if not it["contact_id"]["S"].startswith("edit#")
        )

    def by(self, name: str, method: str, path: str, body: Any = None) -> Response:
        """A request as ``olga``, ``carl``, ``dave`` or, for other names, the desk; paths may contain placeholders."""
        who = {"olga": self.olga, "carl": self.carl, "dave": self.dave}.get(name) or self.world.support()
        named = path.format(
            account=self.path,
            desk=f"/v1/support/billing-accounts/{self.account}",
            carl=self.carls_id,
            invitation=f"{self.path}/invitations/{self.invitation}",
            contact=f"/v1/support/contacts/{self.contact}",
            customer=f"/v1/support/customers/{self.carls_id}",
        )
        asked = {key: self.carls_id if value == "{carl}" else value for key, value in (body or {}).items()}
        ticket = {"ticket_url": TICKET} if who not in {self.olga, self.carl, self.dave} else {}
        return self.world.call(method, named, who, {**asked, **ticket} or None)


Act = Callable[[Play], Response]


def act(name: str, method: str, path: str, body: Any = None) -> Act:
    return lambda play: play.by(name, method, path, body)


PROMOTE = act("olga", "PATCH", "{account}/managers/{carl}", {"role": "manager"})
RENAME = act("sue", "PATCH", "{customer}", {"last_name": "Carlson"})
RESEND = act("olga", "POST", "{invitation}/resend")
REVOKE = act("olga", "POST", "{invitation}/revoke")
CITY = act("sue", "PATCH", "{contact}", {"city": "Bremen"})
PLAN = act("sue", "PATCH", "{desk}", {"plan": "enterprise"})

OVERTAKEN: dict[str, tuple[Act, Act]] = {
    "remove": (act("olga", "DELETE", "{account}/managers/{carl}"), PROMOTE),
    "leave": (act("carl", "POST", "{account}/leave"), PROMOTE),
    "remove by support": (act("sue", "POST", "{desk}/managers/{carl}/remove", {"reason": "asked for"}), PROMOTE),
    "change a role": (act("olga", "PATCH", "{account}/managers/{carl}", {"role": "viewer"}), PROMOTE),
    "revoke": (REVOKE, RESEND),
    "resend": (RESEND, act("sue", "PATCH", "{desk}/managers/{carl}", {"role": "manager"})),
    "decline": (lambda play: play.by("dave", "POST", "/v1/invitations/decline", {"token": play.token}), RESEND),
    "accept": (lambda play: play.accept(play.token), PLAN),
    "edit a customer": (act("sue", "PATCH", "{customer}", {"first_name": "Karl"}), RENAME),
    "edit oneself": (act("carl", "PATCH", "/v1/me", {"first_name": "Karl"}), RENAME),
    "switch a login": (act("sue", "PATCH", "{customer}", {"login_activated": False}), RENAME),
    "unlink": (act("sue", "POST", "{customer}/unlink"), RENAME),
    "edit a contact": (act("sue", "PATCH", "{contact}", {"city": "Kiel"}), CITY),
    "have a contact synced": (act("sue", "POST", "{contact}/sync", {"prefer": "ours"}), CITY),
    "choose a contact": (act("olga", "PUT", "{account}/contacts/sold-to", {"manager_id": "{carl}"}), PROMOTE),
    "edit an account": (act("sue", "PATCH", "{desk}", {"max_managers": 9}), PLAN),
}
"""Operations that read again, each with something quicker that happens to the same thing."""


@pytest.fixture(scope="module")
def beginning(tables: World) -> Snapshot[Play]:
    return Snapshot(Play(tables))


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """A clock that can be set; it has passed the resend cooldown."""
    with time_machine.travel(wiring.now() + timedelta(minutes=2), tick=True) as running:
        yield running


@pytest.fixture
def play(beginning: Snapshot[Play], clock: time_machine.Traveller) -> Iterator[Play]:
    made = beginning.again()
    yield made
    clock.shift(1)
    made.world.pipeline.drain()
    assert violations(made.world, quiescent=True) == []


def in_order(found: list[Committed]) -> None:
    """For one subject, what was committed later has the later id and no earlier time."""
    for _, theirs in groupby(sorted(found, key=lambda each: each.subject), lambda each: each.subject):
        events = list(theirs)
        assert [each.id for each in events] == sorted(each.id for each in events), events
        assert [each.at for each in events] == sorted(each.at for each in events), events


@pytest.mark.parametrize("moment", [COMMIT, READ])
@pytest.mark.parametrize("name", OVERTAKEN)
def test_an_event_that_was_overtaken_is_after_the_one_that_overtook_it(
    play: Play, clock: time_machine.Traveller, name: str, moment: str
) -> None:
    """R40, I5: whether the rival came between reading and writing, or while the request was still arriving."""
    operation, quicker = OVERTAKEN[name]

    def rival() -> None:
        clock.shift(2)
        assert quicker(play).status < 300
        in_the_meantime.append(len(found))

    in_the_meantime: list[int] = []
    with recorded() as found, just_before(moment, rival):
        answer = operation(play)
    assert answer.status < 300, answer.text
    assert len(found) > in_the_meantime[0], "the operation wrote after its rival"
    in_order(found)
