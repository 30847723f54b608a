"""The report of a fair for its organiser, as a page and as CSV; what came of it, for everybody."""

from typing import Any

from marketplace.fairs import day, queries, reporting
from marketplace.kernel.errors import NotFound
from marketplace.web.access import PUBLIC, USER, Answer, get
from marketplace.web.pages import download, page
from marketplace.web.visit import Visit


@get("/fairs/{slug}/report", USER)
async def show_report(visit: Visit, slug: str) -> Answer:
    """All of it, counted now."""
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        report = await reporting.report_of(db, fair.id, at=visit.now)
        is_public = await reporting.is_public(db, fair, at=visit.now)
    context: dict[str, Any] = {"fair": fair, "report": report, "steps": reporting.STEPS, "least": reporting.LEAST}
    context |= {"of_employers": reporting.OF_EMPLOYERS, "is_public": is_public}
    return page(visit, "fairs/after/report.html", **context)


@get("/fairs/{slug}/report.csv", USER)
async def load_report(visit: Visit, slug: str) -> Answer:
    """The same as a file."""
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        report = await reporting.report_of(db, fair.id, at=visit.now)
    return download(reporting.as_csv(report), name=f"{fair.slug}.csv", media_type="text/csv")


@get("/fairs/{slug}/outcome", PUBLIC)
async def show_outcome(visit: Visit, slug: str) -> Answer:
    """What came of a fair, once its results were due; nothing of fairs too small to hide anybody in."""
    async with visit.read() as db:
        fair, _, _ = await queries.public_fair(db, slug, reader=None)
        if not await reporting.is_public(db, fair, at=visit.now):
            raise NotFound
        report = await reporting.report_of(db, fair.id, at=visit.now)
    return page(visit, "fairs/after/outcome.html", fair=fair, report=report, steps=reporting.STEPS)


routes = [show_report, load_report, show_outcome]
