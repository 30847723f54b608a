"""Every thing × every person: who may reach it. For everybody else it does not exist, and trying changes nothing."""

import re

import httpx
import pytest

from tests.security.conftest import Stage
from tests.security.people import STRANGERS
from tests.security.test_access import REFUSED, ROUTES, Route, asking, of_part
from tests.security.things import NOBODYS_OWN, OWNED
from tests.visitors import Browser

BY_NAME = {str(route): route for route in ROUTES}
PARTS = sorted({BY_NAME[name].part for name in OWNED if name in BY_NAME})
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
@pytest.mark.parametrize("part", PARTS)
async def test_for_all_others_it_does_not_exist(part: str, people: tuple[str, ...], stage: Stage) -> None:
    before, wrong = await stage.fingerprint(), list[str]()
    for route in owned_of(part):
        path, owners, seers = OWNED[str(route)]
        real, invented = stage.things.address(path), route.address()
        for person in sorted(set(people) - owners - seers - REFUSED[route.access].keys()):
            answer = await _ask(stage.browsers[person], route.method, real)
            nothing_there = await _ask(stage.browsers[person], route.method, invented)
            if (answer.status_code, nothing_there.status_code) != (404, 404):
                wrong.append(
                    f"{person}: {route} answers {answer.status_code}, and {nothing_there.status_code} elsewhere"
                )
            elif _plain(answer, real) != _plain(nothing_there, invented):
                wrong.append(f"{person}: the answer of {route} tells that it is there")
        if await stage.fingerprint() != before:
            pytest.fail(f"a stranger's {route} changes what is stored; so far: {wrong}")
    assert wrong == []


@pytest.mark.parametrize("part", sorted({BY_NAME[name].part for name, (_, _, seers) in OWNED.items() if seers}))
async def test_who_sees_it_but_may_not_do_that_is_refused(part: str, stage: Stage) -> None:
    before, wrong = await stage.fingerprint(), list[str]()
    for route in owned_of(part):
        path, _, seers = OWNED[str(route)]
        for person in sorted(seers):
            answer = await _ask(stage.browsers[person], route.method, stage.things.address(path))
            if answer.status_code != 403:
                wrong.append(f"{person}: {route} answers {answer.status_code}")
        if await stage.fingerprint() != before:
            pytest.fail(f"{route} changes what is stored, though it refuses; so far: {wrong}")
    assert wrong == []


@pytest.mark.parametrize("everybody", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["one", "all"])
@pytest.mark.parametrize("part", PARTS)
async def test_its_owners_reach_it(part: str, everybody: bool, stage: Stage) -> None:
    """And looking changes nothing. The fast test asks one owner of each thing."""
    wrong = list[str]()
    for route in owned_of(part):
        path, owners, _ = OWNED[str(route)]
        for person in sorted(owners) if everybody else sorted(owners)[:1]:
            async with stage.undone():
                before = await stage.fingerprint()
                answer = await _ask(stage.browsers[person], route.method, stage.things.address(path))
                if answer.status_code not in REACHED:
                    wrong.append(f"{person}: {route} answers {answer.status_code}")
                if route.method == "GET" and await stage.fingerprint() != before:
                    wrong.append(f"{person}: {route} changes what is stored")
    assert wrong == []


def owned_of(part: str) -> list[Route]:
    return [route for route in of_part(part) if str(route) in OWNED]
