"""The actions of those who hold an invitation's link, and of everybody who signs in."""

from dataclasses import replace

from hypothesis import strategies as st

from tests.model.actions import action
from tests.model.driving import Driven, invitations, spelling
from tests.model.people import EVERYBODY, FORGERIES, forged, spelled
from tests.model.state import Answer, Caller, Invitation

mostly = st.sampled_from([True, True, True, False])


class InviteeActions(Driven):
    """Accepting, looking at links, signing in."""

    @action(6, label=invitations, typed=spelling, newest=st.booleans())
    def accept(self, *, label: str, typed: str, newest: bool) -> None:
        """R15-R17, R21: whoever it is for, by the newest link or, if there is one, an older one."""
        it = self.model.invitations[label]
        self._accept(label, self._invited(it), typed, it.generation if newest else max(1, it.generation - 1))

    @action(3, label=invitations, who=st.sampled_from([None, *EVERYBODY]), verified=st.booleans(), typed=spelling)
    def try_to_accept(self, *, label: str, who: Caller | None, verified: bool, typed: str) -> None:
        """R15, S1-S3: anybody, and (None) the right one, with an address that is verified or not."""
        it = self.model.invitations[label]
        caller = replace(who or self._invited(it), verified=verified)
        self._accept(label, caller, typed, it.generation)

    @action(1, label=invitations, what=st.sampled_from(["newest", "older", *FORGERIES]))
    def look_at_a_link(self, *, label: str, what: str) -> None:
        """R14, S4: looking changes nothing; what is not quite a token of ours is none."""
        newest = self.model.invitations[label].generation
        generation = newest if what != "older" else max(1, newest - 1)
        token, expected = self.token(label, generation), self.model.preview(label, generation=generation)
        before = self.deployment.tables()
        if what in FORGERIES:
            token, expected = forged(token, what), Answer(404, "invitation_not_found")
            self.ask(expected, "POST", "/v1/invitations/accept", EVERYBODY[0], {"token": token})
        self.ask(expected, "POST", "/v1/invitations/preview", None, {"token": token})
        assert self.deployment.tables() == before

    @action(2, label=invitations, who=st.sampled_from([None, *EVERYBODY]), verified=mostly, newest=mostly)
    def open_a_link(self, *, label: str, who: Caller | None, verified: bool, newest: bool) -> None:
        """R2, R14: somebody who is signed in looks; it ends for whoever manages already."""
        it = self.model.invitations[label]
        caller = replace(who or self._invited(it), verified=verified)
        generation = it.generation if newest else max(1, it.generation - 1)
        expected = self.model.open(caller, label, generation=generation)
        body = {"token": self.token(label, generation)}
        self.ask(expected, "POST", "/v1/invitations/preview", caller, body)

    @action(2, who=st.sampled_from(EVERYBODY), verified=st.booleans(), typed=spelling)
    def sign_in(self, *, who: Caller, verified: bool, typed: str) -> None:
        """R2, R3, R21, S21: who they are and what waits for them; a sign-in that is over opens nothing."""
        for ended in self.deployment.ended_sessions(self.model.now)[:1]:
            self.ask(Answer(401, "unauthenticated"), "GET", "/v1/me", ended)
        caller, email = replace(who, verified=verified), spelled(who.address, typed)
        expected, live = self.model.me(caller), self.model.waiting(caller)
        answer = self.ask(expected, "GET", "/v1/me", caller, email=email)
        if expected.status == 200:
            counts = answer.json["counts"]
            assert counts["billing_accounts"] == len(self.model.accounts_of(expected.about))
            assert counts["pending_invitations"] == len(live)
        expected = self.model.inbox(caller)
        answer = self.ask(expected, "GET", "/v1/me/invitations", caller, email=email)
        if expected.status == 200:
            assert {each["id"] for each in answer.json["data"]} == {self.invitation_ids[each] for each in live}

    @action(3, label=invitations, who=st.sampled_from([None, None, *EVERYBODY]), verified=mostly, yes=st.booleans())
    def answer_from_the_inbox(self, *, label: str, who: Caller | None, verified: bool, yes: bool) -> None:
        """R18, R21: accepts or declines what was sent to one's own address, without its link."""
        it = self.model.invitations[label]
        caller = replace(who or self._invited(it), verified=verified)
        path = f"/v1/me/invitations/{self.invitation_ids[label]}/{'accept' if yes else 'decline'}"
        expected = self.model.accept_own(caller, label) if yes else self.model.decline_own(caller, label)
        self.ask(expected, "POST", path, caller, None if yes else {})

    @action(2, label=invitations, newest=st.booleans(), reason=st.sampled_from([None, "Not me."]))
    def decline(self, *, label: str, newest: bool, reason: str | None) -> None:
        """R14, R18: by any of the links to its address, signed in or not, again and again."""
        generation = self.model.invitations[label].generation
        generation = generation if newest else max(1, generation - 1)
        body = {"token": self.token(label, generation)}
        body |= {} if reason is None else {"reason": reason}
        self.ask(self.model.decline(label, generation), "POST", "/v1/invitations/decline", None, body)

    @action(2, label=invitations, newest=mostly)
    def request_a_new_one(self, *, label: str, newest: bool) -> None:
        """R23: once a day, when it is over."""
        generation = self.model.invitations[label].generation
        generation = generation if newest else max(1, generation - 1)
        expected = self.model.request_new(label, generation=generation)
        self.ask(expected, "POST", "/v1/invitations/request-new", None, {"token": self.token(label, generation)})

    def accept_it(self, label: str, caller: Caller) -> None:
        """Accepts by the newest link."""
        self._accept(label, caller, "plain", self.model.invitations[label].generation)

    def _accept(self, label: str, caller: Caller, typed: str, generation: int) -> None:
        expected = self.model.accept(caller, label, generation=generation)
        body = {"token": self.token(label, generation)}
        answer = self.ask(
            expected, "POST", "/v1/invitations/accept", caller, body, email=spelled(caller.address, typed)
        )
        if expected.status < 300:
            assert answer.json["account_id"] == self.account_ids[self.model.invitations[label].account]

    def _invited(self, invitation: Invitation) -> Caller:
        """Whoever has the invited address; the links go round."""
        if invitation.address is None:
            return EVERYBODY[len(self.model.events) % len(EVERYBODY)]
        return next(each for each in EVERYBODY if each.address == invitation.address)
