"""Guessing ids and links: nothing is found, every attempt is counted, and requests are throttled (S7)."""

import json

from tests.api.json_diff import anonymised
from tests.api.team import Team, somebody
from tests.captured_output import written
from tests.environment import template
from tests.world import World

NEW = "new@acme.example"
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_TRIES = 60


def _neighbours(known: str) -> list[str]:
    """What somebody with a real id would try next: changing one character after the other, from the end."""
    found = []
    for position in range(1, 4):
        for letter in _LETTERS:
            other = known[:-position] + letter + known[len(known) - position + 1 :]
            if other != known:
                found.append(other)
    return found[:_TRIES]


def test_the_neighbours_of_an_id_are_not_there(world: World, team: Team) -> None:
    """S7, I8: on every route that takes an id, for people who have a real one; the answer is always the same."""
    new, made = somebody(world, "new"), world.invite(team.olga, team.account, NEW)
    world.invite(team.olga, team.account, "other@acme.example")
    tries = [
        *(("GET", f"{team.path}/invitations/{each}", team.carl) for each in _neighbours(made["id"])),
        *(("POST", f"/v1/me/invitations/{each}/accept", new) for each in _neighbours(made["id"])),
    ]
    with world.unchanged():
        answers = {anonymised(world.call(method, path, who)) for method, path, who in tries}
    assert len(answers) == 1
    assert "invitation_not_found" in answers.pop()


def test_guessed_links_are_counted_as_refusals_and_not_logged(world: World, team: Team) -> None:
    """S7, S20: the operation's metric shows them, for an alarm; no guess is written down."""
    world.invite(team.olga, team.account, NEW)
    token = world.link_token(NEW)
    guesses = _neighbours(token)
    with written() as output, world.unchanged():
        for guess in guesses:
            assert world.call("POST", "/v1/invitations/preview", None, {"token": guess}).status == 404
    lines = [json.loads(line) for line in output.getvalue().splitlines()]
    counted = [line for line in lines if line.get("outcome") == "invitation_not_found" and "Requests" in line]
    assert len(counted) == len(guesses) == _TRIES
    assert all(guess not in output.getvalue() for guess in guesses)


def test_the_gateway_throttles_frequent_requests() -> None:
    """S7, S32: on every route of the API, before the function is invoked."""
    settings = [
        setting
        for resource in template()["Resources"].values()
        for setting in resource.get("Properties", {}).get("MethodSettings", [])
    ]
    (every,) = [each for each in settings if (each["ResourcePath"], each["HttpMethod"]) == ("/*", "*")]
    assert 0 < every["ThrottlingRateLimit"] <= every["ThrottlingBurstLimit"] <= 1000
