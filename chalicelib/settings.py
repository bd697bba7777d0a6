"""The service's settings: read once, lazily, from the environment; one error lists every problem."""

import json
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import field, fields
from datetime import timedelta
from functools import cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

from chalicelib import mail_from
from chalicelib.domain.limits import Limits
from chalicelib.domain.seat_charges import SeatCharges
from chalicelib.frozen import frozen

T = TypeVar("T")

_LOCAL = "local"
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")

LONGEST_INVITATION_DAYS = 30
MOST_PENDING = 25
"""A removal ends all pending invitations of a manager in one transaction, with three writes each of a hundred."""


class BadSettings(Exception):
    """The environment is not complete or not right; the text lists every problem."""


def _setting(variable: str, parse: Callable[[str], T], default: str | None = None) -> T:
    """A field that is read from an environment variable; without a default it must be there."""
    metadata = {"variable": variable, "parse": parse, "default": default}
    return field(metadata=metadata)  # type: ignore[no-any-return]  # dataclasses types a field as its value


def _text(value: str) -> str:
    if not value:
        raise ValueError("must not be empty")
    return value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        raise ValueError("must be an http(s) URL")
    return value.rstrip("/")


def _words(value: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in value.split(",") if word.strip())


def _domains(value: str) -> tuple[str, ...]:
    found = tuple(word.removeprefix("@").lower() for word in _words(value))
    for each in found:
        if not _DOMAIN.fullmatch(each):
            raise ValueError(f"{each} is not a domain (umlauts are written as xn--...)")
    return found


def _truth(value: str) -> bool:
    if value not in ("true", "false"):
        raise ValueError("must be true or false")
    return value == "true"


def _count(value: str) -> int:
    number = int(value)
    if number < 1:
        raise ValueError("must be at least 1")
    return number


def _up_to(most: int) -> Callable[[str], int]:
    def parse(value: str) -> int:
        number = _count(value)
        if number > most:
            raise ValueError(f"must be at most {most}")
        return number

    return parse


def _yes_or_no(value: str) -> bool:
    if value not in ("yes", "no"):
        raise ValueError("must be yes or no")
    return value == "yes"


def _transport(value: str) -> str:
    if value not in ("direct", "botocore"):
        raise ValueError("must be direct or botocore")
    return value


def _bound(value: str) -> int | None:
    return None if value == "unlimited" else _count(value)


def _plans(value: str) -> Mapping[str, int | None]:
    table = json.loads(value)
    if not isinstance(table, dict):
        raise ValueError("must be a JSON object: plan to number, or null for unlimited")  # noqa: TRY004 -- one family
    return {plan: None if most is None else _count(str(most)) for plan, most in table.items()}


def _names(value: str) -> Mapping[str, str]:
    table = json.loads(value)
    if not isinstance(table, dict) or not all(isinstance(name, str) and name for name in table.values()):
        raise ValueError("must be a JSON object: what it is to us, to the name of Zuora's custom field")
    return table


