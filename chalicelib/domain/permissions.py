"""The permission table: who may do what, by role and by the account's policy (R6). The only place that decides."""

from enum import StrEnum

from chalicelib.domain.accounts import Channel, ManagedBy
from chalicelib.domain.memberships import Role


class Permission(StrEnum):
    """Everything that can be asked for, ours and the portal's own pages."""

    VIEW_ACCOUNT = "view_account"
    LEAVE = "leave"
    VIEW_MANAGERS = "view_managers"
    VIEW_MANAGER_ADDRESSES = "view_manager_addresses"
    INVITE_MANAGERS = "invite_managers"
    VIEW_INVITATIONS = "view_invitations"
    REMOVE_MANAGERS = "remove_managers"
    CHANGE_ROLES = "change_roles"
    VIEW_HISTORY = "view_history"
    VIEW_CONTACTS = "view_contacts"
    CHANGE_CONTACTS = "change_contacts"
    VIEW_PAYMENT_METHODS = "view_payment_methods"
    UPDATE_PAYMENT_METHODS = "update_payment_methods"
    VIEW_SUBSCRIPTIONS = "view_subscriptions"
    UPDATE_SUBSCRIPTIONS = "update_subscriptions"
    VIEW_PAYMENTS = "view_payments"
    VIEW_INVOICES = "view_invoices"
    VIEW_USAGE_COUNTS = "view_usage_counts"


_P = Permission

_READ = {
    _P.VIEW_ACCOUNT, _P.LEAVE, _P.VIEW_MANAGERS,
    _P.VIEW_PAYMENT_METHODS, _P.VIEW_SUBSCRIPTIONS, _P.VIEW_PAYMENTS, _P.VIEW_INVOICES, _P.VIEW_USAGE_COUNTS,
}  # fmt: skip
_BILL = _READ | {_P.UPDATE_PAYMENT_METHODS, _P.UPDATE_SUBSCRIPTIONS}
_MANAGE = _BILL | {
    _P.VIEW_MANAGER_ADDRESSES, _P.INVITE_MANAGERS, _P.VIEW_INVITATIONS, _P.REMOVE_MANAGERS, _P.CHANGE_ROLES,
    _P.VIEW_HISTORY, _P.VIEW_CONTACTS, _P.CHANGE_CONTACTS,
}  # fmt: skip

TABLE: dict[ManagedBy, dict[Role, frozenset[Permission]]] = {
    ManagedBy.MANAGERS: {
        Role.ADMIN: frozenset(_MANAGE),
        Role.MANAGER: frozenset(_MANAGE),
        Role.VIEWER: frozenset(_READ),
    },
    ManagedBy.ADMINS: {
        Role.ADMIN: frozenset(_MANAGE),
        Role.MANAGER: frozenset(_BILL),
        Role.VIEWER: frozenset(_READ),
    },
}

_RANK = {Role.VIEWER: 0, Role.MANAGER: 1, Role.ADMIN: 2}


THROUGH_RESELLER = frozenset({_P.UPDATE_SUBSCRIPTIONS})
"""What nobody does here on an account that a reseller sold to: the reseller does (R58)."""


def granted(policy: ManagedBy, role: Role, channel: Channel = Channel.DIRECT) -> frozenset[Permission]:
    """Everything that the role may do on an account with that policy, sold through that channel."""
    held = TABLE[policy][role]
    return held - THROUGH_RESELLER if channel is Channel.RESELLER else held


def may(policy: ManagedBy, role: Role, permission: Permission, channel: Channel = Channel.DIRECT) -> bool:
    """Whether the role may do that on an account with that policy, sold through that channel."""
    return permission in granted(policy, role, channel)


def may_give(own: Role, given: Role) -> bool:
    """Nobody gives, or takes away, a role above their own."""
    return _RANK[given] <= _RANK[own]


def may_invite(policy: ManagedBy, own: Role, given: Role) -> bool:
    """Whether somebody in a role may invite others to a role, and an invitation of theirs is good (R17)."""
    return may(policy, own, Permission.INVITE_MANAGERS) and may_give(own, given)


def roles_that_may_invite(policy: ManagedBy, given: Role) -> frozenset[Role]:
    """The roles whose holders may invite to that role under a policy."""
    return frozenset(role for role in Role if may_invite(policy, role, given))
