"""What the support desk does in the races, and what must not be left of it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from chalicelib import wiring
from chalicelib.domain import permissions
from chalicelib.domain.accounts import ManagedBy
from chalicelib.domain.addresses import Address
from chalicelib.domain.evidence import Method, PriorContract, Verification
from chalicelib.domain.memberships import Role
from chalicelib.domain.people import SignedIn
from chalicelib.domain.verification import Found
from chalicelib.operations.accounts.edit_account import edit_account
from chalicelib.operations.customers.switch_login import Switch, switch_login
from chalicelib.operations.managers import grant_membership as granting
from chalicelib.operations.managers.grant_membership import Grantee
from chalicelib.operations.support import Desk
from chalicelib.operations.verify_ownership import Proof
from tests import table_dump
from tests.races.people import GROUPS, SUE, RaceAccount, id_of
from tests.races.race_kit import context
from tests.table_dump import Tables

DESK = Desk(SUE, GROUPS, "https://tickets.example/4711")
PROOF = Proof(
    Verification(Method.PRIOR_CONTRACT, PriorContract("https://files.example/contract-1")),
    lambda _evidence, _account: Found(),
)


def granted(account: RaceAccount, address: str) -> Callable[[], Any]:
    """Support makes somebody a manager, for later."""
    asked = granting.GrantRequest(
        whom=Grantee(None, Address(address)),
        role=Role.MANAGER,
        proof=PROOF,
    )
    return partial(granting.grant, DESK, account.id, asked, context=context())


def switching(who: SignedIn, *, on: bool, reason: str | None = None) -> Callable[[], Any]:
    """Support switches somebody's login, for later; with a reason also that of the last one."""
    switch = Switch(on=on, confirmed=True, allow_last=reason is not None, reason=reason)
    return partial(switch_login, DESK, id_of(who), switch, now=wiring.now())


def letting(managed_by: ManagedBy, account: RaceAccount) -> Callable[[], Any]:
    """Support sets the policy of an account, for later."""
    changes = {"managed_by": managed_by}
    return partial(edit_account, DESK, account.id, changes, version=None, context=context())


def not_entitled(tables: Tables) -> list[str]:
    """R17: pending invitations whose senders may not give their role, as sentences that name the account."""
    read = table_dump.read(tables)
    found = []
    for (account_id, invitation_id), it in read.invitations.items():
        sender = read.memberships.get((account_id, str(it.get("inviter_id"))))
        if it["status"] != "pending" or sender is None:
            continue
        policy = ManagedBy(read.accounts[account_id]["managed_by"])
        if not permissions.may_invite(policy, Role(sender["role"]), Role(it["role"])):
            found.append(f"R17: {invitation_id} on {account_id} is pending, and its sender may not give its role")
    return found
