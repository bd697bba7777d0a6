"""``python -m devstack.verification_docs`` prints the table of proofs into ``docs/verification.md``."""

import sys
from dataclasses import fields
from pathlib import Path

from chalicelib.domain import evidence
from chalicelib.domain.evidence import Method
from chalicelib.domain.verification import TABLE

PAGE = Path(__file__).resolve().parent.parent / "docs" / "verification.md"
_HEAD = """# Ownership verification

Anybody who is made a manager or invited by the support desk needs one accepted proof that they belong to the account
(R62). This page is printed from `chalicelib/domain/verification.py` by `python -m devstack.verification_docs`;
the code decides.

The first need that is not met is the `reason` of the refusal `verification_insufficient`. A method that does not stand
here, a missing field and a field too many are `validation_failed`. The history keeps the method, links, numbers and
dates; addresses as pseudonyms, of a licence only its SHA-256.
Invoices and invoice owners are looked up in Zuora; while it is away, a proof that needs it is a 503.

Never add the existing Sold To contact to a ticket as a copy: the requester would learn the address.
"""


def page() -> str:
    """The whole page."""
    parts = [_HEAD]
    for method, needs in TABLE.items():
        kind = _evidence_of(method)
        parts.append(f"\n## `{method.value}`\n\n{_text(kind)}\n")
        parts.append("Evidence: " + ", ".join(f"`{each.name}`" for each in fields(kind)) + ".\n")
        if method in evidence.CHECKED_BY_AN_AGENT:
            parts.append("\nNo machine can check it: the record says which agent has (`checked_by`).\n")
        if not needs:
            continue
        parts.append("\n| it must show | otherwise the reason is |\n|---|---|\n")
        parts += [f"| {need.says} | `{need.reason}` |\n" for need in needs]
    return "".join(parts)


def _evidence_of(method: Method) -> type:
    name = "".join(word.capitalize() for word in method.value.split("_"))
    found: type = getattr(evidence, name)
    return found


def _text(kind: type) -> str:
    return " ".join((kind.__doc__ or "").replace("``", "`").split())


def main() -> int:
    """Writes the page; returns the exit code."""
    PAGE.write_text(page())
    return 0


if __name__ == "__main__":
    sys.exit(main())
