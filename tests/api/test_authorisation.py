"""Who may do what: every route for everybody, in one table (S21, I8)."""

import pytest

from chalicelib.api.web.http import ROUTES
from tests.api.examples import example_of, name_of
from tests.api.role_matrix import RoleMatrix
from tests.gateway import Response

# ~ is /v1/billing-accounts/{account_id}, ~me is /v1/me/invitations
# anon  no token                stra  signed in, no customer      view, mana, admi  viewer, manager, admin
# expd  an expired token        othr  admin of another account    vie*, man*, adm*  the same where only admins manage
# audi  for another audience    invi  has the invitation          read, supp        support: may only read, may change
#                               remd  was a manager
TABLE = """
                                          anon expd audi stra othr invi remd view vie* mana man* admi adm* read supp
GET /health                               200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET /openapi.json                         200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
GET /v1/me                                401  401  401  200  200  200  200  200  200  200  200  200  200  200  200
PATCH /v1/me                              401  401  401  404c 200  404c 200  200  200  200  200  200  200  404c 404c
POST /v1/me/email                         401  401  401  404c 409u 404c 409u 409u 409u 409u 409u 409u 409u 404c 404c
GET ~me                                   401  401  401  200  200  200  200  200  200  200  200  200  200  200  200
POST ~me/{invitation_id}/accept           401  401  401  404i 404i 201  404i 404i 404i 404i 404i 404i 404i 404i 404i
POST ~me/{invitation_id}/decline          401  401  401  404i 404i 200  404i 404i 404i 404i 404i 404i 404i 404i 404i
GET /v1/billing-accounts                  401  401  401  200  200  200  200  200  200  200  200  200  200  200  200
GET ~                                     401  401  401  404  404  404  404  200  200  200  200  200  200  404  404
GET ~/permissions                         401  401  401  404  404  404  404  200  200  200  200  200  200  404  404
GET ~/managers                            401  401  401  404  404  404  404  200  200  200  200  200  200  404  404
PATCH ~/managers/{manager_id}             401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
DELETE ~/managers/{manager_id}            401  401  401  404  404  404  404  403  403  204  403  204  204  404  404
POST ~/leave                              401  401  401  404  404  404  404  204  204  204  204  204  204  404  404
POST ~/invitations                        401  401  401  404  404  404  404  403  403  201  403  201  201  404  404
GET ~/invitations                         401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
GET ~/invitations/{invitation_id}         401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
POST ~/invitations/{invitation_id}/revoke 401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
POST ~/invitations/{invitation_id}/resend 401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
GET ~/history                             401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
POST /v1/invitations/preview              200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
POST /v1/invitations/accept               401  401  401  403m 403m 201  403m 403m 403m 403m 403m 403m 403m 403m 403m
POST /v1/invitations/decline              200  200  200  200  200  200  200  200  200  200  200  200  200  200  200
POST /v1/invitations/request-new          202  202  202  202  202  202  202  202  202  202  202  202  202  202  202
POST /v1/support/billing-accounts         401  401  401  403  403  403  403  403  403  403  403  403  403  403  201
PATCH /v1/support/customers/{customer_id} 401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
"""
TABLE += """\
GET ~/contacts                            401  401  401  404  404  404  404  403  403  200  403  200  200  404  404
PUT ~/contacts/sold-to                    401  401  401  404  404  404  404  403  403  202  403  202  202  404  404
PUT ~/contacts/bill-to                    401  401  401  404  404  404  404  403  403  202  403  202  202  404  404
GET ~/subscriptions                       401  401  401  404  404  404  404  200  200  200  200  200  200  404  404
GET ~/invoices                            401  401  401  404  404  404  404  200  200  200  200  200  200  404  404
GET ~/payment-methods                     401  401  401  404  404  404  404  200  200  200  200  200  200  404  404
GET %/subscriptions                       401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/invoices                            401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/payment-methods                     401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
POST /v1/support/contacts                 401  401  401  403  403  403  403  403  403  403  403  403  403  403  201
GET &                                     401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
PATCH &                                   401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST &/sync                               401  401  401  403  403  403  403  403  403  403  403  403  403  403  202
GET &/history                             401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET /v1/support/sync                      401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET /v1/support/drift                     401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
POST /v1/callouts/zuora                   401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
""".replace("%", "/v1/support/billing-accounts/{account_id}").replace("&", "/v1/support/contacts/{contact_id}")
TABLE += """\
GET %                                     401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/history                             401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/managers                            401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/invitations                         401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/invitations/{invitation_id}         401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET %/transfers/{transfer_id}             401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET /v1/support/billing-accounts          401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET /v1/support/customers                 401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET /v1/support/contacts                  401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET =                                     401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
GET =/history                             401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
PATCH %                                   401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST %/invitations                        401  401  401  403  403  403  403  403  403  403  403  403  403  403  201
POST %/invitations/{invitation_id}/resend 401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST %/invitations/{invitation_id}/revoke 401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST %/managers                           401  401  401  403  403  403  403  403  403  403  403  403  403  403  201
PATCH %/managers/{manager_id}             401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST %/managers/{manager_id}/remove       401  401  401  403  403  403  403  403  403  403  403  403  403  403  204
POST %/transfer                           401  401  401  403  403  403  403  403  403  403  403  403  403  403  202
POST %/transfers/{transfer_id}/cancel     401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST /v1/support/customers                401  401  401  403  403  403  403  403  403  403  403  403  403  403  201
PATCH =                                   401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
POST =/unlink                             401  401  401  403  403  403  403  403  403  403  403  403  403  403  204
POST =/sign-in-link                       401  401  401  403  403  403  403  403  403  403  403  403  403  403  201
POST =/erase                              401  401  401  403  403  403  403  403  403  403  403  403  403  403  200
GET /v1/support/suppressions              401  401  401  403  403  403  403  403  403  403  403  403  403  200  200
POST /v1/support/suppressions/lift        401  401  401  403  403  403  403  403  403  403  403  403  403  403  204
POST /v1/sign-in-links/redeem             401  401  401  401  401  401  401  401  401  401  401  401  401  401  401
""".replace("%", "/v1/support/billing-accounts/{account_id}").replace("=", "/v1/support/customers/{customer_id}")

