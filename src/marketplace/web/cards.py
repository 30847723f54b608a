"""Rows of the domain as the cards of templates/components/cards.html show them."""

import re
from dataclasses import dataclass
from datetime import datetime

from marketplace.discovery.jobs import JobRow
from marketplace.discovery.listing import GigRow, PersonRow
from marketplace.identity.employers.rules import LEVELS, ZONE
from marketplace.kernel.i18n import N_, translations
from marketplace.kernel.money import Money
from marketplace.postings.terms import LEVEL_WORDS, TYPE_WORDS
from marketplace.talent.queries import EvidencedSkill

_MARK_WORDS = {"first_paid": LEVELS["first_paid"][0], "zone": ZONE[0]}
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKS = re.compile(
    r"(?m)^\s{0,3}(?:#{1,6}\s+|>\s?|[-*+]\s+|\d+[.)]\s+|(?:[-*_]\s*){3,}$)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class GigCard:
    """A gig, job or internship in a list, its words in the reader's language; `about`: kind, level, time of a job;
    the level of a gig."""

    title: str
    href: str
    organisation: str
    price_low: Money
    price_high: Money
    pricing: str
    is_remote: bool
    place: str | None
    published_at: datetime
    answer_by: datetime | None
    excerpt: str
    skills: tuple[str, ...]
    reasons: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    employer_marks: tuple[str, ...] = ()
    proposals: int | None = None
    status: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonCard:
    """A freelancer in a list, her words as she wrote them."""

    name: str
    initials: str
    href: str
    headline: str
    place: str | None
    rate: Money
    hours_a_week: int
    excerpt: str
    skills: tuple[EvidencedSkill, ...]
    reasons: tuple[str, ...] = ()
    picture: str | None = None
    away_until: datetime | None = None


def card_of(row: object, locale: str) -> object:
    """The card of a row; what is a card already stays one."""
    if isinstance(row, GigRow):
        return gig_card(row, locale)
    return person_card(row, locale) if isinstance(row, PersonRow) else row


def gig_card(row: GigRow, locale: str, *, reasons: tuple[str, ...] = ()) -> GigCard:
    """`reasons`: why it fits the reader, said already."""
    return GigCard(
        title=row.title,
        href=f"{'/jobs' if isinstance(row, JobRow) else '/gigs'}/{row.slug}",
        organisation=row.organisation,
        price_low=row.pay_min,
        price_high=row.pay_max,
        pricing=row.pay_kind,
        is_remote=row.is_remote,
        place=row.place(locale) or (row.town_part if isinstance(row, JobRow) else None),
        published_at=row.published_at,
        answer_by=row.answer_by,
        excerpt=plain(row.excerpt),
        skills=tuple(skill.name(locale) for skill in row.skills),
        reasons=reasons,
        about=_about(row, locale),
        employer_marks=tuple(translations(locale).gettext(_MARK_WORDS[mark]) for mark in row.employer_marks),
    )


def _about(row: GigRow, locale: str) -> tuple[str, ...]:
    say = translations(locale).gettext
    if not isinstance(row, JobRow):
        return (say(LEVEL_WORDS[row.level]),) if row.level else ()
    kind = N_("Internship") if row.kind == "internship" else N_("Job")
    women = [N_("Only women may apply")] if row.is_women_only else []
    return tuple(say(word) for word in (kind, TYPE_WORDS[row.type], LEVEL_WORDS[row.level], *women))


def person_card(row: PersonRow, locale: str, *, reasons: tuple[str, ...] = ()) -> PersonCard:
    """`reasons`: why she fits the gig, said already."""
    return PersonCard(
        name=row.name,
        initials=initials(row.name),
        href=f"/people/{row.handle}",
        headline=row.headline,
        place=row.place(locale),
        rate=row.rate,
        hours_a_week=row.hours_a_week,
        excerpt=plain(row.excerpt),
        skills=row.skills,
        reasons=reasons,
        picture=f"/people/{row.handle}/photo?width=160" if row.has_photo else None,
        away_until=row.away_until,
    )


def initials(name: str) -> str:
    """AK for Ayesha Khan."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def plain(markdown: str) -> str:
    """Markdown in one line without its marks, for an excerpt. What it returns is text, not HTML."""
    return " ".join(_MARKS.sub("", _LINK.sub(r"\1", markdown)).split())