@frozen
class Settings:
    """Every setting; the README says what each one means.

    The names of the environment variables stand beside the fields and in the template's ``Globals``;
    a guard test keeps the two equal.
    """

    stage: str = _setting("STAGE", _text)
    version: str = _setting("VERSION", _text, "development")
    log_level: str = _setting("LOG_LEVEL", _text, "INFO")
    dynamodb_transport: str = _setting("DYNAMODB_TRANSPORT", _transport, "direct")

    portal_url: str = _setting("PORTAL_URL", _url)
    allowed_origins: tuple[str, ...] = _setting("ALLOWED_ORIGINS", _words)
    product_name: str = _setting("PRODUCT_NAME", _text)
    support_url: str = _setting("SUPPORT_URL", _url)
    mail_from: str = _setting("MAIL_FROM", mail_from.header)
    mail_configuration_set: str = _setting("MAIL_CONFIGURATION_SET", str, "")

    issuer: str = _setting("ISSUER", _text)
    audience: str = _setting("AUDIENCE", _text)
    jwks_url: str = _setting("JWKS_URL", _url)
    trust_emails_of_issuer: bool = _setting("TRUST_EMAILS_OF_ISSUER", _yes_or_no, "no")
    support_group: str = _setting("SUPPORT_GROUP", _text)
    support_readonly_group: str = _setting("SUPPORT_READONLY_GROUP", _text)
    support_domains: tuple[str, ...] = _setting("SUPPORT_DOMAINS", _domains, "")
    support_two_agents: bool = _setting("SUPPORT_TWO_AGENTS", _truth, "true")

    table_prefix: str = _setting("TABLE_PREFIX", str)
    email_queue_url: str = _setting("EMAIL_QUEUE_URL", _url)
    zuora_queue_url: str = _setting("ZUORA_QUEUE_URL", _url)
    zuora_dead_letters_url: str = _setting("ZUORA_DEAD_LETTERS_URL", _url)
    token_keys_secret: str = _setting("TOKEN_KEYS_SECRET", _text)
    pseudonym_key_secret: str = _setting("PSEUDONYM_KEY_SECRET", _text)
    zuora_secret: str = _setting("ZUORA_SECRET", _text)
    callout_key_secret: str = _setting("CALLOUT_KEY_SECRET", _text)
    portal_credential_secret: str = _setting("PORTAL_CREDENTIAL_SECRET", _text)
    search_queue_url: str = _setting("SEARCH_QUEUE_URL", _url)
    transfer_queue_url: str = _setting("TRANSFER_QUEUE_URL", _url)

    zuora_base_url: str = _setting("ZUORA_BASE_URL", _url)
    zuora_version: str = _setting("ZUORA_VERSION", _text)
    zuora_entity_id: str = _setting("ZUORA_ENTITY_ID", str, "")
    zuora_plan_field: str = _setting("ZUORA_PLAN_FIELD", _text)
    zuora_channel_field: str = _setting("ZUORA_CHANNEL_FIELD", _text)
    zuora_reseller_channels: tuple[str, ...] = _setting("ZUORA_RESELLER_CHANNELS", _words)
    zuora_subscription_fields: Mapping[str, str] = _setting("ZUORA_SUBSCRIPTION_FIELDS", _names)
    zuora_seat_charges: SeatCharges = _setting("ZUORA_SEAT_CHARGES", SeatCharges.parse)
    callout_signature_header: str = _setting("CALLOUT_SIGNATURE_HEADER", _text)

    memberships_per_customer: int | None = _setting("MEMBERSHIPS_PER_CUSTOMER", _bound)
    pending_invitations_per_account: int = _setting("PENDING_INVITATIONS_PER_ACCOUNT", _up_to(MOST_PENDING))
    managers_by_plan: Mapping[str, int | None] = _setting("MANAGERS_BY_PLAN", _plans)
    invitation_days: int = _setting("INVITATION_DAYS", _up_to(LONGEST_INVITATION_DAYS))
    resend_cooldown_seconds: int = _setting("RESEND_COOLDOWN_SECONDS", _count)
    mails_per_account_and_address_per_day: int = _setting("MAILS_PER_ACCOUNT_AND_ADDRESS_PER_DAY", _count)
    mails_per_address_per_day: int = _setting("MAILS_PER_ADDRESS_PER_DAY", _count)
    invitations_per_inviter_in_10_minutes: int = _setting("INVITATIONS_PER_INVITER_IN_10_MINUTES", _count)
    invitations_per_account_per_day: int = _setting("INVITATIONS_PER_ACCOUNT_PER_DAY", _count)
    changes_per_manager_in_10_minutes: int = _setting("CHANGES_PER_MANAGER_IN_10_MINUTES", _count)
    retention_days: int = _setting("RETENTION_DAYS", _count)

    @property
    def is_local(self) -> bool:
        """True only in the local stack: there, and nowhere else, plain http is good enough."""
        return self.stage == _LOCAL

    def table(self, name: str) -> str:
        """The name of a table of this deployment, from its name in the template, such as ``Accounts``."""
        return f"{self.table_prefix}{name}"

    @property
    def limits(self) -> Limits:
        """The numbers that the domain works with."""
        return Limits(
            memberships_per_customer=self.memberships_per_customer,
            pending_invitations=self.pending_invitations_per_account,
            managers_by_plan=self.managers_by_plan,
            invitation_days=self.invitation_days,
            resend_cooldown=timedelta(seconds=self.resend_cooldown_seconds),
            mails_per_account_and_address=self.mails_per_account_and_address_per_day,
            mails_per_address=self.mails_per_address_per_day,
            invitations_per_inviter=self.invitations_per_inviter_in_10_minutes,
            invitations_per_account=self.invitations_per_account_per_day,
            changes_per_manager=self.changes_per_manager_in_10_minutes,
            retention=timedelta(days=self.retention_days),
        )


def read(environment: Mapping[str, str]) -> Settings:
    """Reads all settings; BadSettings names every variable that is missing or wrong."""
    values: dict[str, Any] = {}
    problems: list[str] = []
    for each in fields(Settings):
        variable = each.metadata["variable"]
        raw = environment.get(variable, each.metadata["default"])
        if raw is None:
            problems.append(f"{variable} is not set")
            continue
        try:
            values[each.name] = each.metadata["parse"](raw)
        except ValueError as error:
            problems.append(f"{variable}: {error}")
    problems += _insecure(values)
    if problems:
        raise BadSettings("; ".join(problems))
    return Settings(**values)


def _insecure(values: Mapping[str, Any]) -> list[str]:
    """Outside the local stack everything that carries trust is https, so the dev issuer is refused."""
    if values.get("stage") == _LOCAL:
        return []
    return [
        f"{name.upper()} must be https outside the local stack"
        for name in ("issuer", "jwks_url", "portal_url", "zuora_base_url")
        if name in values and not values[name].startswith("https://")
    ]


def variables() -> frozenset[str]:
    """The names of all environment variables that are settings."""
    return frozenset(each.metadata["variable"] for each in fields(Settings))


def zuora_mapping_id() -> str:
    """The event source mapping of the Zuora worker; only its guard is told, for the mapping needs the worker first."""
    return os.environ["ZUORA_MAPPING_ID"]


@cache
def current() -> Settings:
    """The settings of this process."""
    return read(os.environ)
