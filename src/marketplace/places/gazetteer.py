"""Districts and parks as they lie in search/places.toml, in the order in which forms show them."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from math import asin, cos, radians, sin, sqrt

from marketplace.kernel.paths import resource

_EARTH_KM = 6_371.0


@dataclass(frozen=True, slots=True)
class DistrictEntry:
    """A district or city. South Punjab is the divisions of Multan, Bahawalpur and Dera Ghazi Khan.

    `at`: latitude and longitude of its chief town in degrees.
    """

    slug: str
    name_en: str
    name_ur: str
    province: str
    is_south_punjab: bool
    at: tuple[float, float]
    aliases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParkEntry:
    """A technology park or e-Rozgaar centre."""

    slug: str
    name_en: str
    name_ur: str
    district: str
    aliases: tuple[str, ...]


@cache
def read_places() -> tuple[tuple[DistrictEntry, ...], tuple[ParkEntry, ...]]:
    """All districts (South Punjab first) and all parks (Dhanote IT Park first)."""
    content = tomllib.loads((resource("search") / "places.toml").read_text(encoding="utf-8"))
    districts = tuple(
        DistrictEntry(
            slug=row["slug"],
            name_en=row["en"],
            name_ur=row["ur"],
            province=row["province"],
            is_south_punjab=row["south_punjab"],
            at=(row["at"][0], row["at"][1]),
            aliases=tuple(row["aliases"]),
        )
        for row in content["district"]
    )
    parks = tuple(
        ParkEntry(
            slug=row["slug"],
            name_en=row["en"],
            name_ur=row["ur"],
            district=row["district"],
            aliases=tuple(row["aliases"]),
        )
        for row in content["park"]
    )
    return districts, parks


def districts_within(slugs: Iterable[str], km: float) -> tuple[str, ...]:
    """All districts whose chief town is at most so far from that of one of these, these among them; unknown: none."""
    names = _names()
    centres = [names[slug].at for slug in slugs if slug in names]
    return tuple(each.slug for each in names.values() if any(distance(each.at, at) <= km for at in centres))


def distance(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Kilometres along the great circle between two places in degrees (haversine; a sphere of 6,371 km)."""
    (lat, lon), (lat_other, lon_other) = (tuple(map(radians, each)) for each in (one, other))
    half = sin((lat_other - lat) / 2) ** 2 + cos(lat) * cos(lat_other) * sin((lon_other - lon) / 2) ** 2
    return 2 * _EARTH_KM * asin(sqrt(half))


@cache
def _names() -> dict[str, DistrictEntry]:
    return {entry.slug: entry for entry in read_places()[0]}


def place_name(slug: str | None, locale: str) -> str | None:
    """The name of a district in the reader's language; None for none."""
    entry = _names().get(slug or "")
    if entry is None:
        return slug
    return entry.name_ur if locale == "ur" else entry.name_en


def district_named(text: str) -> str | None:
    """The slug of the district that "Multan", "Shah Rukn-e-Alam, Multan" or "ملتان" names, None for others."""
    names = _district_names()
    return next((names[part] for part in _parts(text) if part in names), None)


@cache
def _district_names() -> dict[str, str]:
    districts, _ = read_places()
    every = ((name, each.slug) for each in districts for name in (each.slug, each.name_en, each.name_ur, *each.aliases))
    return {name.casefold(): slug for name, slug in every}


def _parts(text: str) -> list[str]:
    return [part.strip().casefold() for part in (text, *text.replace("،", ",").split(","))]
