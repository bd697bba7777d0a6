"""What to do next: a command for each refusal, and for each trouble of a transfer, that has a way out."""

from collections.abc import Mapping
from string import Template
from typing import Any

REFUSED: Mapping[str, str] = {
    "account_full": "`desk account edit ACCOUNT --max-managers N` makes room, `desk remove` too.",
    "already_invited": "`desk resend ACCOUNT $invitation_id` sends it again, `desk revoke` ends it.",
    "already_manager": "`desk role ACCOUNT CUSTOMER ROLE` changes what they may do.",
    "contact_not_found": "`desk search` finds those that are here, `desk contact add` takes one over from Zuora.",
    "deliberately_deactivated": "Ask whoever did it; then `desk login on CUSTOMER --confirm-reactivation`.",
    "email_taken": "`desk show $customer_id` says what they manage, `desk transfer start ACCOUNT --to $customer_id` "
    "gives them an account.",
    "house_address": "A manager of the account can invite them from the portal.",
    "is_bill_to_contact": "`--override-contact` of `desk remove` lets them go and leaves the Bill To as it is.",
    "is_sold_to_contact": "`desk transfer start` puts somebody else in their place, `--override-contact` of "
    "`desk remove` leaves the Sold To as it is.",
    "last_manager": "`desk grant` adds somebody, `--allow-last` of `desk remove` and `desk login off` lets the last "
    "one go.",
    "login_deactivated": "`desk history CUSTOMER --type login_deactivated` says who did it, `desk login on CUSTOMER` "
    "switches it on.",
    "made_by_support": "A manager of the account can invite you from the portal.",
    "membership_limit_reached": "`desk show CUSTOMER` says what they manage, `desk remove` takes them off it.",
    "own_address": "A colleague has to do this.",
    "own_record": "A colleague has to do this.",
    "recipient_suppressed": "`desk resend ACCOUNT INVITATION --email ADDRESS` sends it to another address; "
    "`desk suppression lift ADDRESS` mails this one again.",
    "route_not_found": "Is DESK_API_URL the address of the API?",
    "second_agent_needed": "A colleague does the other half, or you after $not_before.",
    "transfer_open": "`desk transfer show ACCOUNT $transfer_id` says how far it is.",
    "unauthenticated": "The token may have expired: get a new one for DESK_TOKEN, or set DESK_TOKEN_COMMAND.",
    "verification_insufficient": "`desk grant --help` lists the methods with their evidence.",
    "version_conflict": "Somebody else was faster. Look at it again, and repeat the command.",
}

TROUBLE: Mapping[str, str] = {
    "account_full": "There is no seat for the new manager: `desk account edit ACCOUNT --max-managers N`.",
    "invitation_declined": "The new owner has declined the invitation.",
    "invitation_expired": "The new owner has not accepted in time; start another transfer.",
    "invitation_revoked": "The invitation of the new owner was revoked; start another transfer.",
    "last_manager": "The old manager is the last admin: `desk role ACCOUNT CUSTOMER admin` for another one.",
    "login_deactivated": "The login of the new owner is off: `desk login on CUSTOMER`, if that is right.",
    "membership_limit_reached": "The new owner manages another account: `desk remove` takes them off it.",
    "new_manager_gone": "The new owner does not manage the account any more; start another transfer.",
    "new_manager_has_no_name": "Zuora takes no contact without a name: "
    "`desk customer edit $to_customer_id --first-name … --last-name …`; the transfer continues by itself.",
    "sold_to_chosen_otherwise": "Somebody else was chosen as Sold To meanwhile; look at `desk history ACCOUNT`.",
    "zuora_refused": "Zuora does not take the new owner as Sold To: `desk sync status` says why.",
}


def after_refusal(problem: Mapping[str, Any]) -> str | None:
    """What to do about a refusal, None if it speaks for itself."""
    return _filled(REFUSED.get(str(problem.get("code"))), problem)


def about_trouble(transfer: Mapping[str, Any]) -> str | None:
    """What holds a transfer up or has ended it, None if nothing has."""
    return _filled(TROUBLE.get(str(transfer.get("error")).partition(":")[0]), transfer)


def _filled(hint: str | None, facts: Mapping[str, Any]) -> str | None:
    return None if hint is None else Template(hint).safe_substitute({key: str(value) for key, value in facts.items()})
