"""R35: who is mailed about what, and who is not."""

import pytest

from tests.flows.two_manager_case import Case
from tests.integration.store_fixtures import meanwhile
from tests.invariants import violations
from tests.ses import SentMail


@pytest.fixture(autouse=True)
def _nothing_sent(case: Case) -> None:
    case.world.ses.sent.clear()


def told(case: Case) -> dict[str, list[str]]:
    """Who got mails since the last check: the name, and for which audience."""
    found: dict[str, list[str]] = {}
    for mail in sent(case):
        found.setdefault(mail.to.partition("@")[0], []).append(mail.tags["audience"])
    return found


def sent(case: Case) -> list[SentMail]:
    """The mails since the last check."""
    case.world.pipeline.drain()
    mails = list(case.world.ses.sent)
    case.world.ses.sent.clear()
    return mails


def joined(case: Case) -> str:
    """Dave becomes a manager, and the mails about it are cleared; returns his id."""
    _, token = case.invited()
    case.accept(token)
    told(case)
    return case.world.id_of(case.dave)


def test_only_the_invitee_is_mailed_about_an_invitation(case: Case) -> None:
    """R35."""
    case.invite()
    assert told(case) == {"dave": ["invitee"]}


def test_the_newcomer_and_the_other_managers_are_mailed_about_an_acceptance(case: Case) -> None:
    """R35: the inviter too, who did not do it."""
    _, token = case.invited()
    told(case)
    case.accept(token)
    assert told(case) == {"dave": ["person"], "olga": ["others"], "carl": ["others"]}


def test_the_invitee_is_mailed_about_a_revocation(case: Case) -> None:
    """R35."""
    invitation_id, _ = case.invited()
    told(case)
    case.revoke(invitation_id)
    assert told(case) == {"dave": ["invitee"]}


def test_everybody_but_the_actor_is_mailed_about_a_removal(case: Case) -> None:
    """R30, R35."""
    daves_id = joined(case)
    case.remove(daves_id, case.carl)
    assert told(case) == {"dave": ["person"], "olga": ["others"]}


def test_the_leaver_and_the_others_are_mailed_about_leaving(case: Case) -> None:
    """R33, R35."""
    joined(case)
    case.world.ok("POST", f"{case.path}/leave", case.dave)
    assert told(case) == {"dave": ["person"], "olga": ["others"], "carl": ["others"]}


def test_the_invitees_are_mailed_when_a_removal_ends_their_invitations(case: Case) -> None:
    """R22, R35."""
    case.invited(who=case.carl)
    told(case)
    case.remove(case.carls_id, case.olga)
    assert told(case) == {"carl": ["person"], "dave": ["invitee"]}


def test_where_admins_manage_only_admins_are_mailed(case: Case) -> None:
    """R6, R35: nobody is shown an address that they may not see."""
    daves_id = joined(case)
    case.change(managed_by="admins")
    case.give_role(case.carls_id, "manager", case.olga)
    told(case)
    case.remove(daves_id, case.olga)
    assert told(case) == {"dave": ["person"]}


def test_viewers_get_no_mail_about_others(case: Case) -> None:
    """R6, R35."""
    daves_id = joined(case)
    case.demote_carl()
    told(case)
    case.remove(daves_id, case.olga)
    assert told(case) == {"dave": ["person"]}


def test_a_removed_manager_gets_no_later_mail(case: Case) -> None:
    """R30, R35: not even when the mails are delayed."""
    _, token = case.invited(who=case.olga)
    case.remove(case.carls_id, case.olga)
    told(case)
    case.accept(token)
    assert told(case) == {"dave": ["person"], "olga": ["others"]}


def test_a_manager_removed_before_the_mails_went_out_gets_none(case: Case) -> None:
    """R30, R35: access ends at once, to mails as well."""
    _, token = case.invited(who=case.olga)
    told(case)
    case.accept(token)
    case.remove(case.carls_id, case.olga)
    assert told(case) == {"dave": ["person", "others"], "olga": ["others"], "carl": ["person"]}


def test_a_newcomer_gets_no_mail_about_what_was_before(case: Case) -> None:
    """R35: Dave is not mailed about Carl's removal, which was before his time."""
    _, token = case.invited(who=case.olga)
    told(case)
    case.remove(case.carls_id, case.olga)
    case.accept(token)
    assert told(case) == {"carl": ["person"], "dave": ["person"], "olga": ["others"]}


def test_a_manager_whose_login_is_off_gets_no_mail_about_others(case: Case) -> None:
    """R3, R35."""
    daves_id = joined(case)
    meanwhile("Customers", {"key": case.carls_id}, login_activated=False)
    case.remove(daves_id, case.olga)
    assert told(case) == {"dave": ["person"]}


def test_sold_to_and_bill_to_who_do_not_manage_are_never_mailed(case: Case) -> None:
    """R35, R50."""
    case.change(sold_to_address="sold@acme.example", bill_to_address="bill@acme.example")
    _, token = case.invited()
    case.accept(token)
    case.remove(case.world.id_of(case.dave), case.olga)
    assert told(case).keys() == {"dave", "olga", "carl"}


def test_no_mail_contains_another_persons_address(case: Case) -> None:
    """R35: whatever is sent, to whomever."""
    _, token = case.invited()
    case.accept(token)
    case.remove(case.world.id_of(case.dave), case.carl)
    people = [f"{name}@acme.example" for name in ("olga", "carl", "dave")]
    mails = sent(case)
    for mail in mails:
        assert not [each for each in people if each != mail.to and each in text_of(mail)]
    assert len(mails) == 6
    assert violations(case.world) == []


def text_of(mail: SentMail) -> str:
    return f"{mail.subject}\n{mail.text}\n{mail.html}"
