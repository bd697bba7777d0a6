"""Where things are in the API. What cannot be an id is refused before anything is sent."""

import re

import typer

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def part(text: str) -> str:
    """An id as part of a path. Refuses as wrong usage what is none: an address, say, must not get into a path."""
    if not _ID.fullmatch(text):
        raise typer.BadParameter(f"{text!r} is not an id; `desk search` finds ids")
    return text


def account_path(account: str) -> str:
    """The path of an account."""
    return f"/v1/support/billing-accounts/{part(account)}"


def customer_path(customer_id: str) -> str:
    """The path of a customer."""
    return f"/v1/support/customers/{part(customer_id)}"


def contact_path(contact_id: str) -> str:
    """The path of a contact."""
    return f"/v1/support/contacts/{part(contact_id)}"


def invitation_path(account: str, invitation_id: str) -> str:
    """The path of an invitation."""
    return f"{account_path(account)}/invitations/{part(invitation_id)}"
