"""What must hold of transfers whatever happens, told once more as rules of the product (R66)."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib import wiring
from chalicelib.domain.event_entry import Audience
from chalicelib.domain.events import account_stream
from chalicelib.operations.mails import mails_owed
from chalicelib.store import history, reading
from tests import invariants_of_contacts, table_dump
from tests.invariants import rewritten_history
from tests.model.transfer_deployment import ENDS
from tests.model.transfer_play import ALL, TransferScenario
from tests.table_dump import Dump, Event, Item, plain_items
from tests.world import TICKET

ORDER = ("started", "invited", "joined", "sold_to_requested", "sold_to_synced", "completed")
_MOST_SUPPLIES = 8
_OF_ZUORA = {"contact_placed", "contact_sync_failed"}


@dataclass
class Rules:
    """What must hold after every action and every run of a function; remembers what was so before."""

    play: TransferScenario
    met: Counter[str]
    last: dict[str, Item] = field(default_factory=dict)
    managing: tuple[int, int] = (1, 1)
    surplus: int = 0

    def __post_init__(self) -> None:
        """From now on."""
        self.tables = self.play.world.everything()
        self.play.stage.look = self.look

    def look(self, cause: str, *, nobody: bool = False, bound_set: bool = False) -> None:
        """Fails if something is wrong.

        ``nobody`` says that support may have taken the last one away, ``bound_set`` that it has set the bound.
        """
        tables = self.play.world.everything()
        if tables == self.tables:
            return
        facts, transfers = table_dump.read(tables), self.play.stage.transfers()
        found = [*self._of_the_account(facts, transfers, nobody=nobody, bound_set=bound_set)]
        for it in transfers.values():
            before = self.last.get(it["key"])
            found += _of_one(it, before, facts)
            if self._just_ended(it):
                found += self._of_an_end(it, facts)
        found += self._of_locks(transfers)
        found += invariants_of_contacts.found(facts)
        found += self._of_protection(facts)
        if cause in {"messages", "nudge"}:
            found += _of_causes(facts.events[len(self.tables["History"]) :])
        found += rewritten_history(self.tables, tables)
        self.last, self.tables = transfers, tables
        assert not found, f"after {cause}: {found}"

    def _just_ended(self, it: Item) -> bool:
        return it["state"] in ENDS and self.last.get(it["key"], {}).get("state") not in ENDS

    def _of_locks(self, transfers: dict[str, Item]) -> Iterator[str]:
        items = plain_items(self.play.world, "Transfers")
        locks = [it["transfer_id"] for it in items if it["key"].startswith("account#")]
        under_way = [key for key, it in transfers.items() if it["state"] not in ENDS]
        if locks != under_way or len(under_way) > 1:
            yield f"under way are {under_way}, and the account is locked by {locks}"

    def _of_protection(self, facts: Dump) -> Iterator[str]:
        """R32: who is Sold To in Zuora is protected, unless their address is just being changed there."""
        account = facts.accounts[self.play.account]
        contact_id = self.play.zuora_account()["soldToId"]
        present, ours = self.play.sold_to(), facts.contacts.get(contact_id, {})
        edited = ours.get("work_email") != present
        if present not in {account.get("sold_to_address"), *account.get("sold_to_next", ())} and not edited:
            yield f"{present} is Sold To in Zuora, and may go"

    def _of_an_end(self, it: Item, facts: Dump) -> Iterator[str]:
        """What has to be so at the moment at which a transfer has ended."""
        self.met[it["state"] if it["state"] == "completed" else f"{it['state']}: {it.get('error')}"] += 1
        if it["state"] == "cancelled":
            self.met[f"cancelled when {max(set(it['done']) - set(ENDS), key=_rank)}"] += 1
        members, own = facts.members(self.play.account), _own_invitations(it["key"], facts)
        if it["state"] == "completed":
            new = it["to_customer_id"]
            if it["from_customer_id"] in members or new not in members:
                yield f"{it['key']} is completed, and the managers are {sorted(members)}"
            elif members[new]["role"] == "viewer" != it["role"] and not _demoted(it, facts):
                yield f"{it['key']} is completed, and the new owner may only look"
            if self.play.sold_to() != facts.customers[new]["address"]:
                yield f"{it['key']} is completed, and Zuora has {self.play.sold_to()}"
        else:
            left = own & {each["invitation_id"] for each in facts.pending(self.play.account)}
            if left:
                yield f"{it['key']} has ended, and its invitation still waits"

    def _of_the_account(
        self, facts: Dump, transfers: dict[str, Item], *, nobody: bool, bound_set: bool
    ) -> Iterator[str]:
        account, bound = facts.accounts[self.play.account], self.play.bound
        under_way = any(it["state"] not in ENDS for it in transfers.values())
        members = facts.members(self.play.account)
        roles = [it["role"] for it in members.values()]
        managing = len(roles) - roles.count("viewer"), roles.count("admin")
        if self.managing[0] and not managing[0] and not nobody:
            yield "nobody is left who can manage the account"
        if account["managed_by"] == "admins" and self.managing[1] and not managing[1] and not nobody:
            yield "no admin is left where only admins manage"
        self.managing = managing
        most = account.get("max_managers")
        if most != bound and not (under_way and bound is not None and most == bound + 1):
            yield f"the bound is {most}, and support has set {bound}"
        surplus = 0 if bound is None else max(0, int(account["seats_used"]) - bound)
        early = [it for it in transfers.values() if self._just_ended(it) and it["state"] != "completed"]
        stays = any(_new_owner(it, facts) in members for it in early)
        if surplus > self.surplus + under_way + stays and not bound_set:
            yield f"{account['seats_used']} seats of {bound} are used"
        if bound_set or not under_way:
            self.surplus = surplus
        if bound is not None and most == bound + 1:
            self.met["a seat is borrowed"] += 1

    def rest(self) -> None:
        """Everything comes to rest; what is truly missing is supplied, until no transfer is under way."""
        self.play.stage.rest()
        for _ in range(_MOST_SUPPLIES):
            missing = self._at_rest()
            if missing is None:
                found = [*self._of_mails(self.play.stage.facts())]
                assert not found, found
                return
            self._supply(missing)
            self.play.stage.rest()
        raise AssertionError(f"it does not end: {self.play.stage.under_way()}")

    def _of_mails(self, facts: Dump) -> Iterator[str]:
        """R66: one mail a person for one act; whoever was let in, and is still there, is told so by the end."""
        told: Counter[tuple[str, str | None]] = Counter()
        for event in facts.events:
            if event.data.get("transfer_id"):
                read = reading.one(history.key(account_stream(self.play.account), event.id))
                letters = [] if read is None else list(mails_owed.for_event(read, now=wiring.now()))
                inside = [each for each in letters if each.audience is not Audience.INVITEE]
                told.update((str(event.data["transfer_id"]), each.reader_id) for each in inside)
        yield from (f"{reader} is told of {key} {count} times" for (key, reader), count in told.items() if count > 1)
        for key, it in self.play.stage.transfers().items():
            new = it.get("to_customer_id")
            let_in = it.get("new_manager") == "let_in"
            if let_in and new in facts.members(self.play.account) and (key, new) not in told:
                yield f"{new} was let in by {key}, and is not told"
            for event in facts.events:
                own = event.subject == f"invitation:{it.get('invitation_id')}" and event.type == "invitation_accepted"
                if own and let_in and event.data.get("transfer_id") != key:
                    yield f"the acceptance that {key} has waited for does not name it"

    def _at_rest(self) -> str | None:
        """What the transfer under way waits for, if there is one; complains if it is not truly missing."""
        it = self.play.stage.under_way()
        if it is None:
            return None
        missing = self._missing(it, self.play.stage.facts())
        assert missing is not None, f"waits for nothing: {it}"
        shown = self.play.world.ok("GET", f"{self.play.path}/transfers/{it['key']}", self.play.sue)
        assert (shown["error"], shown["cancellable"], bool(shown["waits_for"])) == (it.get("error"), True, True)
        self.met[f"waits for {missing}"] += 1
        return missing

    def _missing(self, it: Item, facts: Dump) -> str | None:
        account, members = facts.accounts[self.play.account], facts.members(self.play.account)
        new, error = facts.customers.get(it.get("to_customer_id", "")), it.get("error")
        on = {key for key in members if facts.customers[key]["login_activated"]}  # others can do nothing (R31)
        others = [members[key]["role"] for key in on - {it["from_customer_id"]}]
        invitation = facts.invitations.get((self.play.account, it.get("invitation_id", "")), {})
        invited, closed = invitation.get("status") == "pending", account["status"] == "closed"
        assignment = facts.contacts.get(f"assignment#{self.play.account}#sold_to", {})
        full = account.get("max_managers") is not None and account["seats_used"] > account["max_managers"]
        deaf = self._sender_may_not(invitation, facts)
        nobody = "admin" not in others if account["managed_by"] == "admins" else set(others) <= {"viewer"}
        truly = {
            ("started", "account_full"): ("room", full),
            ("started", "rate_limited"): ("another day", True),
            ("invited", None): ("acceptance", invited and not (full or closed or deaf)),
            ("invited", "account_full"): ("room", invited and full),
            ("invited", "account_closed"): ("an open account", invited and closed),
            ("invited", "inviter_not_entitled"): ("another sender", invited and deaf),
            ("joined", "new_manager_has_no_name"): ("name", new and not (new["first_name"] and new["last_name"])),
            ("sold_to_requested", f"zuora_refused: {assignment.get('error_code')}"): (
                "Zuora",
                "error_code" in assignment,
            ),
            ("sold_to_synced", "last_manager"): ("manager", nobody),
        }
        what, so = truly.get((it["state"], error), (None, False))
        return what if so else None

    def _sender_may_not(self, invitation: Item, facts: Dump) -> bool:
        may = {"admin"} if facts.accounts[self.play.account]["managed_by"] == "admins" else {"admin", "manager"}
        sender = invitation.get("inviter_id")
        return sender is not None and facts.members(self.play.account).get(sender, {}).get("role") not in may

    def _supply(self, what: str) -> None:
        """Gives what is missing."""
        play, it = self.play, self.play.stage.under_way() or {}
        by_id = {play.id_of(name): name for name in ALL}
        new = by_id.get(it.get("to_customer_id"), "")
        if what == "acceptance":
            can = all(play.can_accept(*each) for each in play.pending().items())
            (play.accept if can else play.decline)()
        elif what == "room":
            play.edit(("max_managers", None))
        elif what == "name":
            play.name(new)
        elif what == "an open account":
            play.edit(("status", "active"))
        elif what == "another sender":
            assert play.desk("POST", f"{play.path}/invitations/{it['invitation_id']}/resend", {}).status == 200
        elif what == "another day":
            play.stage.jump(1)
        else:
            play.refuse("Active")
            play.login((new, True))
            play.role((new, "admin"))
            if what == "Zuora":
                play.edit(("status", "active"))
                play.choose(new)
        self.look(f"supplying {what}", bound_set=what == "room")


def _of_one(it: Item, before: Item | None, facts: Dump) -> Iterator[str]:
    """A transfer in itself, and against what it was before."""
    key, state = it["key"], it["state"]
    if before is not None and before["state"] in ENDS and it != before:
        yield f"{key} had ended, and is now {it}"
    if before is not None and _rank(state) < _rank(before["state"]):
        yield f"{key} went back from {before['state']} to {state}"
    if "to_address" in it and (state in ENDS or "to_customer_id" in it):
        yield f"{key} still knows the address of the new owner"
    reached = sorted(it["done"], key=_rank)
    if [it["done"][each] for each in reached] != sorted(it["done"].values()) or reached[-1] != state:
        yield f"{key} is {state}, and has reached {it['done']}"
    yield from _of_events(it, [event for event in facts.events if event.data.get("transfer_id") == key], facts)


def _of_events(it: Item, events: list[Event], facts: Dump) -> Iterator[str]:
    counted = Counter(event.type for event in events)
    right = {"transfer_started": 1, "transfer_ended": int(it["state"] in ENDS)}
    right["manager_removed"] = counted["manager_removed"] if it["state"] == "completed" else 0
    for kind, count in right.items():
        if counted[kind] != count:
            yield f"{it['key']} is {it['state']}, and has {counted[kind]} events {kind}"
    for kind in ("manager_removed", "membership_granted", "invitation_created", "sold_to_changed"):
        if counted[kind] > 1:
            yield f"{it['key']} has {counted[kind]} events {kind}"
    states = [_rank(event.data["state"]) for event in events if "state" in event.data]
    if states != sorted(states):
        yield f"{it['key']} tells of its states in the order {states}"
    for event in events:
        told = _by(event)
        if event.actor != told or event.data.get("ticket_url") != (TICKET if told.startswith("admin:") else None):
            yield f"{event.type} of {it['key']} is by {event.actor} for {event.data.get('ticket_url')}"
        own = event.subject.removeprefix("invitation:") in _own_invitations(it["key"], facts)
        if event.data.get("because") == "transfer_ended" and not own:
            yield f"{it['key']} has revoked {event.subject}, which it did not make"


def _by(event: Event) -> str:
    """Whose act an event of a transfer is."""
    if event.type == "invitation_accepted":
        return f"customer:{event.data['customer_id']}"
    return "zuora" if event.type in _OF_ZUORA else "admin:sue@support.example"


def _of_causes(news: list[Event]) -> Iterator[str]:
    """What a transfer does is done by somebody, for a transfer and a ticket (R60)."""
    for event in news:
        if event.actor.startswith("admin:") and not event.data.get("transfer_id"):
            yield f"{event.type} for {event.data.get('because')} names no transfer"


def _new_owner(it: Item, facts: Dump) -> str | None:
    """Also one who has accepted, and the transfer has not heard of it."""
    invited = facts.invitations.get((it["account_id"], it.get("invitation_id", "")), {})
    new: str | None = it.get("to_customer_id") or invited.get("accepted_by")
    return new


def _own_invitations(transfer_id: str, facts: Dump) -> set[str]:
    made = [event for event in facts.events if event.type == "invitation_created"]
    return {each.subject.removeprefix("invitation:") for each in made if each.data.get("transfer_id") == transfer_id}


def _demoted(it: Item, facts: Dump) -> bool:
    """Whether somebody has taken rights from the new owner since the transfer began."""
    begun = min(each.id for each in facts.events if each.data.get("transfer_id") == it["key"])
    changes = [event for event in facts.events if event.type == "role_changed" and event.id > begun]
    mine = [event.data for event in changes if event.data["customer_id"] == it["to_customer_id"]]
    return any(data["role_after"] == "viewer" and "transfer_id" not in data for data in mine)


def _rank(state: str) -> int:
    return ORDER.index(state) if state in ORDER else len(ORDER)
