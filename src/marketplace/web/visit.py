"""One request as a handler sees it: who, in which language, at what time, and the doors to the database."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar, cast
from zoneinfo import ZoneInfo

from litestar import Request
from litestar.datastructures import Cookie, FormMultiDict, MultiDict
from litestar.types import HTTPScope

from marketplace.identity import submissions
from marketplace.identity.queries import HatOrganisation, SignedIn
from marketplace.kernel.config import Settings
from marketplace.kernel.database import Database, ReadSession, Session
from marketplace.kernel.errors import NotAllowed, SignInNeeded
from marketplace.kernel.i18n import N_, direction
from marketplace.kernel.queue import Services
from marketplace.web.csrf import CsrfTokens
from marketplace.web.forms import CreatingForm, Form
from marketplace.web.site import Site

F = TypeVar("F", bound=Form)
SECRET_PATHS = (
    *("/verify-email/", "/reset-password/", "/account/address/", "/unsubscribe/"),
    *("/recover/", "/join/", "/certificates/claim/", "/tickets/", "/booths/", "/follow-ups/"),
)
"""Addresses that end in a secret."""


@dataclass(slots=True)
class Submission:
    """A creating form inside its one transaction. `location` is where its result is: all that a second click learns."""

    db: Session
    is_first: bool
    location: str


@dataclass(slots=True)
class Visit:
    """What a handler may know about the request, and the doors it may open."""

    site: Site
    scope: HTTPScope
    now: datetime
    headers: dict[str, str]
    cookies: dict[str, str]
    locale: str = "en"
    person: SignedIn | None = None
    session_secret: str = ""
    cookies_to_set: list[Cookie] = field(default_factory=list[Cookie])
    _request: Request[Any, Any, Any] | None = None
    _nonce: str = ""
    _visitor_id: str = ""

    # -- who

    @property
    def user(self) -> SignedIn:
        """Who is signed in. Raises: SignInNeeded."""
        if self.person is None:
            raise SignInNeeded
        return self.person

    @property
    def organisation(self) -> HatOrganisation:
        """For which organisation she acts. Raises: NotAllowed when she belongs to none."""
        found = self.user.organisation
        if found is None:
            raise NotAllowed(N_("This is for people who hire. Post a gig and you are one of them."))
        return found

    @property
    def is_signed_in(self) -> bool:
        return self.person is not None

    # -- where and when

    @property
    def path(self) -> str:
        return self.scope["path"]

    @property
    def address(self) -> str:
        """Path and query, to come back to."""
        query = self.scope["query_string"].decode("latin-1")
        return f"{self.path}?{query}" if query else self.path

    @property
    def logged_path(self) -> str:
        """The path on one line of a log, without the secret of a mailed link."""
        path = self.path.encode("unicode_escape").decode("ascii")
        secret_free = next((prefix for prefix in SECRET_PATHS if path.startswith(prefix)), None)
        return f"{secret_free}…" if secret_free else path

    @property
    def method(self) -> str:
        return self.scope["method"]

    @property
    def direction(self) -> str:
        return direction(self.locale)

    @property
    def zone(self) -> ZoneInfo:
        """The reader's time zone; Karachi for visitors."""
        return ZoneInfo(self.person.time_zone if self.person else "Asia/Karachi")

    @property
    def ip(self) -> str:
        """The caller's address. Behind https a proxy stands in front of us and appends it to X-Forwarded-For."""
        if self.settings.is_secure and (chain := self.headers.get("x-forwarded-for")):
            return chain.rsplit(",", 1)[-1].strip()
        client = self.scope["client"]
        return client[0] if client else ""

    # -- what was sent

    @property
    def request(self) -> Request[Any, Any, Any]:
        if self._request is None:
            self._request = Request(self.scope)
        return self._request

    @request.setter
    def request(self, request: Request[Any, Any, Any]) -> None:
        self._request = request

    @property
    def query(self) -> MultiDict[str]:
        """The query of the address: `visit.query.get("q", "")`, `visit.query.getall("skill", [])`."""
        return cast("MultiDict[str]", self.request.query_params)

    async def posted(self) -> FormMultiDict:
        """What a form sent, unparsed."""
        return await self.request.form()

    async def form(self, kind: type[F], **options: Any) -> F:
        """A form filled with what was posted. `options` go to WTForms (obj=, data=)."""
        return kind(await self.posted(), locale=self.locale, zone=self.zone, **options)

    def blank(self, kind: type[F], **options: Any) -> F:
        """A form to be filled in; `obj=` or `data=` give the values it starts with."""
        return kind(None, locale=self.locale, zone=self.zone, **options)

    @property
    def is_htmx(self) -> bool:
        """Asked for by htmx, to be swapped into a part of the page."""
        return self.headers.get("hx-request") == "true" and self.headers.get("hx-request-type") != "full"

    # -- doors

    @property
    def settings(self) -> Settings:
        return self.site.settings

    @property
    def services(self) -> Services:
        return self.site.services

    @property
    def database(self) -> Database:
        return self.services[Database]

    def read(self, *, fresh: bool = False) -> AbstractAsyncContextManager[ReadSession]:
        """`async with visit.read() as db:` a read-only session; `fresh` never asks a replica."""
        return self.database.read(fresh=fresh)

    def write(self) -> AbstractAsyncContextManager[Session]:
        """`async with visit.write() as db:` the one transaction of this request; make the answer after the block."""
        return self.database.write.begin()

    @asynccontextmanager
    async def submit(self, form: CreatingForm, *, back: str = "/") -> AsyncIterator[Submission]:
        """The one transaction of a creating form, at most once however often it is sent.

        Do the work only `if step.is_first` and set `step.location`; the second sending waits for the first, then
        finds its location. `back` is where a second sending goes when the first left no location.
        """
        by = self.person.id if self.person else None
        async with self.write() as db:
            known = await submissions.claim(db, form.submission_id, by=by, at=self.now)
            step = Submission(db, is_first=known is None, location=known or back)
            yield step
            if step.is_first:
                await submissions.finish(db, form.submission_id, location=step.location)

    # -- what the answer carries

    @property
    def nonce(self) -> str:
        """Allows the one inline style of this answer."""
        if not self._nonce:
            self._nonce = secrets.token_urlsafe(12)
        return self._nonce

    @property
    def nonce_if_used(self) -> str:
        return self._nonce

    @property
    def csrf_tokens(self) -> CsrfTokens:
        """Bound to the session, or to the id of an anonymous visitor."""
        return CsrfTokens(self.settings.secret_key, self.session_secret if self.person else self.visitor_id)

    @property
    def csrf_token(self) -> str:
        return self.csrf_tokens.make()

    @property
    def visitor_id(self) -> str:
        """A random id of an anonymous browser, for CSRF only; its cookie is made when first needed."""
        if not self._visitor_id:
            self._visitor_id = self.cookie("visitor")
        if not self._visitor_id:
            self._visitor_id = secrets.token_urlsafe(16)
            self.set_cookie("visitor", self._visitor_id, max_age=None)
        return self._visitor_id

    def cookie(self, name: str) -> str:
        """The value of one of our cookies, "" without it."""
        return self.cookies.get(self.site.cookie_name(name), "")

    def set_cookie(self, name: str, value: str, *, max_age: int | None) -> None:
        """Send a cookie with this answer, whatever it will be. `max_age` in seconds; None: until the browser closes."""
        self.cookies_to_set = [c for c in self.cookies_to_set if c.key != self.site.cookie_name(name)]
        self.cookies_to_set.append(
            Cookie(
                key=self.site.cookie_name(name),
                value=value,
                max_age=max_age,
                path="/",
                secure=self.settings.is_secure,
                httponly=True,
                samesite="lax",
            )
        )

    def drop_cookie(self, name: str) -> None:
        self.set_cookie(name, "", max_age=0)


def visit_of(scope: HTTPScope) -> Visit:
    """The visit that app.py made for this request."""
    return cast(Visit, cast("dict[str, Any]", scope)["visit"])
