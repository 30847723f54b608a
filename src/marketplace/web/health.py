"""/live: the process answers. /ready: it can do its work. For load balancers and operators; both are cheap."""

from typing import Any

import msgspec
from litestar import Response
from sqlalchemy.exc import SQLAlchemyError

from marketplace.kernel.database.outages import is_outage
from marketplace.kernel.database.readiness import Readiness, readiness
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.visit import Visit


@get("/live", PUBLIC)
async def live(visit: Visit) -> Answer:
    """Say that the process answers."""
    return _json(200, {"status": "ok"})


@get("/ready", PUBLIC)
async def ready(visit: Visit) -> Answer:
    """Say whether the database answers, is migrated, and whether background tasks keep up."""
    try:
        async with visit.read() as db:
            found = await readiness(db)
    except Exception as error:
        if not (is_outage(error) or isinstance(error, SQLAlchemyError)):
            raise
        return _json(503, {"status": "down", "database": "does not answer"})
    return _json(200 if found.is_migrated else 503, _said(found))


def _said(found: Readiness) -> dict[str, Any]:
    lag = round(found.oldest_task_seconds)
    state = "down" if not found.is_migrated else "degraded" if found.is_behind else "ok"
    return {
        "status": state,
        "database": "ok",
        "migrations": "ok" if found.is_migrated else "behind the code: run `marketplace migrate`",
        "worker": f"{found.waiting_tasks} tasks wait, the oldest for {lag} s" if found.is_behind else "ok",
    }


def _json(status: int, body: dict[str, Any]) -> Answer:
    return Response(
        msgspec.json.encode(body),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


routes = [live, ready]
