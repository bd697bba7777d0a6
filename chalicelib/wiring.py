"""Builds the clients of other systems, on first use: the one place with local imports.

A function pays only for the clients that it uses: importing this module loads no boto3, no HTTP client
and no template engine.
"""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING

from chalicelib import clock, settings
from chalicelib.domain import sign_in_links, tokens
from chalicelib.domain.invitations import Invitation
from chalicelib.domain.sign_in_links import SignInClaim, SignInLink
from chalicelib.domain.tokens import Claim, KeyRing

if TYPE_CHECKING:
    from chalicelib.clients.jwks import TokenVerifier
    from chalicelib.clients.mailer import Mailer
    from chalicelib.clients.mappings import Mapping as EventSourceMapping
    from chalicelib.clients.queues import Queues
    from chalicelib.clients.secrets import Secrets
    from chalicelib.clients.zuora import KeptLists, Zuora
    from chalicelib.operations.context import Context
    from chalicelib.operations.mails.send_mails import Outcome
    from chalicelib.operations.support import SupportGroups
    from chalicelib.operations.zuora.zuora_mapping import ZuoraFields
    from chalicelib.store.idempotency import IdempotentRequest

_CURRENT = "current"


def now() -> datetime:
    """The clock: aware, UTC."""
    return clock.now()


@cache
def secrets() -> "Secrets":
    """The secrets of this deployment."""
    from chalicelib import observability  # noqa: PLC0415 -- on first use
    from chalicelib.clients.secrets import Secrets  # noqa: PLC0415 -- on first use

    return Secrets(on_failure=lambda: observability.count("SecretsAway"))


def key_ring(*, fresh: bool = False) -> KeyRing:
    """The token keys. ``fresh`` looks for a rotation that the last five minutes brought."""
    current = settings.current()
    return _ring(current.stage, secrets().get(current.token_keys_secret, needs=_newest, fresh=fresh))


def _newest(secret: Mapping[str, str]) -> str:
    return secret[secret[_CURRENT]]


def _ring(stage: str, secret: Mapping[str, str]) -> KeyRing:
    keys = {name: value.encode() for name, value in secret.items() if name != _CURRENT}
    return KeyRing(stage=stage, current=secret[_CURRENT], keys=keys)


def claim_of(token: str) -> Claim | None:
    """The content of a genuine invitation token, None for any other text. Reads no table."""
    ring = key_ring()
    return tokens.read(ring, token) or tokens.read(key_ring(fresh=True), token)


def accept_url(invitation: Invitation) -> str:
    """The link of an invitation, derived from its newest generation."""
    claim = Claim(invitation.key_id, invitation.account_id, invitation.id, invitation.generation)
    return f"{settings.current().portal_url}/invitations#{tokens.make(key_ring(), claim)}"


def sign_in_claim_of(token: str) -> SignInClaim | None:
    """What a genuine sign-in token says, None for any other text. Reads no table."""
    return sign_in_links.read(key_ring(), token) or sign_in_links.read(key_ring(fresh=True), token)


def sign_in_url(link: SignInLink) -> str:
    """The sign-in link, derived from its generation."""
    claim = SignInClaim(link.key_id, link.customer_id, link.generation)
    return f"{settings.current().portal_url}/sign-in#{sign_in_links.make(key_ring(), claim)}"


def pseudonym(address: str) -> str:
    """A keyed hash of an address: the same address gives the same one, and nobody can reverse it."""
    key = secrets().get(settings.current().pseudonym_key_secret, needs=itemgetter("key"))["key"]
    return hmac.new(key.encode(), f"address|{address}".encode(), hashlib.sha256).hexdigest()[:32]


def support_groups() -> "SupportGroups":
    """The names of the two groups of the support desk."""
    from chalicelib.operations.support import SupportGroups  # noqa: PLC0415 -- on first use

    current = settings.current()
    return SupportGroups(current.support_group, current.support_readonly_group)


def context(at: datetime | None = None, request: "IdempotentRequest | None" = None) -> "Context":
    """What operations are given beside what is asked of them, at that moment (now if none is given)."""
    from chalicelib.operations.context import Context  # noqa: PLC0415 -- on first use

    return Context(
        now=at or now(),
        limits=settings.current().limits,
        support=support_groups(),
        token_key_id=lambda: key_ring().current,
        pseudonym=pseudonym,
        request=request,
    )


