"""Detects names that imitate us: they contain the product's name or a typical word, in any disguise (R27).

Names are compared by a skeleton: every character stands for the plain Latin letter that it looks like, and what
cannot be told apart at a glance (``i``, ``l``, ``1``) is one. The typical words are normalised in the same way.
"""

# ruff: noqa: RUF001 -- look-alikes are what this is about
import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

_ANYWHERE = """
support security helpdesk invoice payment password verify verified verification suspend suspended suspension account
accounts customerservice customercare refund notification unauthorized moderator administrator administration
subscription overdue deactivated official compliance invoicing finance department bookkeeping treasury creditcard
license licence renewal upgrade cancellation cancelled canceled expired confirmed confirmation authentication
validation reminder privacy restricted terminated unpaid credentials important zuora
sicherheit rechnung zahlung kundendienst kundenservice kundenbetreuung kundenkonto mahnung gesperrt bestätig
passwort kennwort verifizier abrechnung buchhaltung benachrichtigung anmeldung überfällig
inkasso lastschrift erstattung offiziell deaktiviert verwaltung administration dringend
sperrung blockiert bezahl überweis finanz fakturi faktura mahnwesen abteilung datenschutz kreditkarte gutschrift lizenz
abonnement kündigung gekündigt verlängerung abgelaufen erinnerung zugangsdaten anmeldedaten authentifizier validierung
wichtig eingeschränkt mitarbeiter vertrieb geschäftsführung
"""
"""No ordinary name has one of these inside."""

_WHOLE = """
team billing konto bank admin service alert urgent warning help hilfe hotline center zentrale abteilung login
noreply postmaster webmaster system fraud betrug blocked locked warnung info online desk abuse mailer confirm
services sysadmin office staff reset notice hinweis attention achtung transfer lock konten kunden customer customers
verbindung sperre abo handlungsbedarf paynow jetztzahlen actionrequired dataprotection trustandsafety trustsafety
creditnote customersuccess humanresources taxoffice technischerdienst
"""
"""These are parts of names too (Kontopoulos, Teamson, Billings): they count as a whole word, or beside others.

Several words may make one of them.
"""

_JOINTS = ("s", "n", "en", "es")  # between the parts of a German compound
_BLAND = frozenset(
    [
        "portal",
        "cloud",
        "customers",
        "customer",
        "online",
        "the",
        "app",
        "service",
        "services",
        "account",
        "accounts",
        "my",
    ]
)
_SHORTEST_BRAND, _SHORTEST_ANYWHERE = 4, 6

_LOOKS_LIKE = {  # Cyrillic, Greek, Armenian, and the digits and signs of those who write like that
    "a": "аАαΑ4@", "b": "вВьЪъБβΒ8", "c": "сСϲ¢", "d": "ԁժ", "e": "еЕёεΕ3€", "g": "Ԍԍց9", "h": "һНΗհ", "i": "іІιΙ1!|",
    "j": "јЈϳ", "k": "кКκΚ", "l": "ӏӀ£", "m": "мМΜ", "n": "пПηΝոռ", "o": "оОοΟօՕ0", "p": "рРρΡ", "q": "ԛզ", "r": "гГѓґ",
    "s": "ѕЅՏ5$", "t": "тТτΤ7", "u": "иυμսՍ", "v": "νѵѴ", "w": "ԝԜωш", "x": "хХχΧ", "y": "уУγΥүҮ", "z": "ζΖ",
}  # fmt: skip
_LETTERS = str.maketrans({each: letter for letter, those in reversed(_LOOKS_LIKE.items()) for each in those})
_NAMED = re.compile(
    r"(?:LATIN|CIRCLED LATIN|NEGATIVE (?:SQUARED|CIRCLED) LATIN|REGIONAL INDICATOR SYMBOL)"
    r" (?:SMALL |CAPITAL )?LETTER (?:SMALL CAPITAL )?(?:DOTLESS |LONG )?([A-Z])(?: WITH .*)?"
)
_ONE_AT_A_GLANCE = str.maketrans({"l": "i", "j": "i"})


def poses(name: str, product_name: str) -> bool:
    """Whether the name could be taken for one of ours. ``name`` is as it was typed, of any length."""
    return any(_says_it(words, product_name) for words in _readings(name))


