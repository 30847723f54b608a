"""Every exception becomes what the asker can read: a page, a fragment for htmx, or problem+json (RFC 9457)."""

import logging
import secrets
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from jinja2 import TemplateError
from litestar import Request, Response
from litestar.enums import MediaType
from litestar.exceptions import HTTPException

from marketplace.kernel.database.outages import is_outage
from marketplace.kernel.errors import DomainError, Invalid, SignInNeeded, TooMany
from marketplace.kernel.i18n import N_, translations
from marketplace.web import pages
from marketplace.web.access import Answer
from marketplace.web.visit import Visit, visit_of

log = logging.getLogger("marketplace.web")

_WORDS = {
    400: N_("We could not read that request. Go back and try again."),
    404: N_("There is no such page, or it is not yours to see."),
    405: N_("This address does not take that kind of request."),
    413: N_("That is too large. Files may have up to 10 MB each."),
    500: N_("Something broke on our side. If it stays, tell us the number below."),
    503: N_("We are busy for a moment. Please try again in a few seconds."),
}


def handle(request: Request[Any, Any, Any], error: Exception) -> Answer:
    """Litestar's door to `answer`."""
    return answer(visit_of(request.scope), error)


def answer(visit: Visit, error: Exception) -> Answer:
    """The answer to an error, in the form that the asker wants."""
    if isinstance(error, SignInNeeded) and not _wants_json(visit):
        return _to_sign_in(visit)
    status, message, number = _described(visit, error)
    if _wants_json(visit):
        return _problem(visit, (status, message, number), error)
    headers = _headers(status, error)
    context: dict[str, Any] = {"message": message, "number": number, "back": _page_of(visit)}
    template = "errors/fragment.html" if visit.is_htmx else "errors/error.html"
    try:
        return pages.page(visit, template, status=status, headers=headers, **context)
    except (TemplateError, LookupError, TypeError, ValueError, AttributeError):
        log.exception("the error page itself is broken")
        bare = visit.site.templates["en"].get_template("errors/bare.html").render()
        return Response(bare, status_code=status, media_type=MediaType.HTML, headers=headers)


def _headers(status: int, error: Exception) -> dict[str, str]:
    """When to come back, and what a refused method could have been."""
    if isinstance(error, TooMany):
        return {"Retry-After": str(60 * int(str(error.values.get("minutes", 1))))}
    if status == 503:
        return {"Retry-After": "5"}
    return {"Allow": "GET, HEAD, POST"} if status == 405 else {}


def _described(visit: Visit, error: Exception) -> tuple[int, str, str]:
    """Status, words in the reader's language, and the number under which an unforeseen error stands in the log."""
    say = translations(visit.locale).gettext
    if isinstance(error, DomainError):
        words = say(error.msgid)
        return error.status, words % error.values if error.values else words, ""
    if isinstance(error, HTTPException) and error.status_code < 500:
        return error.status_code, say(_WORDS.get(error.status_code, _WORDS[400])), ""
    number = secrets.token_hex(4)
    log.error("%s %s failed, number %s", visit.method, visit.logged_path, number, exc_info=error)
    status = 503 if is_outage(error) else 500
    return status, say(_WORDS[status]), number


def _wants_json(visit: Visit) -> bool:
    accept = visit.headers.get("accept", "")
    return "json" in accept and "html" not in accept


def _to_sign_in(visit: Visit) -> Answer:
    """A page is shown after sign-in; a change is not repeated: she comes back to where she pressed."""
    back = quote(_page_of(visit), safe="/")
    return pages.redirect(visit, f"/sign-in?next={back}", flash=pages.Flash(SignInNeeded.message, tone="note"))


def _page_of(visit: Visit) -> str:
    """The page that was asked for, or the one on which she pressed: a change's own address shows nothing."""
    return visit.address if visit.method == "GET" and not visit.is_htmx else _referring_path(visit)


def _referring_path(visit: Visit) -> str:
    host = visit.headers.get("host", "")
    _, found, rest = visit.headers.get("referer", "").partition(f"//{host}/")
    return pages.local_path(f"/{rest}" if found else "/")


def _problem(visit: Visit, described: tuple[int, str, str], error: Exception) -> Answer:
    """RFC 9457; `errors` are the refused fields, `number` is where it stands in the log."""
    status, message, number = described
    problem: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": message,
    }
    if number:
        problem["number"] = number
    if isinstance(error, Invalid):
        say = translations(visit.locale).gettext
        problem["errors"] = {name: [say(m) for m in messages] for name, messages in error.fields.items()}
    content = msgspec.json.encode(problem)
    headers = _headers(status, error)
    return Response(content, status_code=status, media_type="application/problem+json", headers=headers)
