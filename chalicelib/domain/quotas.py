"""Quotas: how often something may happen in a span of time, counted in fixed windows (R24).

A window is part of its counter's key, so a new window begins with a new counter, and the time to wait
is exactly what is left of the window. What was counted is never given back.
"""

from datetime import UTC, datetime, timedelta

from chalicelib.domain.errors import RateLimited
from chalicelib.domain.limits import Limits
from chalicelib.frozen import frozen

_TEN_MINUTES = timedelta(minutes=10)
_DAY = timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@frozen
class Quota:
    """One counter: at most ``most`` until ``ends_at``."""

    key: str
    most: int
    ends_at: datetime
    detail: str

    def exceeded(self, now: datetime) -> RateLimited:
        """What to answer when it is used up."""
        return RateLimited(self.detail, retry_after=self.ends_at - now)


def of_new_invitation(
    *, account_id: str, inviter: str, mailbox: str | None, limits: Limits, now: datetime
) -> list[Quota]:
    """The quotas that a new invitation draws on, and one that is sent to another address than before.

    ``mailbox`` is a pseudonym, None for a link.
    """
    made = [
        _quota(f"inviter#{inviter}", limits.invitations_per_inviter, _TEN_MINUTES, now,
               "You have sent many invitations in a short time."),
        _quota(f"account#{account_id}", limits.invitations_per_account, _DAY, now,
               "Many invitations have been sent for this account today."),
    ]  # fmt: skip
    return made + (of_mail(account_id=account_id, mailbox=mailbox, limits=limits, now=now) if mailbox else [])


def of_mail(*, account_id: str, mailbox: str, limits: Limits, now: datetime) -> list[Quota]:
    """The quotas that one more mail to a mailbox draws on, over all accounts and for this one."""
    return [
        _quota(f"mailbox#{account_id}#{mailbox}", limits.mails_per_account_and_address, _DAY, now,
               "This person has been sent enough mails for today."),
        _quota(f"mailbox#{mailbox}", limits.mails_per_address, _DAY, now,
               "This person has been sent enough mails for today."),
    ]  # fmt: skip


def of_change(*, manager_id: str, limits: Limits, now: datetime) -> Quota:
    """The quota for a manager's changes that other people are mailed about."""
    return _quota(f"changes#{manager_id}", limits.changes_per_manager, _TEN_MINUTES, now,
                  "You have made many changes in a short time.")  # fmt: skip


def _quota(subject: str, most: int, window: timedelta, now: datetime, detail: str) -> Quota:
    number = (now - _EPOCH) // window
    return Quota(f"{subject}#{number}", most, _EPOCH + window * (number + 1), detail)
