"""How the client reads answers: nulls, numbers for texts, lists, and unreadable bodies."""

from decimal import Decimal

import pytest

from chalicelib.failures import Retryable
from tests.contract.recorded import Recorded, answer, client, reading, recorded, writing


def test_the_recorded_account_is_read_with_its_nulls_and_numbers() -> None:
    account = client(Recorded(recorded("get_account"))).account("A00000369")

    assert (account.number, account.name, account.currency) == ("A00000369", "Account Name", "USD")
    assert account.custom == {"StripeCustomerId__c": None, "CustomerType__c": None}
    assert account.bill_to == account.sold_to
    assert account.bill_to is not None
    assert (account.bill_to.id, account.bill_to.account_id) == ("", "2c92c0fa52e3f6790152f11fd4fd1fcf")
    assert (account.bill_to.country, account.bill_to.state, account.bill_to.work_email) == ("United States", "", "")


def test_the_recorded_success_of_a_change_is_one() -> None:
    client(Recorded(recorded("update_account"))).set_account_contacts("a", sold_to="c")


def test_a_list_need_not_say_success() -> None:
    assert client(Recorded(answer({"data": None}))).contacts_of("a") == []
    assert client(Recorded(answer({"subscriptions": None}))).subscriptions("a", page=1, page_size=20).items == ()


def test_nulls_numbers_and_unknown_fields_do_no_harm() -> None:
    body = {"id": "c", "mobilePhone": 5551234, "zipCode": 94105, "city": None, "new": {"a": [1]}, "success": None}

    contact = client(Recorded(answer(body))).contact("c")

    assert (contact.postal_code, contact.city) == ("94105", "")


def test_a_success_with_remarks_is_a_success() -> None:
    body = {"id": "c", "success": True, "reasons": [{"code": 50000020, "message": "a remark"}]}

    assert writing(answer(body))


def test_amounts_and_days_come_as_numbers_texts_or_not_at_all() -> None:
    invoices = [
        {"id": 1, "amount": 59.99, "balance": "0.00", "invoiceDate": "2026-01-31T00:00:00+01:00", "dueDate": ""},
        {"id": "2", "amount": None, "balance": "", "invoiceDate": None},
    ]

    first, second = client(Recorded(answer({"data": invoices}))).invoices("a", cursor=None, page_size=20).items

    assert (first.id, first.amount, first.is_paid, str(first.invoice_date)) == (
        "1",
        Decimal("59.99"),
        True,
        "2026-01-31",
    )
    assert (second.amount, second.is_paid, second.invoice_date, first.due_date) == (None, False, None, None)


def test_payment_methods_of_unknown_types_are_kept() -> None:
    body = {"success": True, "crypto": [{"id": "p", "accountHolderInfo": None}], "returnedPaymentMethodType": None}

    (method,) = client(Recorded(answer(body))).payment_methods("a").items

    assert (method.id, method.type, method.holder) == ("p", "crypto", "")


@pytest.mark.parametrize("body", [{"success": True}, {"id": None, "success": True}, {"id": "c", "city": ["Rome"]}])
def test_an_answer_that_cannot_be_read_is_retryable(body: dict[str, object], caplog: pytest.LogCaptureFixture) -> None:
    with pytest.raises(Retryable, match="cannot be read"):
        reading(answer(body))

    assert "Rome" not in caplog.text


def test_an_endless_list_is_cut_off() -> None:
    endless = [answer({"data": [{"id": "c"}] * 99, "nextPage": "again"}) for _ in range(30)]

    with pytest.raises(Retryable, match="does not end"):
        client(Recorded(*endless)).contacts_of("a")

    with pytest.raises(Retryable, match="does not end"):
        client(Recorded(answer({"data": [], "nextPage": "again"}))).contacts_of("a")
