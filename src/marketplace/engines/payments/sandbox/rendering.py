"""Pages of the sandbox as HTML: its own Jinja environment, English only, no script."""

from decimal import Decimal
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.response import Redirect

from marketplace.kernel.paths import resource

HEADERS = {
    "Cache-Control": "no-store",
    # No form-action: browsers would stop the redirect from the form back to the shop.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(resource("templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def page(template: str, *, status: int = 200, **values: Any) -> Response[Any]:
    """A page of templates/sandbox/."""
    html = _environment().get_template(f"sandbox/{template}").render(values)
    return Response(content=html, status_code=status, media_type="text/html", headers=HEADERS)


def closed_page(heading: str, words: str, *, back: str | None = None, status: int) -> Response[Any]:
    """Why there is nothing to do here, and the way out."""
    return page("closed.html", status=status, heading=heading, words=words, back=back)


def to(url: str) -> Response[Any]:
    """Lead the browser on."""
    return Redirect(url, status_code=303, headers=HEADERS)


def stylesheet() -> str:
    return (resource("templates") / "sandbox" / "sandbox.css").read_text(encoding="utf-8")


def money(amount_minor: int, currency: str) -> str:
    """`USD 1,250.00`"""
    return f"{currency.upper()} {Decimal(amount_minor) / 100:,.2f}"
