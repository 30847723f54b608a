"""The first page."""

from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.pages import page
from marketplace.web.visit import Visit


@get("/", PUBLIC)
async def show_home(visit: Visit) -> Answer:
    """Say what this is, for whom."""
    return page(visit, "home/visitor.html", gigs=[], people=[])


routes = [show_home]
