"""Text attributes, by whether they say something of a person: scrubbing and erasing take out what does.

A table has no other text attributes than these (a guard test), so that whoever adds one has decided.
"""

from pynamodb.attributes import JSONAttribute, UnicodeAttribute, UnicodeSetAttribute


class Personal:
    """Personal data: a name, an address, what people or mail servers wrote."""


class PersonalText(Personal, UnicodeAttribute):
    """A personal text."""


class PersonalTexts(Personal, UnicodeSetAttribute):
    """A set of personal texts."""


class PersonalJson(Personal, JSONAttribute):
    """A structure with personal texts in it."""


class OwnText(UnicodeAttribute):
    """An id, a key, or a word that the service itself chose."""


class OwnTexts(UnicodeSetAttribute):
    """A set of such."""


class OwnJson(JSONAttribute):
    """A structure of such."""
