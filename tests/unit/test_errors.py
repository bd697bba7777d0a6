"""Every refusal has a code for programs, a kind with a status, and a text for people."""

import pkgutil
import re
from collections import defaultdict
from importlib import import_module

import pytest

import chalicelib
from chalicelib.api.web.problems import STATUS
from chalicelib.domain.errors import DomainError, Kind

# Codes that several refusals share: callers treat them alike, the detail tells people the difference.
SHARED = {
    "forbidden": {"Forbidden", "SupportOnly", "ReadingOnly", "OwnAccount", "RoleAboveOwn", "SignInNotLinked"},
    "login_deactivated": {"LoginDeactivated", "PersonsLoginDeactivated"},
    "busy": {"Busy", "Changed", "Taken", "SenderLostRight"},
    "membership_limit_reached": {"MembershipLimitReached", "PersonsMembershipLimitReached"},
    "invitation_revoked": {"InvitationRevoked", "AlreadyRevoked"},
    "invitation_declined": {"InvitationDeclined", "AlreadyDeclined"},
}
GONE_OR_CONFLICT = {"invitation_revoked", "invitation_declined"}
"""410 to whoever holds the link, 409 to the managers who would send it again (the contract)."""
SHARED["busy"] |= {"LeaseTaken", "LeaseLost", "LoginsNotCounted", "Unreadable"}
SHARED["last_manager"] = {"LastManager", "LastLogin"}
SHARED["unauthenticated"] = {"Unauthenticated", "BadSignature", "TokenTooLarge"}
SHARED["busy"] |= {"SignInKeysAway"}
SHARED["invitation_revoked"] |= {"InviteeManages"}
SHARED["email_taken"] = {"EmailTaken", "OwnEmailTaken"}
SHARED["customer_not_found"] = {"CustomerNotFound", "NoOwnRecord"}
SHARED["still_contact"] = {"StillContact", "StillContactOfCancelled"}
WITHOUT_A_CODE = {"InvitationGone", "DoneBefore"}  # a family, and what operations answer themselves


def every_refusal() -> list[type[DomainError]]:
    for found in pkgutil.walk_packages(chalicelib.__path__, "chalicelib."):
        import_module(found.name)
    todo, known = [DomainError], []
    while todo:
        todo += (subclasses := todo.pop().__subclasses__())
        known += subclasses
    return sorted((each for each in known if each.__module__.startswith("chalicelib.")), key=lambda each: each.__name__)


REFUSALS = every_refusal()
SPOKEN = [each for each in REFUSALS if each.__name__ not in WITHOUT_A_CODE]


@pytest.mark.parametrize("refusal", SPOKEN, ids=lambda each: each.__name__)
def test_a_refusal_has_a_code_a_status_and_a_detail(refusal: type[DomainError]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", refusal.code)
    assert refusal.kind in STATUS
    assert re.fullmatch(r"[A-Z].*[.]", refusal.detail, re.DOTALL)
    assert refusal.__doc__


def test_a_code_belongs_to_one_refusal_unless_it_is_shared_on_purpose() -> None:
    by_code: dict[str, set[str]] = defaultdict(set)
    for refusal in SPOKEN:
        by_code[refusal.code].add(refusal.__name__)
    assert {code: names for code, names in by_code.items() if len(names) > 1} == SHARED


def test_refusals_that_share_a_code_have_the_same_status() -> None:
    for code, names in SHARED.items():
        kinds = {refusal.kind for refusal in SPOKEN if refusal.__name__ in names}
        assert kinds == {Kind.GONE, Kind.CONFLICT} if code in GONE_OR_CONFLICT else len(kinds) == 1


def test_every_kind_has_a_status_of_its_own() -> None:
    assert set(STATUS) == set(Kind)
    assert len(set(STATUS.values())) == len(Kind)
    assert all(400 <= status < 600 for status in STATUS.values())


def test_the_text_of_a_refusal_is_its_code_alone() -> None:
    """I6: exceptions end up in logs, so their text carries nothing of the request."""
    for refusal in SPOKEN:
        if refusal.__init__ is DomainError.__init__:
            assert str(refusal(limit=1)) == refusal.code
