"""A document as an engine stores it: folded texts, keywords, whole numbers; what is empty is left out."""

from collections.abc import Sequence
from typing import Any, cast

from marketplace.engines.search.filters import Value
from marketplace.engines.search.folding import searchable
from marketplace.engines.search.protocol import Document
from marketplace.engines.search.settings import IndexSettings


def flat(settings: IndexSettings, document: Document) -> dict[str, Any]:
    """The document as Meilisearch gets it: booleans stay what they are, fields without a value are not there."""
    expect_known(settings, document)
    fields: dict[str, Any] = {"id": str(document["id"])}
    fields |= {field: searchable(document.get(field.removesuffix("_s"))) for field in settings.searchable}
    for field in (settings.keywords | settings.numbers) - {"id"}:
        value = document.get(field)
        if value is not None and value != [] and value != ():
            fields[field] = value
    return fields


def keywords(value: Any) -> Sequence[Value]:
    """One or several values as a list; None is none."""
    values = cast("Sequence[Value | None]", value if isinstance(value, list | tuple) else (value,))
    return [each for each in values if each is not None]


def expect_known(settings: IndexSettings, document: Document) -> None:
    """A field that the settings do not name is a bug of the domain that made the document."""
    texts = {field.removesuffix("_s") for field in settings.searchable}
    unknown = document.keys() - texts - settings.keywords - settings.numbers - {"id"}
    assert not unknown, f"search/indexes/{settings.name}.json does not know {sorted(unknown)}"
