"""The report of a fair for its organiser: from registered to paid, as a page and as CSV."""

from typing import Any

from marketplace.fairs import day, reporting
from marketplace.web.access import USER, Answer, get
from marketplace.web.pages import download, page
from marketplace.web.visit import Visit


@get("/fairs/{slug}/report", USER)
async def show_report(visit: Visit, slug: str) -> Answer:
    """All of it, counted now."""
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        report = await reporting.report_of(db, fair.id)
    context: dict[str, Any] = {"fair": fair, "report": report, "steps": reporting.STEPS}
    return page(visit, "fairs/day/report.html", **context)


@get("/fairs/{slug}/report.csv", USER)
async def load_report(visit: Visit, slug: str) -> Answer:
    """The same as a file."""
    async with visit.read() as db:
        fair, _ = await day.day_of(db, slug, by=visit.user.id, least="organiser")
        report = await reporting.report_of(db, fair.id)
    return download(reporting.as_csv(report), name=f"{fair.slug}.csv", media_type="text/csv")


routes = [show_report, load_report]
