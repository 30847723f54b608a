"""Links to the hosted onboarding page: single use and short lived."""

from marketplace.engines.payments.sandbox.books import Wire
from marketplace.engines.payments.sandbox.desk import Desk, iso, new_id
from marketplace.engines.payments.sandbox.parameters import one_of, shape, text
from marketplace.engines.payments.sandbox.refusals import missing_parameter

_VISIT_SECONDS = 3_600
_PLACES = shape(
    ("refresh_url",),
    collection_options=shape(fields=text, future_requirements=text),
    return_url=text,
    refresh_url=text,
)
CREATE = shape(
    ("account", "use_case"),
    account=text,
    use_case=shape(
        ("type",),
        type=one_of("account_onboarding", "account_update"),
        account_onboarding=_PLACES,
        account_update=_PLACES,
    ),
)


def create(desk: Desk, given: Wire) -> Wire:
    """POST /v2/core/account_links"""
    account = desk.find("account", given["account"], "account")
    use_case = given["use_case"]
    if use_case["type"] not in use_case:
        raise missing_parameter(f"use_case[{use_case['type']}]")
    places = use_case[use_case["type"]]
    expires_at = desk.now + desk.setting("account_link_seconds")
    link: Wire = {
        "id": new_id("alink"),
        "object": "account_link",
        "created": desk.now,
        "account": account["id"],
        "return_url": places.get("return_url", places["refresh_url"]),
        "refresh_url": places["refresh_url"],
        "expires_at": expires_at,
        "visit": None,
        "is_done": False,
    }
    desk.insert(link, account="")
    return {
        "object": "v2.core.account_link",
        "account": account["id"],
        "created": iso(desk.now),
        "expires_at": iso(expires_at),
        "livemode": False,
        "url": f"{desk.address}/onboard/{link['id']}",
        "use_case": use_case,
    }


def open_link(desk: Desk, link: Wire) -> str | None:
    """Use the link up and return the word that its one visit carries in the form; None when it is used or old."""
    if link["visit"] is not None or desk.now >= link["expires_at"]:
        return None
    visit = new_id("visit")
    desk.books.update({**link, "visit": visit, "visit_until": desk.now + _VISIT_SECONDS})
    return visit


def is_visiting(desk: Desk, link: Wire, visit: str) -> bool:
    return link["visit"] is not None and link["visit"] == visit and desk.now < link["visit_until"]
