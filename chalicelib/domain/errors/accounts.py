"""What is refused about accounts: their seats, their managers, proofs of ownership, transfers."""

from collections.abc import Sequence

from chalicelib.domain.errors.base import Changed, DomainError, Kind

_MOST_NAMED = 20


class AccountNotFound(DomainError):
    """There is no such account, or it is not the caller's (I8)."""

    kind, code = Kind.NOT_FOUND, "account_not_found"
    detail = "Billing account not found."


class ManagerNotFound(DomainError):
    """Nobody with that id manages the account."""

    kind, code = Kind.NOT_FOUND, "manager_not_found"
    detail = "This account has no manager with this id."


class TransferNotFound(DomainError):
    """There is no such transfer on that account."""

    kind, code = Kind.NOT_FOUND, "transfer_not_found"
    detail = "This account has no transfer with this id."


class ZuoraAccountNotFound(DomainError):
    """Zuora knows no account with that id."""

    kind, code = Kind.NOT_FOUND, "zuora_account_not_found"
    detail = "No Zuora account has this id."


class AlreadyManager(DomainError):
    """The person manages this account already (R12)."""

    kind, code = Kind.CONFLICT, "already_manager"
    detail = "This person manages the account already."


class AccountFull(DomainError):
    """Every seat of the account is taken by a manager or a pending invitation (R7)."""

    kind, code = Kind.CONFLICT, "account_full"
    detail = "The plan of this account allows no more managers. Remove one, revoke an invitation, or change the plan."

    def __init__(self, account_id: str, *, limit: int | None) -> None:
        super().__init__(limit=limit)
        self.account_id = account_id


class AccountClosed(DomainError):
    """The account is closed."""

    kind, code = Kind.CONFLICT, "account_closed"
    detail = "This billing account is closed."


class LastManager(DomainError):
    """The account would be left without a manager who can sign in, or such an admin where admins manage (R31)."""

    kind, code = Kind.CONFLICT, "last_manager"
    detail = "You can't remove the last manager (or admin) of this account. Add another one first."


class LastLogin(LastManager):
    """These accounts would be left without anybody who can sign in and manage them (R31)."""

    detail = "Nobody else who can sign in manages these accounts. Add another manager (or admin) to each of them first."

    def __init__(self, accounts: Sequence[str]) -> None:
        super().__init__(accounts=", ".join(accounts[:_MOST_NAMED]), accounts_count=len(accounts))


class LoginsNotCounted(Changed):
    """The account is from the time before logins counted: once its managers are looked through, the answer is right."""

    def __init__(self, account_id: str) -> None:
        super().__init__()
        self.account_id = account_id


class NoAdmin(DomainError):
    """Nobody of the account is an admin, so admins cannot be the ones who manage it (R6)."""

    kind, code = Kind.CONFLICT, "no_admin"
    detail = "This account has no admin. Make one of its managers an admin first."


class TransferOpen(DomainError):
    """An account is transferred once at a time (R66)."""

    kind, code = Kind.CONFLICT, "transfer_open"
    detail = "A transfer of this account is under way. Wait for it, or cancel it."

    def __init__(self, *, transfer_id: str) -> None:
        super().__init__(transfer_id=transfer_id)


class TransferOver(DomainError):
    """The transfer has ended; there is nothing to cancel (R66)."""

    kind, code = Kind.CONFLICT, "transfer_over"
    detail = "This transfer has ended already."

    def __init__(self, *, state: str) -> None:
        super().__init__(state=state)


class VerificationInsufficient(DomainError):
    """The evidence is complete, but does not prove enough (R62)."""

    kind, code = Kind.INVALID, "verification_insufficient"
    detail = "This proof is not enough."

    def __init__(self, *, reason: str, says: str) -> None:
        super().__init__(reason=reason)
        self.detail = f"This proof is not enough. What it has to show: {says}"
