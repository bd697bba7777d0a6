"""Settings: complete and right, or one error that lists every problem."""

import re
from dataclasses import fields

import pytest

from chalicelib import settings
from chalicelib.settings import BadSettings, Settings
from tests import environment

COMPLETE = environment.complete() | {"STAGE": "production"}


def problems(**changes: str | None) -> list[str]:
    """What is wrong with the environment after these changes (None takes a variable away)."""
    changed: dict[str, str | None] = {**COMPLETE, **changes}
    environment = {name: value for name, value in changed.items() if value is not None}
    try:
        settings.read(environment)
    except BadSettings as error:
        return str(error).split("; ")
    return []


def test_a_complete_environment_is_read() -> None:
    read = settings.read(COMPLETE)
    assert read.stage == "production"
    assert not read.is_local
    assert read.portal_url == "https://portal.example"
    assert read.allowed_origins == ("https://portal.example", "https://admin.portal.example")
    assert read.managers_by_plan == {"team": 2, "enterprise": None, "business_critical": None}
    assert read.version == "development"
    assert not read.trust_emails_of_issuer


def test_the_limits_are_the_numbers_of_the_settings() -> None:
    """R5, R7, R8, R10."""
    limits = settings.read(COMPLETE | {"MEMBERSHIPS_PER_CUSTOMER": "3"}).limits
    assert limits.memberships_per_customer == 3
    assert limits.pending_invitations == 15
    assert limits.invitation_days == 7
    assert [limits.max_managers(plan) for plan in ("team", "enterprise", "unheard of", None)] == [2, None, None, None]


def test_the_sender_of_all_mails_is_read_and_written_as_a_header() -> None:
    """R25: a comma or an umlaut in its name is no reason for SES to refuse every mail."""
    assert settings.read(COMPLETE | {"MAIL_FROM": "Acme, Inc. <b@acme.example>"}).mail_from == (
        '"Acme, Inc." <b@acme.example>'
    )
    assert problems(MAIL_FROM="Acme <b@acme.example", AUDIENCE="") == [
        "MAIL_FROM: must be an address, or Name <address>, in one line",
        "AUDIENCE: must not be empty",
    ]


def test_one_error_lists_every_problem() -> None:
    """Whoever deploys mends all of them at once."""
    found = problems(
        PORTAL_URL="portal.example", INVITATION_DAYS="0", MAIL_FROM=None, ISSUER="http://127.0.0.1:9", AUDIENCE=""
    )
    assert sorted(found) == [
        "AUDIENCE: must not be empty",
        "INVITATION_DAYS: must be at least 1",
        "ISSUER must be https outside the local stack",
        "MAIL_FROM is not set",
        "PORTAL_URL: must be an http(s) URL",
    ]


def test_an_empty_environment_names_every_variable_that_has_no_default() -> None:
    with pytest.raises(BadSettings) as refused:
        settings.read({})
    named = set(re.findall(r"(\w+) is not set", str(refused.value)))
    assert named == {each.metadata["variable"] for each in fields(Settings) if each.metadata["default"] is None}
    assert named < settings.variables()


@pytest.mark.parametrize("name", ["ISSUER", "JWKS_URL", "PORTAL_URL", "ZUORA_BASE_URL"])
def test_what_carries_trust_is_https_outside_the_local_stack(name: str) -> None:
    """The dev issuer is refused by any configuration that is not local."""
    dev = {name: "http://127.0.0.1:8444"}
    assert problems(**dev) == [f"{name} must be https outside the local stack"]
    assert problems(STAGE="local", **dev) == []
    assert problems(STAGE="Local", **dev) == [f"{name} must be https outside the local stack"]


@pytest.mark.parametrize(
    ("variable", "value", "complaint"),
    [
        ("STAGE", "", "must not be empty"),
        ("JWKS_URL", "ftp://idp.example", "must be an http(s) URL"),
        ("JWKS_URL", "https://", "must be an http(s) URL"),
        ("TRUST_EMAILS_OF_ISSUER", "Yes", "must be yes or no"),
        ("TRUST_EMAILS_OF_ISSUER", "", "must be yes or no"),
        ("MEMBERSHIPS_PER_CUSTOMER", "0", "must be at least 1"),
        ("MEMBERSHIPS_PER_CUSTOMER", "many", "invalid literal"),
        ("PENDING_INVITATIONS_PER_ACCOUNT", "-1", "must be at least 1"),
        ("SUPPORT_DOMAINS", "house.example, ann@house.example", "ann@house.example is not a domain"),
        ("SUPPORT_DOMAINS", "hüser.example", "written as xn--"),
        ("SUPPORT_TWO_AGENTS", "yes", "must be true or false"),
        ("MANAGERS_BY_PLAN", "[]", "must be a JSON object"),
        ("MANAGERS_BY_PLAN", "{", "Expecting property name"),
        ("MANAGERS_BY_PLAN", '{"team": 0}', "must be at least 1"),
        ("MANAGERS_BY_PLAN", '{"team": "all"}', "invalid literal"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_name(variable: str, value: str, complaint: str) -> None:
    (found,) = problems(**{variable: value})
    assert found.startswith(f"{variable}: ")
    assert complaint in found


@pytest.mark.parametrize(("value", "bound"), [("unlimited", None), ("1", 1), ("12", 12)])
def test_memberships_may_be_unlimited(value: str, bound: int | None) -> None:
    """R5."""
    assert settings.read(COMPLETE | {"MEMBERSHIPS_PER_CUSTOMER": value}).memberships_per_customer == bound


def test_a_url_is_kept_without_its_last_slash() -> None:
    assert settings.read(COMPLETE | {"PORTAL_URL": "https://portal.example/"}).portal_url == "https://portal.example"
