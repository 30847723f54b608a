"""/dev/components: every macro of templates/components with believable content. The demo only."""

from marketplace.web.access import DEMO, Answer, get
from marketplace.web.pages import page
from marketplace.web.samples import NOW, sample
from marketplace.web.visit import Visit

THEMES = ("light", "dark")


@get("/dev/components", DEMO)
async def show_components(visit: Visit) -> Answer:
    """`?theme=dark` shows them dark whatever the reader's system says."""
    asked = visit.query.get("theme", "")
    context = sample(visit.locale)
    context["theme"] = asked if asked in THEMES else None
    context["now"] = NOW
    return page(visit, "dev/components.html", **context)


routes = [show_components]
