"""Commands about the invitations of an account: invite, invitations, resend, revoke."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from desk.output import safe
from desk.paths import account_path, invitation_path
from desk.proofs import MaybeMethodOption, MethodOption, Proof, verification
from desk.session import AccountId, Limit, Role, Session, Ticket, Yes, session

InvitationId = Annotated[str, typer.Argument(metavar="INVITATION", help="Id of an invitation (inv_...).")]


class Status(StrEnum):
    """What has become of an invitation."""

    PENDING = "pending"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    REVOKED = "revoked"
    EXPIRED = "expired"


def invite(
    ctx: typer.Context,
    account: AccountId,
    email: Annotated[str, typer.Argument(metavar="EMAIL", help="Whom to invite.")],
    method: MethodOption,
    ticket: Ticket,
    proof: Proof = [],  # noqa: B006 -- Typer's way; never changed
    role: Role = Role.MANAGER,
    days: Annotated[int | None, typer.Option(min=1, max=30, help="How long it is good for.")] = None,
) -> None:
    """Invite somebody by mail on behalf of an account, on a proof of ownership; nobody of support can accept it."""
    at = session(ctx)
    body: dict[str, Any] = {
        "email": email, "role": role.value, "expires_in_days": days, "verification": verification(method, proof),
        "ticket_url": ticket,
    }  # fmt: skip
    made = at.api.post(f"{account_path(account)}/invitations", body, key=True)
    at.show(made, lambda it: at.out.said(f"[green]Invited.[/] {safe(it['id'])}, until {safe(it['expires_at'])}"))


def invitations(
    ctx: typer.Context,
    account: AccountId,
    status: Annotated[list[Status] | None, typer.Option(help="Only these; repeat it. Otherwise all.")] = None,
    limit: Limit = 20,
) -> None:
    """List the invitations of an account with what has become of their mails, newest first."""
    at = session(ctx)
    wanted = [each.value for each in status or list(Status)]
    found = at.listed(f"{account_path(account)}/invitations", most=limit, status=wanted)
    at.show(found, lambda it: table(at, "Invitations", it))


def table(at: Session, title: str, found: list[Any]) -> None:
    """Invitations with their state and that of their last mail."""
    rows = [
        (it["id"], it["email"] or it["kind"], it["role"], it["status"], delivery_of(it), it["expires_at"])
        for it in found
    ]
    at.out.table(title, ["id", "email", "role", "status", "mail", "until"], rows)


def delivery_of(it: dict[str, Any]) -> str | None:
    """What became of the last mail: bounced, say, and why."""
    mail = it["delivery"]
    if mail is None:
        return None
    return f"{mail['state']}: {mail['reason']}" if mail["reason"] else str(mail["state"])


def resend(
    ctx: typer.Context,
    account: AccountId,
    invitation: InvitationId,
    ticket: Ticket,
    email: Annotated[str | None, typer.Option(help="A corrected address; otherwise the one it had.")] = None,
    method: MaybeMethodOption = None,
    proof: Proof = [],  # noqa: B006 -- Typer's way; never changed
) -> None:
    """Send an invitation again, pending or expired, maybe to a corrected address; older links are dead.

    An address at another mail domain needs a proof of ownership.
    """
    at = session(ctx)
    body: dict[str, Any] = {"email": email, "ticket_url": ticket}
    if method is not None:
        body["verification"] = verification(method, proof)
    sent = at.api.post(f"{invitation_path(account, invitation)}/resend", body)
    at.show(
        sent, lambda it: at.out.said(f"[green]Sent again[/] to {safe(it['email'])}, until {safe(it['expires_at'])}")
    )


def revoke(
    ctx: typer.Context, account: AccountId, invitation: InvitationId, ticket: Ticket, *, yes: Yes = False
) -> None:
    """Take an invitation back; its link is dead at once."""
    at = session(ctx)
    path = invitation_path(account, invitation)
    if not yes:
        it = at.api.get(path)
        at.confirm(f"Revoke the invitation of {safe(it['email'] or it['kind'])} ({invitation})?", yes=yes)
    done = at.api.post(f"{path}/revoke", {"ticket_url": ticket})
    at.show(done, lambda it: at.out.said(f"[green]The invitation is {safe(it['status'])}.[/]"))