CODES = {
    "401": "unauthenticated", "403": "forbidden", "403m": "email_mismatch", "404": "account_not_found",
    "404i": "invitation_not_found", "404c": "customer_not_found",
    "409u": "email_unchanged",
}  # fmt: skip
COLUMNS = {
    "anon": "anonymous", "expd": "expired", "audi": "audience", "stra": "stranger", "othr": "other", "invi": "invitee",
    "remd": "removed", "view": "viewer", "vie*": "viewer", "mana": "manager", "man*": "manager", "admi": "admin",
    "adm*": "admin", "read": "reader", "supp": "support",
}  # fmt: skip


def _table() -> dict[str, dict[str, str]]:
    head, *rows = TABLE.strip().splitlines()
    columns = head.split()
    split = [
        row.replace("~me", "/v1/me/invitations").replace("~", "/v1/billing-accounts/{account_id}").split()
        for row in rows
    ]
    return {f"{method} {path}": dict(zip(columns, cells, strict=True)) for method, path, *cells in split}


def test_every_route_is_in_the_table() -> None:
    """S21: a route without a decision fails here."""
    missing = {name_of(route) for route in ROUTES} - _table().keys()
    assert missing == set(), f"add a line for each of these to TABLE in {__name__}: what each kind of person gets"
    assert sorted(_table()) == sorted(name_of(route) for route in ROUTES)


@pytest.mark.parametrize("column", COLUMNS)
def test_everybody_gets_what_the_table_says(matrix: RoleMatrix, column: str) -> None:
    """S21, R6, R60, I8: every route, tried as every kind of person."""
    if column.endswith("*"):
        matrix.world.set_account(matrix.account, managed_by="admins")
    who = matrix.who(COLUMNS[column])
    before = matrix.world.everything()
    found = {}
    for route in ROUTES:
        answer = example_of(route, matrix).sent(matrix, who)
        found[name_of(route)] = _cell(answer)
        if answer.status < 300 and route.method != "GET":
            matrix.world.rewind(before)
    assert found == {route: row[column] for route, row in _table().items()}


@pytest.mark.parametrize("column", ["stra", "admi", "read"])
def test_a_forbidden_caller_learns_nothing_of_what_the_desk_expects(matrix: RoleMatrix, column: str) -> None:
    """R60: the refusal comes first, whatever was sent: missing fields, no JSON, or an unknown filter."""
    who = matrix.who(COLUMNS[column])
    readable = {"GET"} if column == "read" else set()
    with matrix.world.unchanged():
        for route in ROUTES:
            if route.path.startswith("/v1/support/") and route.method not in readable:
                url = example_of(route, matrix).url
                wrong = [("{}", "application/json"), ("{", "application/json"), ("", "text/plain")]
                for text, media_type in wrong if route.method != "GET" else []:
                    sent = {"Content-Type": media_type}
                    token = who.token if who else None
                    answer = matrix.world.gateway.request(route.method, url, raw_body=text, token=token, headers=sent)
                    assert (answer.status, answer.code) == (403, "forbidden"), name_of(route)
                answer = matrix.world.call(route.method, f"{url}?limit=x", who, None)
                assert (answer.status, answer.code) == (403, "forbidden"), name_of(route)


def _cell(response: Response) -> str:
    """An answer as the table writes it; a refusal with a code that is not in the table is shown as it is."""
    cells = [cell for cell, code in CODES.items() if code == response.code and cell[:3] == str(response.status)]
    if response.code is None:
        cells = [str(response.status)]
    return cells[0] if cells else f"{response.status} {response.code}"
