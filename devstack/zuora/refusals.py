"""What Zuora refuses: reasons with a numeric code, whose last two digits are the category."""

UNKNOWN_RESOURCE = 500000  # what GET and DELETE say, whatever the object
INVALID_VALUE, UNKNOWN_FIELD, MISSING_FIELD, MISSING_PARAMETER, INVALID_PARAMETER = 20, 21, 22, 23, 27
RULE, NOT_FOUND, METHOD, LOCK, TEMPORARY, LIMIT, MALFORMED = 30, 40, 45, 50, 61, 70, 90

STATUS_OF_CATEGORY = {
    INVALID_VALUE: 400,
    UNKNOWN_FIELD: 400,
    MISSING_FIELD: 400,
    MISSING_PARAMETER: 400,
    INVALID_PARAMETER: 400,
    RULE: 400,
    NOT_FOUND: 404,
    METHOD: 405,
    LOCK: 409,
    TEMPORARY: 500,
    LIMIT: 429,
    MALFORMED: 400,
}


class Refusal(Exception):
    """Zuora says no: a resource code of six digits with a category of two, and a text."""

    def __init__(self, category: int, message: str, *, resource: int = UNKNOWN_RESOURCE) -> None:
        super().__init__(message)
        self.category = category
        self.code = resource * 100 + category
        self.message = message


def not_found(key: str) -> Refusal:
    """The recorded answer to an id that does not exist."""
    return Refusal(NOT_FOUND, f"Cannot find entity by key: '{key}'.")
