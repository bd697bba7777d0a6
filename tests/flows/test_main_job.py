"""The main job from end to end, on the real event path (moto)."""

from tests.world import World


def test_a_manager_invites_a_colleague_who_accepts_and_is_removed_again(world: World) -> None:
    """R15, R21, R30, R31, R32, R35, R40: the steps of the demo."""
    olga = world.person("olga@acme.example")
    carl = world.person("carl@acme.example")
    account = world.account(olga)
    path = f"/v1/billing-accounts/{account}"

    world.invite(olga, account, "Carl@ACME.example", message="Please help me with the invoices.")
    token = world.link_token("carl@acme.example")
    preview = world.ok("POST", "/v1/invitations/preview", None, {"token": token})
    assert preview["account_name"] == "Acme Ltd"
    assert preview["email_masked"] == "c***@acme.example"
    accepted = world.call("POST", "/v1/invitations/accept", carl, {"token": token})
    assert accepted.status == 201
    world.pipeline.drain()

    managers = world.ok("GET", f"{path}/managers", carl)["data"]
    assert [each["email"] for each in managers] == ["olga@acme.example", "carl@acme.example"]
    assert len(world.mails_to("carl@acme.example")) == 2
    assert len(world.mails_to("olga@acme.example")) == 1

    refused = world.call("DELETE", f"{path}/managers/{managers[0]['id']}", carl)
    assert (refused.status, refused.code) == (409, "is_sold_to_contact")

    third = world.invite(carl, account, "third@acme.example")
    third_token = world.link_token("third@acme.example")
    revoked = world.ok("POST", f"{path}/invitations/{third['id']}/revoke", carl)
    assert revoked["status"] == "revoked"
    dead = world.call("POST", "/v1/invitations/preview", None, {"token": third_token})
    assert (dead.status, dead.code) == (410, "invitation_revoked")

    removed = world.call("DELETE", f"{path}/managers/{accepted.json['customer_id']}", olga)
    assert removed.status == 204
    assert world.call("GET", path, carl).code == "account_not_found"
    world.pipeline.drain()
    assert world.events(account) == [
        "account_imported",
        "invitation_created",
        "invitation_accepted",
        "invitation_created",
        "invitation_revoked",
        "manager_removed",
    ]
    assert len(world.mails_to("third@acme.example")) == 2
    assert world.ok("GET", path, olga)["limits"]["managers"]["used"] == 1
