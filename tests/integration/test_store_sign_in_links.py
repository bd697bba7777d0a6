"""The Steps of sign-in links: what they write, and how they lose a race."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import (
    Changed,
    DomainError,
    SignInLinkExpired,
    SignInLinkNotFound,
    SignInLinkSuperseded,
    SignInLinkUsed,
)
from chalicelib.domain.sign_in_links import VALIDITY, SignInLink
from chalicelib.store import reading, sign_in_links
from tests.integration.store_fixtures import changed, gone, meanwhile, new_id, read, refusal
from tests.unit.builders import NOW

pytestmark = pytest.mark.usefixtures("tables")


def a_link(**changes: Any) -> SignInLink:
    """A stored link, as it is read."""
    made = changed(SignInLink(new_id("cus"), 1, "k1", NOW + VALIDITY, None), **changes)
    assert refusal(sign_in_links.create(made, None)) is None
    return read(sign_in_links.key(made.customer_id))


def test_a_link_is_used_up_once() -> None:
    """R64."""
    link = a_link()
    step = sign_in_links.use_up(link, now=NOW)
    assert refusal(step) is None
    assert read(sign_in_links.key(link.customer_id)) == changed(link, used_at=NOW)
    assert isinstance(refusal(step), SignInLinkUsed)


@pytest.mark.parametrize(
    ("then", "refused"),
    [
        ({"generation": 2}, SignInLinkSuperseded),
        ({"used_at": "2026-01-01T00:00:00.000000+0000"}, SignInLinkUsed),
        ({"expires_at": "2026-01-01T00:00:00.000000+0000"}, SignInLinkExpired),
        (None, SignInLinkNotFound),
    ],
    ids=["superseded", "used", "over", "gone"],
)
def test_using_a_link_loses_its_race(then: dict[str, Any] | None, refused: type[DomainError]) -> None:
    """R64: each part of the condition alone, with its refusal."""
    link = a_link()
    step = sign_in_links.use_up(link, now=NOW)
    key = {"key": f"sign-in-link#{link.customer_id}"}
    if then is None:
        gone("Customers", key)
    else:
        meanwhile("Customers", key, **then)
    before = reading.one(sign_in_links.key(link.customer_id))
    assert type(refusal(step)) is refused
    assert reading.one(sign_in_links.key(link.customer_id)) == before


def test_a_link_expires_at_its_end_and_not_before() -> None:
    """R64: exact to the microsecond."""
    link = a_link()
    at_the_end = sign_in_links.use_up(link, now=link.expires_at)
    just_in_time = sign_in_links.use_up(link, now=link.expires_at - timedelta(microseconds=1))
    assert isinstance(refusal(at_the_end), SignInLinkExpired)
    assert refusal(just_in_time) is None


@pytest.mark.parametrize("first", [True, False], ids=["the first link", "a later one"])
def test_two_new_links_at_once_get_different_generations(*, first: bool) -> None:
    """R64."""
    before = None if first else a_link()
    customer_id = new_id("cus") if before is None else before.customer_id
    new = SignInLink(customer_id, 1 if first else 2, "k1", NOW + VALIDITY, None)
    steps = [sign_in_links.create(new, before) for _ in range(2)]
    assert refusal(steps[0]) is None
    assert isinstance(refusal(steps[1]), Changed)


def test_only_the_link_that_was_read_is_deleted() -> None:
    """R64: one made meanwhile causes a reread."""
    link = a_link()
    step = sign_in_links.remove(link)
    assert refusal(sign_in_links.create(changed(link, generation=2), link)) is None
    assert isinstance(refusal(step), Changed)
    assert refusal(sign_in_links.remove(changed(link, generation=2))) is None
    assert reading.one(sign_in_links.key(link.customer_id)) is None
