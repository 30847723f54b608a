"""What htmx 4 asks and understands. (litestar-htmx speaks htmx 2: HX-Source and HX-Request-Type are new.)"""

from marketplace.web.visit import Visit

VARY = "HX-Request, HX-Request-Type"


def source(visit: Visit) -> str:
    """The element that asked, as `tag#id`; "" without htmx."""
    return visit.headers.get("hx-source", "")


def target(visit: Visit) -> str:
    """The id of the element that will take the answer, without its tag; "" without htmx."""
    return visit.headers.get("hx-target", "").partition("#")[2]
