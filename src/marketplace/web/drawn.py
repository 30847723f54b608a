"""Cards of lists, drawn once: the same card in the same words is the same HTML for everybody.

A first page draws twenty of them, which is half its cost (bench/gigs.py). What is kept is a pure function of the key;
nothing has to be thrown away when a row changes, since the changed row is another key.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import fields
from functools import cache
from typing import Any
from weakref import WeakKeyDictionary

from jinja2 import pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from markupsafe import Markup

from marketplace.web.i18n import relative

MOST = 2_000
_CARDS = "components/cards.html"
_macros: WeakKeyDictionary[Context, TemplateModule] = WeakKeyDictionary()
"""By the page that is being drawn, and gone with it."""


def drawing() -> Callable[..., Markup]:
    """`drawn("posting", card, level)` for the templates of one language: a macro's HTML for a frozen dataclass."""
    kept: OrderedDict[Hashable, Markup] = OrderedDict()

    @pass_context
    def drawn(context: Context, macro: str, card: Any, level: int = 2) -> Markup:
        key = _key(context, macro, card, level)
        if key is None:
            return _draw(context, macro, card, level)
        if (found := kept.get(key)) is None:
            found = kept[key] = _draw(context, macro, card, level)
            if len(kept) > MOST:
                kept.popitem(last=False)
        return found

    return drawn


def _key(context: Context, macro: str, card: Any, level: int) -> Hashable | None:
    """All that the HTML depends on. None for a card with marked words: Markup equals the plain text it looks like."""
    if any(isinstance(getattr(card, name), Markup) for name in _names(card.__class__)):
        return None
    said = relative(context, card.published_at) if hasattr(card, "published_at") else ""
    return macro, level, context.get("zone"), said, card


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


def _draw(context: Context, macro: str, card: Any, level: int) -> Markup:
    """The macros are made once for all cards of a list: that costs as much as to draw one."""
    if (macros := _macros.get(context)) is None:
        macros = _macros[context] = context.environment.get_template(_CARDS).make_module(context.get_all())
    return getattr(macros, macro)(card, level)
