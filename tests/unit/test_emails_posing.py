"""No name imitates us, in English or German, however it is written; ordinary people's names stay (R27)."""

# ruff: noqa: RUF001 -- look-alikes are what this is about
import pytest

from chalicelib.emails.posing import poses
from chalicelib.emails.render import render, templates
from chalicelib.emails.values import FORMATTERS, MAILS, Named
from devstack.mails import example_values

PRODUCT = "Example Portal"

POSING = """
Example Portal Security Team | EXAMPLE PORTAL | Exampleportal | E x a m p l e Portal | Example-Portal Inc | Example Inc
Support | support | SUPPORT | S u p p o r t | Sup-port | S.u.p.p.o.r.t | Supp0rt | 5upport | $upport | Sup\u200bport
Ｓｕｐｐｏｒｔ | 𝐒𝐮𝐩𝐩𝐨𝐫𝐭 | Ⓢⓤⓟⓟⓞⓡⓣ | ꜱᴜᴘᴘᴏʀᴛ | Ѕuрроrt | Sυppοrt | Śüppört | 🆂🆄🅿🅿🅾🆁🆃 | Supportteam | Kundensupport
Acc0unt Team | A c c o u n t | Accountverwaltung | Billing | B1lling | Bi11ing Dept | Billing-Team | Te am | T e a m
Security! | Secur1ty | Securlty | 5ecur1ty | Payrnent | Payment Services | verify now | Suspended | Your account
Sicherheit | Rechnung | Rechnungsabteilung | R e c h n u n g | Konto gesperrt | Kontoteam | Konto | Zahlung | Mahnung
Zahlungserinnerung | Kundendienst | Kunden-Service | bestätigen | bestaetigen | BESTÄTIGEN | Gesperrt | Te4m | Team 24
Buchhaltung | Überfällig | Ueberfaellig | Dr. Support | Jane Doe (Billing) | Admin | Bank | Team24
Verifiziert | Bestätigt | Bestaetigt | Konten | Kontosperrung | Kontensperre | Bankverbindung | Bezahlen | Überweisung
Finance Department | Finanzabteilung | Legal Department | Rechtsabteilung | IT-Abteilung | Mahnwesen | Faktura
Kreditkarte | Credit Card | Gutschrift | Credit Note | Lizenz | License | Kündigung | Abonnement | Renewal
Action Required | Handlungsbedarf | Wichtig | Important Notice | Pay now | Jetzt zahlen | Reset | Confirmed | Expired
Datenschutz | Data Protection | Trust & Safety | Trust and Safety | Customer Success | Kundencenter | Zuora
ExampleTeam | Example-Bank | MyExample | My Example | Examples Ltd
""".replace("\n", "|").split("|")

ORDINARY = """
Jane Doe | Alex Kontopoulos | Maria Konto\u0301s | Amy Teamson | Joan Steamer | John Billings | Ann Billingsley
Tyra Banks | Bankole Adeyemi | Oliver Ifyou | Günter Grass | Søren Kierkegaard | Łukasz Żak | Nguyễn Văn An
Ольга Иванова | Рита Сорокина | Γιώργος Παπαδόπουλος | 山田太郎 | عمر الشريف | Tim Adminton | Sam Lee | Priya Patel
Hans Zahler | Karl Rechner | Lena Sicher | Otto Mahn | Peter Paymer | Inés Cuenta | Kurt Kuntz | Ana-María O'Neil
Urs Kündig | Fabian Cancellara | Peter Steuernagel | Anna Kunde | Mia Lockhart | Joe Staffer | Millicent Offices
Robert Servicek | Claude Portalis | Bernd Teamer | J.R.R. Tolkien | Bella Infortuna | Desktin Roe
""".replace("\n", "|").split("|")


@pytest.mark.parametrize("name", [each.strip() for each in POSING if each.strip()])
def test_an_imitating_name_is_noticed(name: str) -> None:
    """R27, S27: the product's name and typical words, in every disguise."""
    assert poses(name, PRODUCT)


@pytest.mark.parametrize("name", [each.strip() for each in ORDINARY if each.strip()])
def test_ordinary_names_are_not_taken_for_ours(name: str) -> None:
    """R27: a typical word inside an ordinary name does not count."""
    assert not poses(name, PRODUCT)


@pytest.mark.parametrize(
    ("name", "seen"),
    [("Ever", True), ("Everteam", True), ("My-Ever", True), ("Ever Bank", True), ("Everett", False), ("Grever", False)],
)
def test_a_short_product_name_counts_alone_or_beside_typical_words(name: str, *, seen: bool) -> None:
    """R27: in a compound too; inside an ordinary name it does not count."""
    assert poses(name, "Ever Portal") is seen


@pytest.mark.parametrize("locale", ["en", "de"])
def test_an_imitating_name_is_quoted_with_its_address_and_in_no_subject(locale: str) -> None:
    """R27: in every mail that names a person, in whatever role; an account's name likewise, with its number."""
    names = {name for name in FORMATTERS if name.endswith("_name")} - {"product_name"}
    for event, audience in templates():
        values = example_values(event, audience, locale) | {"product_name": PRODUCT}
        posing = {
            name: Named("Example Portal Security Team", lambda: "eve@evil.example") for name in names & set(values)
        }
        mail = render(event, audience, locale=locale, values=values | posing)
        assert "Security" not in mail.subject
        for part in (" ".join(mail.text.split()), " ".join(mail.html.split())):
            bare = part.count("Security Team") - part.count("Security Team” (eve@evil.example)")
            assert bare - part.count("Security Team“ (eve@evil.example)") == 0, (event, audience)


def test_a_person_without_a_name_is_named_by_the_whole_address() -> None:
    """R35: otherwise nobody could say whether they know the person."""
    values = example_values("membership_granted", "others", "en") | {
        "person_name": Named("", lambda: "bob@acme.example")
    }
    mail = render("membership_granted", "others", locale="en", values=values)
    assert "bob@acme.example" in mail.subject
    assert "bob@acme.example" in mail.text
    assert "***" not in mail.text


def test_any_text_can_be_checked() -> None:
    """R27: no typed text causes an error, however long."""
    for text in ("", " ", "\u0301" * 50, "a " * 100, "1" * 100, "team" * 25, "🏳️‍🌈", "\ud83d"):
        assert poses(text, PRODUCT) in {True, False}


MAY_NOT_SEE = {"invitee", "person", "old", "new", "new_owner"}
OF_OTHERS = {"person_name", "former_name", "actor_name", "invited_address"}


@pytest.mark.parametrize(("event", "audience"), templates())
@pytest.mark.parametrize("locale", ["en", "de"])
def test_an_address_is_shown_whole_to_those_who_may_see_it_and_not_to_others(
    event: str, audience: str, locale: str
) -> None:
    """R6, R35: nobody has a name here; only the farewell to an old address masks the new one."""
    values = example_values(event, audience, locale)
    of_others = OF_OTHERS & set(MAILS[event, audience])
    if audience in MAY_NOT_SEE or (event, audience) == ("transfer_completed", "old_owner"):
        assert of_others == set()
    nameless = {name: Named("", lambda: "bob@acme.example") for name in of_others - {"invited_address"}}
    mail = render(event, audience, locale=locale, values=values | nameless)
    for part in (mail.text, mail.html):
        assert ("***" in part) == ((event, audience) == ("email_changed", "old"))
        assert ("bob@acme.example" in part) == bool(nameless)