def portal_credentials() -> tuple[str, ...]:
    """The credentials of the portal's back end: all values of the secret, so that it can be rotated."""
    return tuple(secrets().get(settings.current().portal_credential_secret).values())


@cache
def verifier() -> "TokenVerifier":
    """Checks sign-in tokens."""
    from chalicelib import observability  # noqa: PLC0415 -- on first use
    from chalicelib.clients.jwks import TokenVerifier  # noqa: PLC0415 -- on first use

    current = settings.current()
    return TokenVerifier(
        issuer=current.issuer,
        audience=current.audience,
        jwks_url=current.jwks_url,
        on_failure=lambda: observability.count("SignInKeysAway"),
    )


@cache
def queues() -> "Queues":
    """The queues."""
    from chalicelib.clients.queues import Queues  # noqa: PLC0415 -- on first use

    return Queues()


@cache
def zuora(*, read_seconds: float = 10) -> "Zuora":
    """The Zuora client, with credentials that follow a rotation of their secret."""
    from chalicelib.clients.zuora import Zuora, ZuoraCredentials, new_pool  # noqa: PLC0415 -- on first use

    current = settings.current()

    def credentials() -> ZuoraCredentials:  # asked for with every new token only, so never from an old cache
        needs = itemgetter("client_id", "client_secret")
        secret = secrets().get(current.zuora_secret, needs=needs, fresh=True)
        return ZuoraCredentials(client_id=secret["client_id"], client_secret=secret["client_secret"])

    return Zuora(
        base_url=current.zuora_base_url,
        credentials=credentials,
        version=current.zuora_version,
        entity_id=current.zuora_entity_id or None,
        pool=new_pool(read_seconds),
    )


def zuora_fields() -> "ZuoraFields":
    """The tenant's own names, and the channels that mean a reseller."""
    from chalicelib.operations.zuora.zuora_mapping import ZuoraFields  # noqa: PLC0415 -- on first use

    current = settings.current()
    return ZuoraFields(current.zuora_plan_field, current.zuora_channel_field, current.zuora_reseller_channels)


@cache
def kept_lists() -> "KeptLists":
    """Zuora's lists for people: with shorter time-outs, so that the answer comes before the gateway's time-out."""
    from chalicelib.clients.zuora import KeptLists  # noqa: PLC0415 -- on first use

    return KeptLists(zuora(read_seconds=6))


def callout_keys() -> list[str]:
    """The keys of the HMAC over Zuora's callouts; every one in the secret is good."""
    return list(secrets().get(settings.current().callout_key_secret).values())


def receive_from_zuora_queue(wanted: bool) -> None:  # noqa: FBT001 -- the guard's callable takes one truth
    """Starts or stops the delivery of the Zuora queue's messages to its worker."""
    _zuora_mapping().deliver(wanted)


@cache
def _zuora_mapping() -> "EventSourceMapping":
    """The mapping between the Zuora queue and its worker; known to the circuit breaker alone."""
    from chalicelib.clients.mappings import Mapping as EventSourceMapping  # noqa: PLC0415 -- on first use

    return EventSourceMapping(settings.zuora_mapping_id())


@cache
def mailer() -> "Mailer":
    """SES, sending as the configured address."""
    from chalicelib.clients.mailer import Mailer  # noqa: PLC0415 -- on first use

    current = settings.current()
    return Mailer(current.mail_from, configuration_set=current.mail_configuration_set or None)


@cache
def send_mails() -> "Callable[[str, str], Outcome]":
    """The operation that sends the mails of an event, given the event's stream and id."""
    from chalicelib.operations.mails import send_mails as operation  # noqa: PLC0415 -- on first use

    current = settings.current()
    post = operation.Post(
        mailer=mailer(),
        portal=operation.Portal(current.product_name, current.portal_url, current.support_url),
        link=accept_url,
        pseudonym=pseudonym,
        limits=current.limits,
        now=now,
    )
    return lambda stream, event_id: operation.send_mails(stream, event_id, post)
