"""Answers about billing accounts."""

from typing import Literal

from chalicelib.api.web.answers import AnswerModel
from chalicelib.domain import permissions
from chalicelib.domain.accounts import Account
from chalicelib.domain.memberships import Role
from chalicelib.domain.permissions import Permission


class ManagerLimit(AnswerModel):
    """``used`` counts managers; ``max`` bounds managers and pending invitations together, null is no bound."""

    used: int
    max: int | None


class PendingLimit(AnswerModel):
    """Pending invitations, and how many there may be."""

    used: int
    max: int


class AccountLimits(AnswerModel):
    """The limits of an account."""

    managers: ManagerLimit
    pending_invitations: PendingLimit


class AccountAnswer(AnswerModel):
    """A billing account as its manager sees it; ``my_role`` is null for support."""

    id: str
    zuora_account_id: str
    account_number: str
    name: str
    plan: str | None
    channel: Literal["direct", "reseller"]
    status: Literal["active", "closed"]
    managed_by: Literal["managers", "admins"]
    limits: AccountLimits
    my_role: Role | None
    nudge_second_manager: bool


class Permissions(AnswerModel):
    """What the caller may do on the account."""

    permissions: list[Permission]


def account_fields(account: Account, role: Role | None, *, most_pending: int) -> dict[str, object]:
    """The fields of an account for somebody in that role, None for support."""
    return {
        "id": account.id,
        "zuora_account_id": account.zuora_account_id,
        "account_number": account.account_number,
        "name": account.name,
        "plan": account.plan,
        "channel": account.channel.value,
        "status": account.status.value,
        "managed_by": account.managed_by.value,
        "limits": AccountLimits(
            managers=ManagerLimit(used=account.manager_count, max=account.max_managers),
            pending_invitations=PendingLimit(used=account.pending_count, max=most_pending),
        ),
        "my_role": role,
        "nudge_second_manager": not account.is_closed and account.managing_count == 1 and account.has_free_seat,
    }


def account(account: Account, role: Role | None, *, most_pending: int) -> AccountAnswer:
    """An account for somebody in that role, None for support."""
    return AccountAnswer.model_validate(account_fields(account, role, most_pending=most_pending))


def permissions_of(account: Account, role: Role) -> Permissions:
    """What the role may do on the account, in the table's order."""
    held = permissions.granted(account.managed_by, role, account.channel)
    return Permissions(permissions=[each for each in Permission if each in held])
