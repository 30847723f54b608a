"""Cards of lists, drawn once: the same card in the same words is the same HTML for everybody.

A first page draws twenty of them, which is half its cost (bench/gigs.py). What is kept is a pure function of the key;
nothing has to be thrown away when a row changes, since the changed row is another key.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from marketplace.engines.search.highlight import highlight
from marketplace.web.cards import card_of
from marketplace.web.i18n import relative

MOST = 2_000
_CARDS = "components/cards.html"


def drawing(locale: str) -> Callable[..., Markup]:
    """`drawn("posting", row, level, words)` for the templates of one language: a macro's HTML for a row or its card.

    What was searched for is marked in its title afterwards, so that a card is the same for all words.
    """
    kept: OrderedDict[Hashable, Markup] = OrderedDict()

    @pass_context
    def drawn(context: Context, macro: str, row: Any, level: int = 2, words: str = "") -> Markup:
        key = _key(context, macro, row, level)
        if (found := kept.get(key)) is None:
            found = kept[key] = _draw(context, macro, card_of(row, locale), level)
            if len(kept) > MOST:
                kept.popitem(last=False)
        return _with_marks(found, words) if words else found

    return drawn


def marked(text: str, words: str) -> Markup:
    """The text with what was searched for marked in it, escaped first."""
    pieces = (
        f"<mark>{escape(each.text)}</mark>" if each.is_hit else escape(each.text) for each in highlight(text, words)
    )
    return Markup("".join(pieces))  # noqa: S704 - each piece is escaped


def _with_marks(card: Markup, words: str) -> Markup:
    """The title of a card is the text of its first link."""
    html = str(card)
    begin = html.index(">", html.index("<a ")) + 1
    end = html.index("</a>", begin)
    title = marked(Markup(html[begin:end]).unescape(), words)  # noqa: S704 - escaped when it was drawn
    return Markup(f"{html[:begin]}{title}{html[end:]}")  # noqa: S704 - nothing was added but the marks


def _key(context: Context, macro: str, row: Any, level: int) -> Hashable:
    """All that the HTML depends on: the row, where the reader is, and of the time what is said of it."""
    published, away = getattr(row, "published_at", None), getattr(row, "away_until", None)
    time = relative(context, published) if published else bool(away and away > context["now"])
    return macro, level, context.get("zone"), time, row


def _draw(context: Context, macro: str, card: Any, level: int) -> Markup:
    macros = context.environment.get_template(_CARDS).make_module(context.get_all())
    return getattr(macros, macro)(card, level)
