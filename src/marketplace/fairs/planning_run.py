"""A run of the planner: claim the version, plan in a child process without a transaction, record what it said."""

import asyncio
import json
import sys
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import undefer

from marketplace.fairs import planning
from marketplace.fairs.plan_models import Timetable
from marketplace.kernel.database import Database
from marketplace.kernel.queue import Services

_LONGEST_LINE = 64_000_000


async def run(services: Services, timetable_id: UUID, *, at: datetime) -> None:
    """Make a version: read, let the child plan without a transaction, write. Twice is once."""
    database = services[Database]
    async with database.write.begin() as db:
        made = await db.get(Timetable, timetable_id, with_for_update=True, options=[undefer(Timetable.input)])
        if made is None or made.state not in ("waiting", "running"):
            return
        made.state, made.started_at = "running", at
        problem, seconds = made.input, made.seconds
    try:
        answer = await _planned(database, timetable_id, {"problem": problem, "seconds": seconds})
    except PlannerFailed as failure:
        async with database.write.begin() as db:
            failed = {"state": "failed", "fault": str(failure)[-500:], "finished_at": at}
            await db.execute(update(Timetable).where(Timetable.id == timetable_id).values(failed))
        return
    async with database.write.begin() as db:
        await planning.keep(db, timetable_id, answer, at=at)


class PlannerFailed(RuntimeError):
    """The child ended without a plan; the message is the end of what it said."""


async def _planned(database: Database, timetable_id: UUID, asked: dict[str, Any]) -> dict[str, Any]:
    pipes: dict[str, Any] = {
        "stdin": asyncio.subprocess.PIPE,
        "stdout": asyncio.subprocess.PIPE,
        "stderr": asyncio.subprocess.PIPE,
    }
    words = (sys.executable, "-m", "marketplace.fairs.child")
    child = await asyncio.create_subprocess_exec(*words, **pipes, limit=_LONGEST_LINE)
    assert child.stdin and child.stdout and child.stderr
    child.stdin.write((json.dumps(asked) + "\n").encode())
    errors = asyncio.create_task(child.stderr.read())
    try:
        await child.stdin.drain()
        async for line in child.stdout:
            said: dict[str, Any] = json.loads(line)
            if "meetings" in said:
                return said
            async with database.write.begin() as db:
                told = update(Timetable).where(Timetable.id == timetable_id).values(progress=said["progress"])
                await db.execute(told)
        raise PlannerFailed((await errors).decode(errors="replace"))
    finally:
        if child.returncode is None:
            child.stdin.close()
            await child.wait()
        errors.cancel()
