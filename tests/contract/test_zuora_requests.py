"""What the client sends, refuses to send, and logs about it."""

import logging
import re
import uuid

import pytest

from chalicelib.clients.zuora import Zuora, ZuoraCredentials, ZuoraNotFound, new_pool
from chalicelib.clients.zuora.transport import short_pause
from chalicelib.failures import Permanent
from devstack.zuora import FakeZuora
from tests.contract.conftest import Secret
from tests.devstack.raw import CLIENT_SECRET


def test_every_call_names_version_and_track_id(fake: FakeZuora, zuora: Zuora, made: dict[str, str]) -> None:
    zuora.account(made["accountId"])
    zuora.update_contact(made["soldToContactId"], {"city": "Rome"})
    zuora.contacts_of(made["accountId"])

    headers = [request["headers"] for request in fake.requests]
    assert {header.get("Zuora-Version") for header in headers[1:]} == {"2025-08-12"}
    track_ids = [header["Zuora-Track-Id"] for header in headers]
    assert len({uuid.UUID(track_id) for track_id in track_ids}) == len(track_ids)
    assert not any("Zuora-Entity-Ids" in header for header in headers)


def test_the_entity_is_sent_if_one_is_configured(fake: FakeZuora, secret: Secret, made: dict[str, str]) -> None:
    zuora = Zuora(base_url=f"{fake.url}/", credentials=secret, entity_id="e-1")

    zuora.account(made["accountId"])

    assert [request["headers"]["Zuora-Entity-Ids"] for request in fake.requests] == ["e-1", "e-1"]


def test_ids_cannot_leave_their_place_in_the_path(fake: FakeZuora, zuora: Zuora) -> None:
    with pytest.raises(ZuoraNotFound):
        zuora.contact("../accounts/ACC-1?x=1")

    assert fake.requests[-1]["path"] == "/v1/contacts/..%2Faccounts%2FACC-1%3Fx%3D1"


@pytest.mark.parametrize("changes", [{}, {"zipCode": "1"}, {"id": "1"}, {"city": None}, {"city": 7}])
def test_a_field_that_does_not_exist_is_our_mistake(fake: FakeZuora, zuora: Zuora, changes: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"fields|text|nothing"):
        zuora.update_contact("x", changes)

    assert fake.requests == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"city": "x" * 101}, "too_long"), ({"work_email": "x" * 81}, "too_long"), ({"first_name": ""}, "required")],
)
def test_what_zuora_is_known_to_refuse_is_not_sent(
    fake: FakeZuora, zuora: Zuora, changes: dict[str, str], code: str
) -> None:
    """R57: refused permanently, with a code and a reason."""
    with pytest.raises(Permanent) as refused:
        zuora.update_contact("x", changes)

    assert refused.value.code == code
    assert refused.value.reason
    assert fake.requests == []


def test_a_contact_cannot_be_created_without_a_name(fake: FakeZuora, zuora: Zuora) -> None:
    with pytest.raises(Permanent) as refused:
        zuora.create_contact("x", {"first_name": "Ada"}, idempotency_key="k")

    assert (refused.value.code, fake.requests) == ("required", [])


def test_calls_without_the_id_that_they_need_are_our_mistake(fake: FakeZuora, zuora: Zuora) -> None:
    with pytest.raises(ValueError, match="needs its keys"):
        zuora.contact("")
    with pytest.raises(ValueError, match="id is needed"):
        zuora.contacts_of("")
    with pytest.raises(ValueError, match="is needed"):
        zuora.set_account_contacts("x")
    with pytest.raises(ValueError, match="is needed"):
        zuora.set_account_contacts("x", sold_to="")

    assert all(request["path"] == "/oauth/token" for request in fake.requests)


def test_the_log_names_requests_but_no_data(
    zuora: Zuora, made: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "chalicelib")

    zuora.update_contact(made["soldToContactId"], {"work_email": "new@example.com", "last_name": "Byron"})
    with pytest.raises(Permanent):
        zuora.update_contact(made["soldToContactId"], {"work_email": "nobody@nowhere"})

    text = caplog.text
    uuid_pattern = "[0-9a-f-]{36}"
    tried = rf"PUT /v1/contacts/{{id}} track_id={uuid_pattern} status=200 request_id={uuid_pattern} process_id=None"
    assert re.search(tried, text)
    assert re.search(r"status=400 request_id=\S+ process_id=[0-9A-F]{16}", text)
    for secret in ("example.com", "nowhere", "Byron", CLIENT_SECRET, made["soldToContactId"], "Bearer"):
        assert secret not in text


def test_a_secret_does_not_show_in_its_representation() -> None:
    assert "hidden" not in repr(ZuoraCredentials("id", "hidden"))


def test_the_pause_before_a_retry_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []
    monkeypatch.setattr("time.sleep", pauses.append)

    for _ in range(100):
        short_pause()

    assert 0 <= min(pauses) < max(pauses) < 0.25


def test_by_default_the_client_waits_two_seconds_to_connect_and_ten_to_read() -> None:
    options = new_pool().connection_pool_kw

    assert (options["timeout"].connect_timeout, options["timeout"].read_timeout) == (2, 10)
    assert options["retries"].total is False
