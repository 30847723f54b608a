"""Who may not use the site reaches her money, her data, what was decided and her appeal, and nothing else."""

import pytest
from sqlalchemy import select

from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.trust.models import Restriction
from marketplace.web.access import ALWAYS_OPEN, Access
from tests.security.conftest import Stage
from tests.security.test_access import ROUTES, Route, _ask

HIDDEN = {Access.STAFF, Access.FINANCE, Access.BOOKS, Access.DEMO, Access.WEBHOOK, Access.EMPLOYER}
"""Marks that refuse her anyway, or ask for a signature."""
ASKED = [route for route in ROUTES if route.access not in HIDDEN]


def is_open(route: Route) -> bool:
    return route.path.startswith(ALWAYS_OPEN)


@pytest.mark.slow
async def test_every_route_but_her_own_matters_is_closed(stage: Stage) -> None:
    async with stage.database._writes() as db:
        waqas = (await db.scalars(select(User).where(User.name == "Waqas Javed"))).one()
        sana = (await db.scalars(select(User).where(User.name == "Sana Iqbal"))).one()
        row = {"user_id": waqas.id, "what": "sign_in", "reason": "scam", "said": "It asks people to pay."}
        db.add(Restriction(**row, from_at=clock.now(), by_user_id=sana.id))
        await db.commit()
    before = await stage.fingerprint()
    came_in: list[str] = []
    for route in ASKED:
        async with stage.undone():
            answer = await _ask(stage.browsers["waqas"], route)
            is_told = answer.status_code == 403 and "Your account is limited" in answer.text
            if is_told is is_open(route):
                came_in.append(f"{route}: {answer.status_code}")
            if not is_open(route):
                assert await stage.fingerprint() == before, route
    assert came_in == []