def _readings(name: str) -> list[list[str]]:
    """The name as words of plain letters: digits and signs as the letters that they look like, and as nothing."""
    visible = "".join(each for each in unicodedata.normalize("NFKC", name) if unicodedata.category(each)[0] != "C")
    plain = re.sub(r"\d+(?=\W|$)|(?<!\w)\d+|[!|@€£$](?=\s|$)", " ", visible)
    return [_words(each) for each in dict.fromkeys([visible, plain, re.sub(r"[\d$@!|€£]", " ", visible)])]


def _words(text: str) -> list[str]:
    """What stands between blanks, without the signs inside; letters that stand alone in a row are one word."""
    words = ["".join(filter(str.isalpha, _skeleton(each))) for each in text.split()]
    joined: list[str] = []
    for before, word in pairwise(["", *filter(None, words)]):
        if len(word) == 1 and len(before) == 1 and joined:
            joined[-1] += word
        else:
            joined.append(word)
    return joined


def _says_it(words: list[str], product_name: str) -> bool:
    if any(part in word for word in words for part in _trade()[0]):
        return True
    product = [_skeleton(each) for each in product_name.split()]
    brands = {each for each in product if len(each) >= _SHORTEST_BRAND and each not in _bland()}
    if any(_carries(word, brand) for word in words for brand in brands) or _together(words, "".join(product)):
        return True
    runs = ("".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, len(words) + 1))
    return any(_is_made_of_trade(run) for run in runs)


def _carries(word: str, brand: str) -> bool:
    """Whether a word is the brand, has a long one inside, or a short one with a word of the trade before or after."""
    if len(brand) >= _SHORTEST_ANYWHERE and brand in word:
        return True
    rests = [word.removeprefix(brand)] if word.startswith(brand) else []
    rests += [word.removesuffix(brand)] if word.endswith(brand) else []
    return any(not rest or rest in _bland() or _is_made_of_trade(rest) for rest in rests)


def _together(words: list[str], product: str) -> bool:
    """Whether the product's name begins where a word does, and ends where one does or later."""
    whole = "".join(words)
    starts = [sum(map(len, words[:index])) for index in range(len(words))]
    return bool(product) and any(whole.startswith(product, start) for start in starts)


@lru_cache(maxsize=512)
def _is_made_of_trade(run: str) -> bool:
    """Whether a run of letters is nothing but words of the trade, with the joints of German compounds between."""
    if not run:
        return False
    for part in (*_trade()[0], *_trade()[1]):
        if run.startswith(part):
            rest = run.removeprefix(part)
            if not rest or _is_made_of_trade(rest):
                return True
            if any(rest.startswith(joint) and _is_made_of_trade(rest.removeprefix(joint)) for joint in _JOINTS):
                return True
    return False


@lru_cache(maxsize=1)
def _trade() -> tuple[tuple[str, ...], tuple[str, ...]]:
    spelled = [each.replace("ä", "ae").replace("ö", "oe").replace("ü", "ue") for each in _ANYWHERE.split()]
    return tuple(sorted({_skeleton(each) for each in [*_ANYWHERE.split(), *spelled]})), tuple(
        map(_skeleton, _WHOLE.split())
    )


@lru_cache(maxsize=1)
def _bland() -> frozenset[str]:
    return frozenset(map(_skeleton, _BLAND))


def _skeleton(text: str) -> str:
    letters = "".join(map(_letter, unicodedata.normalize("NFKC", text).translate(_LETTERS)))
    return letters.casefold().translate(_ONE_AT_A_GLANCE).replace("rn", "m").replace("vv", "w")


@lru_cache(maxsize=4096)
def _letter(character: str) -> str:
    """The plain Latin letter under marks, strokes, frames and small capitals; signs that show nothing are nothing."""
    base = unicodedata.normalize("NFKD", character.translate(_LETTERS))
    kept = "".join(each for each in base if unicodedata.category(each)[0] not in "MC")
    found = _NAMED.fullmatch(unicodedata.name(kept, "")) if len(kept) == 1 else None
    return found[1].lower() if found else kept
