"""PERSIST=1: after a restart everything is there again, at the same addresses."""

from pathlib import Path

import pytest

from devstack.portal import Portal, token_in
from devstack.problems import StackProblem
from devstack.stack import running_stack
from tests.e2e.http_client import company, invite
from tests.stack import CHOICES


@pytest.fixture(autouse=True)
def _own_choices(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in CHOICES:
        monkeypatch.delenv(name, raising=False)


def test_a_persistent_stack_resumes_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data, ports, links and Zuora's records are kept; the new start brings new code and new parameters."""
    with running_stack(folder=tmp_path, persist=True) as stack:
        before, portal = stack.described, Portal(stack)
        home = company(portal)
        colleague, _ = invite(portal, home, "colleague")
        token = token_in(portal.wait_for_mail(colleague.email, number=1))

    monkeypatch.setenv("AWS_PORT", "1")
    with pytest.raises(StackProblem, match="Unset AWS_PORT, or remove"), running_stack(folder=tmp_path, persist=True):
        pass
    monkeypatch.delenv("AWS_PORT")

    with running_stack(folder=tmp_path, persist=True, overrides={"ServiceVersion": "the second start"}) as stack:
        assert stack.described == before
        portal = Portal(stack)
        assert portal.call("GET", "/health")[1]["version"] == "the second start"
        owner = portal.sign_in(home.owner.name, home.owner.email)
        status, account = portal.call("GET", home.path, owner)
        assert status == 200
        assert portal.zuora("GET", f"/v1/accounts/{account['zuora_account_id']}")["success"] is True
        colleague = portal.sign_in(colleague.name, colleague.email)
        assert portal.call("POST", "/v1/invitations/accept", colleague, {"token": token})[0] == 201
        number = len(portal.mails(owner.email)) + 1
        assert "now helps manage" in portal.wait_for_mail(owner.email, number=number).subject


def test_a_stack_without_persistence_starts_empty(tmp_path: Path) -> None:
    """Even in the folder of a persistent one, which stays as it was."""
    (tmp_path / "kept.json").write_text('{"ports": {"aws": 1, "zuora": 2, "issuer": 3}}')
    with running_stack(folder=tmp_path) as stack:
        assert not stack.aws_endpoint_url.endswith(":1")
        tables = stack.aws.client("dynamodb")
        counts = [tables.scan(TableName=name)["Count"] for name in tables.list_tables()["TableNames"]]
        assert set(counts) == {0}
