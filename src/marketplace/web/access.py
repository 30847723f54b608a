"""Who may call what. Every handler carries one mark of a closed list; the application does not start otherwise.

    @get("/gigs/{slug}", PUBLIC)
    async def show_gig(visit: Visit, slug: str) -> Answer: ...

    @post("/contracts/{id}/milestones/{number}/release", USER)
    async def release(visit: Visit, id: UUID, number: int) -> Answer: ...

The mark is the coarse question. Whether this contract is hers is asked by the query that fetches it (NotFound).
"""

import inspect
import re
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, cast
from uuid import UUID

from litestar import Request, Response, route
from litestar.connection import ASGIConnection
from litestar.datastructures import FormMultiDict
from litestar.enums import HttpMethod
from litestar.exceptions import SerializationException
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler

from marketplace.kernel import ids
from marketplace.kernel.errors import DomainError, NotAllowed, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web import csrf
from marketplace.web.visit import Visit, visit_of

Answer = Response[Any]
Handler = Callable[..., Awaitable[Answer]]


class Access(Enum):
    """The closed list."""

    PUBLIC = "public"
    """Anybody."""
    USER = "user"
    """Whoever is signed in."""
    EMPLOYER = "employer"
    """Signed in and a member of an organisation."""
    FREELANCER = "freelancer"
    """Signed in with a freelancer profile."""
    STAFF = "staff"
    """Moderators and operators; for others the page does not exist."""
    FINANCE = "finance"
    """Operators and finance: payouts, statements; for others the page does not exist."""
    BOOKS = "books"
    """Whoever has a role in the house, moderators, operators or finance: the books."""
    WEBHOOK = "webhook"
    """Another machine, which proves itself by its signature: no session, no CSRF token."""
    DEMO = "demo"
    """Anybody, in the demo only; elsewhere the page does not exist."""


PUBLIC, USER, EMPLOYER, FREELANCER, STAFF, FINANCE, BOOKS, WEBHOOK, DEMO = Access


class CrossSite(DomainError):
    status = 403
    message = N_("This form is too old or came from another site. Go back, load the page again and send it once more.")


class Limited(NotAllowed):
    message = N_(
        "Your account is limited for now. What was decided, until when, and your appeal stand under Safety. "
        "Your money and your data stay open to you."
    )


ALWAYS_OPEN = (
    "/money",
    "/payouts",
    "/safety",
    "/account",
    "/notices",
    "/language",
    "/sign-out",
    "/static",
    "/live",
    "/ready",
)
"""What a limited account reaches: its money, its data, its standing; and what every page needs."""


def get(path: str, access: Access) -> Callable[[Handler], HTTPRouteHandler]:
    """A page. HEAD is answered too (by the front, without the body)."""
    return _handles(HttpMethod.GET, path, access)


def post(path: str, access: Access, *, max_bytes: int = 1_000_000) -> Callable[[Handler], HTTPRouteHandler]:
    """A change. `max_bytes` limits the whole body: raise it where files are uploaded."""
    return _handles(HttpMethod.POST, path, access, request_max_body_size=max_bytes)


def _handles(method: HttpMethod, path: str, access: Access, **options: Any) -> Callable[[Handler], HTTPRouteHandler]:
    typed = re.sub(r"\{(\w+)\}", r"{\1:str}", path)

    def register(function: Handler) -> HTTPRouteHandler:
        readers = _readers(function)

        async def handle(request: Request[Any, Any, Any]) -> Response[Any]:
            parts = {name: read(request.path_params[name]) for name, read in readers.items()}
            return await function(visit_of(request.scope), **parts)

        handle.__name__, handle.__doc__, handle.__module__ = function.__name__, function.__doc__, function.__module__
        opt = {"access": access, "function": function}
        return route(typed, http_method=method, opt=opt, status_code=200, **options)(handle)

    return register


def _readers(function: Handler) -> dict[str, Callable[[str], object]]:
    """How each part of the address is read: `id: UUID` from its short form, `number: int` from figures."""
    readers: dict[type, Callable[[str], object]] = {UUID: ids.parse, int: _number, str: str}
    parameters = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    return {p.name: readers[p.annotation] for p in parameters}


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise NotFound
    return int(text)


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Read the mark, then for every change the token. Runs before every handler."""
    request = cast("Request[Any, Any, Any]", connection)
    visit = visit_of(request.scope)
    visit.request = request
    access: Access = handler.opt["access"]
    _admit(visit, access)
    if access is not WEBHOOK and visit.person is not None and visit.person.is_limited:
        _check_limits(visit)
    if visit.method != "GET" and access is not WEBHOOK:
        await _check_token(visit)


def _admit(visit: Visit, access: Access) -> None:
    if access is DEMO and not visit.settings.is_demo:
        raise NotFound
    if access is STAFF and (visit.person is None or not visit.person.is_staff):
        raise NotFound
    if access is FINANCE and (visit.person is None or not visit.person.is_finance):
        raise NotFound
    if access is BOOKS and (visit.person is None or visit.person.staff_role is None):
        raise NotFound
    if access is USER:
        _ = visit.user
    if access is EMPLOYER:
        _ = visit.organisation
    if access is FREELANCER and visit.user.handle is None:
        raise NotAllowed(N_("This is for freelancers. Fill in your profile first."))


def _check_limits(visit: Visit) -> None:
    """Who is limited reaches her money, her data, what was decided and her appeal: nobody loses what she earned."""
    if not any(visit.path == path or visit.path.startswith(f"{path}/") for path in ALWAYS_OPEN):
        raise Limited


async def _check_token(visit: Visit) -> None:
    if not csrf.comes_from_us(visit.headers):
        raise CrossSite
    token: object = visit.headers.get(csrf.HEADER)
    posted = FormMultiDict() if token is not None else await _posted(visit)
    if token is None:
        token = posted.get(csrf.FIELD)
    if not isinstance(token, str) or not visit.csrf_tokens.accepts(token):
        await posted.close()  # Litestar closes uploads only after a handler ran
        raise CrossSite


async def _posted(visit: Visit) -> FormMultiDict:
    try:
        return await visit.posted()
    except (SerializationException, UnicodeDecodeError):
        return FormMultiDict()


def unmarked(handlers: list[BaseRouteHandler]) -> list[str]:
    """The handlers without a mark. OPTIONS handlers are Litestar's own; the front never lets such a request through."""
    return [
        str(handler)
        for handler in handlers
        if not isinstance(handler.opt.get("access"), Access)
        and not (isinstance(handler, HTTPRouteHandler) and handler.http_methods == {HttpMethod.OPTIONS})
    ]
