"""The state machine: what people, support, the post and the clock may do, in any order."""

from collections import Counter
from datetime import timedelta
from http.client import OK
from typing import Any

from hypothesis import strategies as st

from chalicelib.functions import schedules
from tests.events import schedule_event
from tests.gateway import Context
from tests.model.actions import action
from tests.model.driving import TICK, live_ones
from tests.model.invitee_actions import InviteeActions
from tests.model.mail_actions import MailActions
from tests.model.manager_actions import ManagerActions
from tests.model.state import Caller
from tests.model.support_actions import SupportActions

PAGES = {
    "": False,
    "/permissions": False,
    "/managers": False,
    "/invitations": True,
    "/invitations?status=revoked&status=accepted&status=expired&status=pending&status=declined&limit=100": True,
    "/history?limit=100": True,
}
"""The pages of an account, and whether only those may see them who manage it."""

SPANS = [
    timedelta(seconds=20),
    timedelta(seconds=61),
    timedelta(hours=2),
    timedelta(days=1, seconds=7),
    timedelta(days=6),
]


class Machine(SupportActions, ManagerActions, InviteeActions, MailActions):
    """All actions, the clock, and everybody's look at what there is."""

    @action(2, span=st.sampled_from(SPANS))
    def wait(self, *, span: timedelta) -> None:
        """Time goes by."""
        self.pass_time(span)

    @action(3, label=live_ones, seconds=st.sampled_from([-1, 0, 1]))
    def wait_for_the_end(self, *, label: str, seconds: int) -> None:
        """R20: to the second before, of, and after an expiry."""
        end = self.model.invitations[label].expires_at
        assert end is not None
        self.pass_time(max(end + timedelta(seconds=seconds) - self.model.now, timedelta(0)))

    @action(3)
    def the_schedule_runs(self) -> None:
        """R20: what is due is done, and nothing else."""
        self.model.run_schedule()
        schedules.invitation_schedule({**schedule_event(), "time": self.model.now.isoformat()}, Context())
        self.everything_stored_is_right()
        self.pass_time(TICK)

    def look(self, caller: Caller, account: str, which: int) -> None:
        """I8, R6, R20, R40: a page of an account, and all that stands on it."""
        page = list(PAGES)[which % len(PAGES)]
        expected = self.model.view(caller, account, managing=PAGES[page])
        right = self._page(page, account, self.model.me(caller).about)
        answer = self.ask(expected, "GET", self.account_path(account) + page, caller)
        if expected.status == OK:
            assert _said(page, answer.json) == right

    def _page(self, page: str, account: str, viewer: str | None) -> object:
        """What has to stand on a page."""
        model, ids = self.model, self.invitation_ids
        members = model.accounts[account].members
        if page == "":
            return len(members), members[viewer].role if viewer in members else None
        if page == "/permissions":
            return model.manages(account, viewer or "")
        if page == "/managers":
            seen = model.manages(account, viewer or "")
            return Counter((each if seen else None, it.role) for each, it in members.items())
        if page == "/invitations":
            return {ids[each]: "pending" for each in model.live(account=account)}
        if page.startswith("/invitations"):
            return {
                ids[each]: "expired" if it.status == "pending" and not model.is_live(each) else it.status
                for each, it in model.invitations.items()
                if it.account == account
            }
        return Counter(each.type for each in model.events if each.account == account)


def _said(page: str, answer: Any) -> object:
    """What stands on a page."""
    if page == "":
        return answer["limits"]["managers"]["used"], answer["my_role"]
    if page == "/permissions":
        return "invite_managers" in answer["permissions"]
    if page == "/managers":
        return Counter((each["email"], each["role"]) for each in answer["data"])
    if page.startswith("/invitations"):
        return {each["id"]: each["status"] for each in answer["data"]}
    return Counter(each["type"] for each in answer["data"])
