"""Outside issuers of certificates as they lie in search/issuers.toml. No database here."""

import tomllib
from dataclasses import dataclass
from functools import cache

from marketplace.kernel.paths import resource


@dataclass(frozen=True, slots=True)
class OutsideIssuer:
    """Who certifies without acting here. `check` is where a number is looked up, `source` where this was read."""

    slug: str
    name: str
    about: str
    website: str
    check: str
    source: str


@cache
def outside_issuers() -> dict[str, OutsideIssuer]:
    """All of them by slug, in the order of the file. An organisation's slug never is one of these: it ends in letters
    of its id."""
    entries = tomllib.loads((resource("search") / "issuers.toml").read_text(encoding="utf-8"))
    return {slug: OutsideIssuer(slug=slug, **entry) for slug, entry in entries.items()}


def outside_name(slug: str | None) -> str | None:
    """Its name; None for what is no outside issuer."""
    issuer = outside_issuers().get(slug) if slug else None
    return issuer.name if issuer else None
