"""The proofs of ownership as options of a command; docs/verification.md says what each must show."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

_TRUTH = {"true": True, "yes": True, "false": False, "no": False}


class Method(StrEnum):
    """The accepted proofs of ownership."""

    SOLD_TO_APPROVAL = "sold_to_approval"
    BILL_TO_APPROVAL_WITH_INVOICE = "bill_to_approval_with_invoice"
    PRIOR_CONTRACT = "prior_contract"
    RECENT_INVOICE = "recent_invoice"
    LICENSE_TEXT = "license_text"
    NAMESPACE_OWNER = "namespace_owner"
    RESELLER_VOUCH = "reseller_vouch"
    RESELLER_INVOICE = "reseller_invoice"


EVIDENCE = {
    Method.SOLD_TO_APPROVAL: ("approved_by", "approval_url"),
    Method.BILL_TO_APPROVAL_WITH_INVOICE: ("approved_by", "approval_url", "invoice_number", "invoice_date"),
    Method.PRIOR_CONTRACT: ("contract_url",),
    Method.RECENT_INVOICE: ("invoice_number", "invoice_date"),
    Method.LICENSE_TEXT: ("license_text",),
    Method.NAMESPACE_OWNER: ("namespace", "evidence_url", "checked_by_admin"),
    Method.RESELLER_VOUCH: ("requester_email", "reseller_zuora_account_id", "license_activated"),
    Method.RESELLER_INVOICE: ("requester_email", "reseller_zuora_account_id", "invoice_number", "invoice_date"),
}
"""What each method needs, for ``--help``. What decides is the API."""

_YES_OR_NO = {"checked_by_admin", "license_activated"}

NEEDS = "Evidence of each method, one --proof NAME=VALUE each:\n\n" + "\n\n".join(
    f"{method.value}: {', '.join(names)}" for method, names in EVIDENCE.items()
)
"""The same as text."""

MethodOption = Annotated[Method, typer.Option("--method", help="The proof of ownership.")]
MaybeMethodOption = Annotated[
    Method | None, typer.Option("--method", help="The proof of ownership, where one is needed.")
]
Proof = Annotated[
    list[str],
    typer.Option("--proof", metavar="NAME=VALUE", help="Evidence; repeat it. NAME=@FILE reads the value from a file."),
]


def verification(method: Method, proof: list[str]) -> dict[str, Any]:
    """The proof as the API takes it."""
    found: dict[str, Any] = {}
    for each in proof:
        name, is_pair, value = each.partition("=")
        if not is_pair:
            raise typer.BadParameter(f"{each!r} is not NAME=VALUE", param_hint="--proof")
        if name in found or name == "method":
            raise typer.BadParameter(f"{name} is given twice", param_hint="--proof")
        if value.startswith("@"):
            value = _content_of(value[1:])
        found[name] = _TRUTH.get(value.lower(), value) if name in _YES_OR_NO else value
    return {"method": method.value, **found}


def _content_of(name: str) -> str:
    try:
        return Path(name).expanduser().read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"cannot read {name}: {error}", param_hint="--proof") from None
