"""What the tables say in the words of the model, so that the two can be compared."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.model.state import Event, State
from tests.table_dump import Dump
from tests.table_dump import Event as Stored

Labels = Mapping[str, str]
"""The model's label of each account and invitation, by the service's id."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that both know of, events aside.

    Accounts with policy, plan, bound and whether they are closed; the roles of managers by account and address;
    invitations with status, generation, who accepted and the noted failure; customers: bound to a sign-in, and login
    active.
    """

    accounts: Mapping[str, tuple[str, str | None, int | None, bool]]
    managers: Mapping[tuple[str, str], str]
    invitations: Mapping[str, tuple[str, int, str | None, str | None]]
    customers: Mapping[str, tuple[bool, bool]]


def in_the_model(state: State) -> Picture:
    """What the model says."""
    return Picture(
        {label: (it.managed_by, it.plan, it.max_managers, it.closed) for label, it in state.accounts.items()},
        {(label, who): each.role for label, it in state.accounts.items() for who, each in it.members.items()},
        {label: (it.status, it.generation, it.accepted_by, it.noted) for label, it in state.invitations.items()},
        {who: (it.identity is not None, it.active) for who, it in state.customers.items()},
    )


def in_the_tables(read: Dump, labels: Labels) -> Picture:
    """What is stored. KeyError for an account or an invitation that nobody asked for."""
    who = addresses(read)
    return Picture(
        {
            labels[account_id]: (
                it["managed_by"],
                it.get("plan"),
                it.get("max_managers"),
                it["status"] == "closed",
            )
            for account_id, it in read.accounts.items()
        },
        {(labels[account_id], who[member]): it["role"] for (account_id, member), it in read.memberships.items()},
        {
            labels[ident]: (it["status"], it["generation"], who.get(it.get("accepted_by")), it.get("accept_error_code"))
            for (_, ident), it in read.invitations.items()
        },
        {str(it["address"]): ("identity" in it, it["login_activated"]) for it in read.customers.values()},
    )


def addresses(read: Dump) -> Mapping[str | None, str]:
    """The addresses of the customers by id."""
    return {customer_id: str(it["address"]) for customer_id, it in read.customers.items()}


def history(read: Dump, labels: Labels) -> dict[str, Event]:
    """The stored events by id, as the model would write them."""
    who = addresses(read)
    return {
        each.id: _event(each, {**labels, **{str(ident): address for ident, address in who.items()}})
        for each in read.events
    }


def _event(event: Stored, labels: Labels) -> Event:
    def named(text: str) -> str:
        kind, _, ident = text.partition(":")
        if not ident:
            return text
        return "support" if kind == "admin" else f"{kind}:{labels.get(ident, ident)}"

    data = event.data
    facts = {
        "invitation_created": data.get("generation"),
        "invitation_resent": data.get("generation"),
        "invitation_reminded": f"{data.get('generation')}/{data.get('number')}",
        "invitation_declined": data.get("was_live"),
        "invitation_accepted": data.get("role"),
        "invitation_revoked": "joined" if data.get("because") == "invitee_joined" else data.get("was_live"),
        "membership_granted": data.get("role"),
        "manager_left": data.get("role"),
        "manager_removed": data.get("role"),
        "role_changed": f"{data.get('role_before')} to {data.get('role_after')}",
        "account_edited": ", ".join(sorted(name[: -len("_after")] for name in data if name.endswith("_after"))),
    }
    fact, customer = facts.get(event.type), data.get("customer_id")
    return Event(
        event.type,
        labels[event.account_id] if event.account_id else None,
        named(event.subject),
        named(event.actor),
        event.at,
        labels[str(customer)] if customer else None,
        None if fact is None else str(fact),
    )
