"""Cards of lists, drawn once: the same card in the same words is the same HTML for everybody.

A first page draws twenty of them, which is half its cost (bench/gigs.py). What is kept is a pure function of
the key and of the row; nothing has to be thrown away when a row changes, since the changed row is another one.
"""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, NamedTuple

from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup, escape

from marketplace.engines.search.highlight import highlight
from marketplace.web.cards import card_of
from marketplace.web.i18n import relative

MOST = 5_000
"""Cards kept in each language: some 3 KB each."""
_CARDS = "components/cards.html"


class _Drawn(NamedTuple):
    """A card as it was drawn for a row. Its title, the text of its first link, stands between two parts."""

    row: Any
    before: str
    title: str
    after: str


def drawing(locale: str) -> Callable[..., Markup]:
    """`drawn("posting", row, level, words)` for the templates of one language: a macro's HTML for a row or its card.

    What was searched for is marked in its title afterwards, so that a card is the same for all words.
    """
    kept: OrderedDict[Hashable, _Drawn] = OrderedDict()

    @pass_context
    def drawn(context: Context, macro: str, row: Any, level: int = 2, words: str = "") -> Markup:
        key = _key(context, macro, row, level)
        found = kept.get(key)
        if found is None or found.row != row:
            found = kept[key] = _parted(row, _draw(context, macro, card_of(row, locale), level))
            if len(kept) > MOST:
                kept.popitem(last=False)
        title = marked(found.title, words) if words else escape(found.title)
        return Markup(f"{found.before}{title}{found.after}")  # noqa: S704 - drawn, and escaped

    return drawn


def marked(text: str, words: str) -> Markup:
    """The text with what was searched for marked in it, escaped first."""
    pieces = (
        f"<mark>{escape(each.text)}</mark>" if each.is_hit else escape(each.text) for each in highlight(text, words)
    )
    return Markup("".join(pieces))  # noqa: S704 - each piece is escaped


def _parted(row: Any, card: Markup) -> _Drawn:
    html = str(card)
    begin = html.index(">", html.index("<a ")) + 1
    end = html.index("</a>", begin)
    title = Markup(html[begin:end]).unescape()  # noqa: S704 - escaped when it was drawn
    return _Drawn(row, html[:begin], title, html[end:])


def _key(context: Context, macro: str, row: Any, level: int) -> Hashable:
    """All that the HTML depends on but the row itself: where the reader is, and of the time what is said of it."""
    published, away = getattr(row, "published_at", None), getattr(row, "away_until", None)
    time = relative(context, published) if published else bool(away and away > context["now"])
    return macro, level, context.get("zone"), time, getattr(row, "id", row)


def _draw(context: Context, macro: str, card: Any, level: int) -> Markup:
    macros = context.environment.get_template(_CARDS).make_module(context.get_all())
    return getattr(macros, macro)(card, level)
