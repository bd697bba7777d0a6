"""R32 in the tables: who is protected besides who plays a part is who was chosen, or written into the contact."""

from collections.abc import Iterator

from chalicelib.addresses import normalised
from tests.table_dump import Dump, Item

_PARTS = ("sold_to", "bill_to")


def found(read: Dump) -> Iterator[str]:
    """What of the protection from removal is not as it has to be."""
    for account_id, account in read.accounts.items():
        for part in _PARTS:
            awaited = set(account.get(f"{part}_next", ()))
            assignment = read.contacts.get(f"assignment#{account_id}#{part}")
            edited = read.contacts.get(account.get(f"{part}_contact_id", ""))
            chosen = {normalised(assignment["work_email"])} if assignment and "error_code" not in assignment else set()
            if not chosen <= awaited:
                yield f"R32: {account_id} does not protect who is chosen as {part}"
            if awaited and not chosen and not (edited and _is_under_way(edited)):
                yield f"R32: {account_id} protects {len(awaited)} as {part} for whom nothing is under way"


def _is_under_way(contact: Item) -> bool:
    return contact["sync_state"] == "pending" and "work_email" in contact.get("edited", ())
