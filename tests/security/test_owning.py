"""Every thing × every person: who may reach it. For everybody else it does not exist, and trying changes nothing."""

import re

import httpx
import pytest

from tests.security.conftest import Stage
from tests.security.people import STRANGERS
from tests.security.test_access import REFUSED, ROUTES, asking
from tests.security.things import NOBODYS_OWN, OWNED
from tests.visitors import Browser

BY_NAME = {str(route): route for route in ROUTES}
REACHED = {200, 303, 409, 422, 503}
"""Reached: shown, done, or refused for what was sent or where it stands (503: no payment service in these tests)."""


def test_every_address_with_something_in_it_says_whose_it_is() -> None:
    """A new route needs a line in things.py."""
    with_parts = {str(route) for route in ROUTES if "{" in route.path}
    assert with_parts - OWNED.keys() - NOBODYS_OWN == set()
    assert (OWNED.keys() | NOBODYS_OWN) - with_parts == set(), "gone from the routes"


async def _ask(browser: Browser, method: str, address: str) -> httpx.Response:
    if method == "GET":
        return await browser.get(address)
    return await browser.post(address, data={"_csrf_token": browser.own_token()})


def _plain(answer: httpx.Response, address: str) -> str:
    """The answer without what differs in every answer: tokens, nonces and the address itself."""
    text = answer.text.replace(address, "ADDRESS").replace(address.replace("/", "%2F"), "ADDRESS")
    return re.sub(r'value="[\w-]{43}"|nonce="[^"]*"|"x-csrftoken": "[^"]*"', "", text)


@asking(STRANGERS)
@pytest.mark.parametrize("name", OWNED)
async def test_for_all_others_it_does_not_exist(name: str, people: tuple[str, ...], stage: Stage) -> None:
    route, (path, owners, seers) = BY_NAME[name], OWNED[name]
    real, invented = stage.things.address(path), route.address()
    before = await stage.fingerprint()
    for person in set(people) - owners - seers - REFUSED[route.access].keys():
        answer = await _ask(stage.browsers[person], route.method, real)
        assert answer.status_code == 404, person
        nothing_there = await _ask(stage.browsers[person], route.method, invented)
        assert nothing_there.status_code == 404, person
        assert _plain(answer, real) == _plain(nothing_there, invented), f"{person}: the answer tells that it is there"
    assert await stage.fingerprint() == before


@pytest.mark.parametrize("name", [name for name, (_, _, seers) in OWNED.items() if seers])
async def test_who_sees_it_but_may_not_do_that_is_refused(name: str, stage: Stage) -> None:
    route, (path, _, seers) = BY_NAME[name], OWNED[name]
    before = await stage.fingerprint()
    for person in seers:
        answer = await _ask(stage.browsers[person], route.method, stage.things.address(path))
        assert answer.status_code == 403, person
    assert await stage.fingerprint() == before


@pytest.mark.parametrize("name", OWNED)
async def test_its_owners_reach_it(name: str, stage: Stage) -> None:
    route, (path, owners, _) = BY_NAME[name], OWNED[name]
    for person in sorted(owners):
        async with stage.undone():
            answer = await _ask(stage.browsers[person], route.method, stage.things.address(path))
        assert answer.status_code in REACHED, (person, answer.status_code)
