"""The managers of an account, as the support desk adds, changes and removes them (R62, R63)."""

from http import HTTPStatus

from chalice.app import Blueprint
from pydantic import ConfigDict, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from chalicelib import settings
from chalicelib.api import desk_shaping, shaping
from chalicelib.api.desk import PATH, ForTicket, desk, reader
from chalicelib.api.desk_schemas import GrantedManager, RemovalAnswer, SupportManager
from chalicelib.api.fields import EmailAddress, Id, PageQuery, PlainReason
from chalicelib.api.http import Answer, Call, endpoint
from chalicelib.api.lists import listed
from chalicelib.api.schemas import Manager, Page
from chalicelib.api.verification_fields import VerificationField, proof
from chalicelib.domain.addresses import Address
from chalicelib.domain.errors import (
    AccountClosed,
    AccountFull,
    AccountNotFound,
    AlreadyManager,
    CustomerNotFound,
    HouseAddress,
    IdempotencyKeyReused,
    IsBillToContact,
    IsSoldToContact,
    LastManager,
    ManagerNotFound,
    OwnAccount,
    OwnAddress,
    OwnRecord,
    PersonsMembershipLimitReached,
    SupportOnly,
    VerificationInsufficient,
    ZuoraUnavailable,
)
from chalicelib.domain.memberships import Role
from chalicelib.domain.rules import Overrides
from chalicelib.operations import change_role as roles
from chalicelib.operations import desk_reads
from chalicelib.operations import grant_membership as granting
from chalicelib.operations import remove_membership as removal

bp = Blueprint(__name__)
_PATH = PATH + "/billing-accounts/{account_id}/managers"


_EITHER: list[JsonValue] = [
    {"required": [one], "properties": {one: {"type": "string"}, other: {"type": "null"}}}
    for one, other in (("email", "customer_id"), ("customer_id", "email"))
]


class GrantMembership(ForTicket):
    """Who becomes a manager (by address or by customer id), in which role, on which proof."""

    model_config = ConfigDict(json_schema_extra={"oneOf": _EITHER})

    email: EmailAddress | None = None
    customer_id: Id | None = None
    role: Role = Role.MANAGER
    verification: VerificationField

    @model_validator(mode="after")
    def _one_person(self) -> "GrantMembership":
        if (self.email is None) == (self.customer_id is None):
            raise PydanticCustomError("one_person", "either email or customer_id is needed, and not both")
        return self


class SupportChangeRole(ForTicket):
    """The role to give."""

    role: Role


class RemoveMembership(ForTicket):
    """Why, and which guards support sets aside. ``dry_run`` changes nothing and says what would happen."""

    reason: PlainReason
    allow_last: bool = False
    override_contact: bool = False
    dry_run: bool = False


@endpoint(
    bp,
    "POST",
    _PATH,
    tag="support",
    body=GrantMembership,
    answers=GrantedManager,
    status=HTTPStatus.CREATED,
    creates=True,
    refusals=[
        SupportOnly, OwnAccount, OwnRecord, OwnAddress, HouseAddress, AccountNotFound, CustomerNotFound, AlreadyManager,
        AccountClosed, AccountFull, PersonsMembershipLimitReached, VerificationInsufficient, ZuoraUnavailable,
        IdempotencyKeyReused,
    ],
)  # fmt: skip
def grant_membership(call: Call, account_id: str, body: GrantMembership) -> Answer:
    """Makes somebody a manager on one accepted proof of ownership; a person without a record gets one."""
    asked = granting.Asked(
        whom=granting.Whom(body.customer_id, Address(body.email) if body.email else None),
        role=body.role,
        proof=proof(body.verification),
        limits=settings.current().limits,
        request=call.repeatable,
    )
    granted = granting.grant(desk(call, body), account_id, asked, now=call.now)
    headers = {"Idempotency-Replayed": "true"} if granted.replayed else {}
    return Answer(desk_shaping.granted(granted), headers=headers)


@endpoint(
    bp,
    "GET",
    _PATH,
    tag="support",
    query=PageQuery,
    answers=Page[SupportManager],
    refusals=[SupportOnly, AccountNotFound],
)
def support_list_managers(call: Call, account_id: str, query: PageQuery) -> Answer:
    """The managers of the account, with their addresses and whether their login is on."""
    account = desk_reads.account(reader(call), account_id).account
    return listed(
        f"support {account_id} managers",
        query,
        lambda part: desk_reads.managers(reader(call), account_id, part)[1],
        lambda pair: desk_shaping.manager(pair[0], pair[1], account),
    )


@endpoint(
    bp,
    "PATCH",
    _PATH + "/{manager_id}",
    tag="support",
    body=SupportChangeRole,
    answers=Manager,
    refusals=[SupportOnly, OwnAccount, AccountNotFound, ManagerNotFound, LastManager],
)
def support_change_role(call: Call, account_id: str, manager_id: str, body: SupportChangeRole) -> Answer:
    """Gives a manager another role; the only way to a first admin."""
    changed = roles.change_role(
        desk(call, body), account_id, manager_id, body.role, limits=settings.current().limits, now=call.now
    )
    return Answer(shaping.manager_for_support(changed.membership, changed.manager, changed.by.account))


@endpoint(
    bp,
    "POST",
    _PATH + "/{manager_id}/remove",
    tag="support",
    body=RemoveMembership,
    answers=RemovalAnswer,
    status=HTTPStatus.NO_CONTENT,
    more_statuses=[HTTPStatus.OK],
    refusals=[
        SupportOnly, OwnAccount, AccountNotFound, ManagerNotFound, LastManager, IsSoldToContact, IsBillToContact,
    ],
)  # fmt: skip
def remove_membership(call: Call, account_id: str, manager_id: str, body: RemoveMembership) -> Answer:
    """Removes a manager, with ``allow_last`` also the last one, with ``override_contact`` also a contact.

    With ``dry_run`` nothing happens, and the answer (200) says what would.
    """
    removed = removal.remove_membership(
        desk(call, body),
        account_id,
        manager_id,
        overrides=Overrides(last=body.allow_last, contact=body.override_contact),
        reason=body.reason,
        dry_run=body.dry_run,
        now=call.now,
    )
    return Answer(desk_shaping.removal(removed), HTTPStatus.OK) if body.dry_run else Answer()
