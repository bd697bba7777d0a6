"""The support desk as its rules have it: what it imports, grants, takes away and sets."""

from tests.model.guards import Refused, answering
from tests.model.reference import Reference
from tests.model.state import Account, Answer, Customer, Member

BOUNDS = {"team": 2}  # R7: of the plans that have one


class WithDesk(Reference):
    """The service with its support desk."""

    @answering
    def import_account(self, label: str, *, sold_to: str, bill_to: str, plan: str | None) -> Answer:
        """Support imports an account; its Sold To becomes the first manager, if they can be one (R53)."""
        account = self.accounts[label] = Account(sold_to, bill_to, plan, BOUNDS.get(plan or ""))
        known = self.customers.get(sold_to)
        able = known is None or (known.active and not self.has_enough(sold_to))
        if able:
            self.customers.setdefault(sold_to, Customer(sold_to))
            account.members[sold_to] = Member("admin", self.now)
        self.record("account_imported", label, f"account:{label}", "support", customer=sold_to if able else None)
        return Answer(201, about=label)

    @answering
    def switch_login(self, address: str, *, on: bool, last: bool) -> Answer:
        """R3, R22, R31: off, the invitations that the person sent end too; ``last`` is for the last who can sign in."""
        customer = self.customers[address]
        left = [each for each in self.accounts_of(address) if self._leaves_nobody(each, address, None)]
        if left and not on and not last:
            raise Refused(409, "last_manager")
        if customer.active is not on:
            customer.active = on
            kind, who = f"login_{'re' if on else 'de'}activated", f"customer:{address}"
            self.record(kind, None, who, "support", customer=address)
            for label, it in self.invitations.items():
                if not on and (it.inviter, it.status) == (address, "pending"):
                    self._revoke(label, "support")
        return Answer(200)

    @answering
    def edit_account(self, account: str, wanted: dict[str, str | int | None]) -> Answer:
        """R6, R7: a new plan brings its bound; what is so already is no change, and no event."""
        there, wanted = self.accounts[account], dict(wanted)
        if wanted.get("plan", there.plan) != there.plan:
            wanted.setdefault("max_managers", BOUNDS.get(str(wanted["plan"])))
        changed = sorted(name for name, value in wanted.items() if value != getattr(there, name))
        is_new = "managed_by" in changed and wanted["managed_by"] == "admins"
        admins = [each for each, it in there.members.items() if it.role == "admin" and self.customers[each].active]
        if is_new and not admins:
            raise Refused(409, "no_admin")
        for name in changed:
            setattr(there, name, wanted[name])
        if changed:
            self.record("account_edited", account, f"account:{account}", "support", fact=", ".join(changed))
            self._end_what_is_not_vouched(account, "support")
        return Answer(200)

    @answering
    def grant(self, account: str, whom: str, role: str, *, approved_by: str | None) -> Answer:
        """R62: an invitation of theirs ends with it, and its seat is theirs; approval is that of the Sold To."""
        there = self.accounts[account]
        if whom in there.members:
            raise Refused(409, "already_manager")
        if there.closed:
            raise Refused(409, "account_closed")
        others = self.live(account=account, address=whom)
        if there.max_managers is not None and self.seats(account) + 1 - len(others) > there.max_managers:
            raise Refused(409, "account_full")
        if approved_by not in (None, there.sold_to):
            raise Refused(422, "verification_insufficient")
        if self.has_enough(whom):
            raise Refused(409, "membership_limit_reached")
        self.customers.setdefault(whom, Customer(whom))
        there.members[whom] = Member(role, self.now)
        self.record("membership_granted", account, f"manager:{whom}", "support", customer=whom, fact=role)
        for label in others:
            self._revoke(label, "support", joined=True)
        return Answer(201)

    @answering
    def take_away(self, account: str, whom: str, *, last: bool, contact: bool, dry_run: bool) -> Answer:
        """R63: also the last one, and also a contact, if support says so."""
        there = self.accounts[account]
        if whom not in there.members:
            raise Refused(404, "manager_not_found")
        if not last:
            self._must_go_on(account, whom, None)
        for part, address in (("sold_to", there.sold_to), ("bill_to", there.bill_to)):
            if address in self._known_as(whom) and not contact:
                raise Refused(409, f"is_{part}_contact")
        if dry_run:
            return Answer(200)
        self._end(account, whom, "manager_removed", "support")
        return Answer(204)
