"""Believable things for /dev/components: what each macro shows, without a database."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from litestar.datastructures import FormMultiDict
from wtforms import BooleanField, MultipleFileField, RadioField, SelectField, StringField, TextAreaField

from marketplace.escrow.rails.quotes import Rate
from marketplace.kernel.i18n import N_
from marketplace.kernel.money import Money
from marketplace.talent.evidence import EvidencedSkill, Proof
from marketplace.web.cards import GigCard, PersonCard
from marketplace.web.forms import Form, Length, MoneyField, Required, SkillsField

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)


class SampleForm(Form):
    """One field of each kind."""

    title = StringField(
        N_("Title"), [Required(), Length(max=120)], description=N_("Say what you want done, in one line.")
    )
    description = TextAreaField(
        N_("Description"), [Length(max=5000)], description=N_("Markdown works: lists, links, emphasis.")
    )
    category = SelectField(N_("Field of work"), choices={"web": N_("Web and apps"), "design": N_("Design")})
    pricing = RadioField(
        N_("How do you pay?"), choices={"fixed": N_("A fixed price"), "hourly": N_("By the hour")}, default="fixed"
    )
    price = MoneyField(N_("Price"), description=N_("You pay this in before work begins. It is held until you accept."))
    remote = BooleanField(N_("Can be done from anywhere"), default=True)
    skills = SkillsField(N_("Skills"))
    files = MultipleFileField(N_("Files"))


_PROOFS = (
    Proof(kind="certified", at=NOW - timedelta(days=40), issuer="e-Rozgaar", href="/dev/components"),
    Proof(kind="earned", at=NOW - timedelta(days=9), count=2),
)


def sample(locale: str) -> dict[str, Any]:
    """Context of templates/dev/components.html."""
    typed = FormMultiDict([("bad-title", ""), ("bad-price", "forty"), ("bad-pricing", "barter")])
    refused = SampleForm(typed, locale=locale, prefix="bad-")
    refused.validate()
    return {
        "form": SampleForm(locale=locale, prefix="ok-"),
        "refused": refused,
        "chosen": [
            SimpleNamespace(slug="figma", name="Figma"),
            SimpleNamespace(slug="urdu-typing", name="Urdu typing"),
        ],
        "postings": _postings(),
        "people": _people(),
        "events": _events(),
        "facets": _facets(),
        "evidenced": EvidencedSkill("html", "HTML", "ایچ ٹی ایم ایل", "certified", "e-Rozgaar", 2, _PROOFS),
        "due": NOW + timedelta(days=3, hours=4),
        "past": NOW - timedelta(hours=5),
        "months": [
            (month, value, Money(value * 100, "USD"))
            for month, value in (("Jun", 120), ("Jul", 340), ("Aug", 280), ("Sep", 610), ("Oct", 540), ("Nov", 905))
        ],
        "money": {
            **{"gross": Money(50_000_00, "PKR"), "net": Money(45_000_00, "PKR"), "fee": Money(5_000_00, "PKR")},
            **{"dollars": Money(180_00, "USD"), "rate": Rate("USD", "PKR", Decimal("278.50"), NOW.date(), "SBP")},
        },
        "flashes_shown": [
            SimpleNamespace(tone="good", text=N_("The gig is published. People find it within five seconds.")),
            SimpleNamespace(tone="waiting", text=N_("Confirm your e-mail address before you send a proposal.")),
            SimpleNamespace(tone="danger", text=N_("The card was declined. Nothing was taken. Try another card.")),
        ],
    }


def _postings() -> list[GigCard]:
    common: dict[str, Any] = {
        "organisation": "AgriTrack",
        "published_at": NOW - timedelta(hours=3),
        "answer_by": NOW + timedelta(days=6),
    }
    return [
        GigCard(
            title="Crop calendar for growers' phones, in Urdu and Saraiki",
            href="/gigs/crop-calendar",
            price_low=Money(450_00, "USD"),
            price_high=Money(700_00, "USD"),
            pricing="fixed",
            is_remote=True,
            place=None,
            excerpt="A small web app that shows sowing and spraying dates for cotton and wheat by tehsil. "
            "The data is there as CSV; the pages must open on a cheap phone with a slow line.",
            skills=("JavaScript", "Responsive design", "Urdu typing", "PWA", "CSV", "Testing", "Leaflet"),
            reasons=("4 of 6 skills are yours", "Your rate lies within the price", "You did 2 contracts like it"),
            proposals=4,
            status="open",
            **common,
        ),
        GigCard(
            title="Bookkeeping of a dairy shop, each month",
            href="/gigs/bookkeeping",
            price_low=Money(6_00, "USD"),
            price_high=Money(6_00, "USD"),
            pricing="hourly",
            place="Multan",
            is_remote=False,
            excerpt="",
            skills=("Bookkeeping", "Excel"),
            proposals=0,
            status="paused",
            **common,
        ),
    ]


def _people() -> list[PersonCard]:
    return [
        PersonCard(
            name="Ayesha Siddiqui",
            initials="AS",
            href="/people/ayesha",
            headline="Front-end developer, Urdu interfaces",
            place="Multan",
            rate=Money(12_00, "USD"),
            hours_a_week=30,
            excerpt="I build light pages that work on cheap phones and read well from right to left.",
            skills=(
                EvidencedSkill("react", "React", "ری ایکٹ", "earned", None, 5),
                EvidencedSkill("css", "CSS", "سی ایس ایس", "certified", "e-Rozgaar", 0),
                EvidencedSkill("figma", "Figma", "فگما", "tested", None, 0),
                EvidencedSkill("leaflet", "Leaflet", "لیف لیٹ", "claimed", None, 0),
            ),
            reasons=("Has all 4 skills you ask for", "Free 30 hours a week"),
        ),
        PersonCard(
            name="",
            initials="",
            href="/people/b",
            headline="Bookkeeper for small shops",
            place="Bahawalpur",
            rate=Money(6_00, "USD"),
            hours_a_week=0,
            excerpt="",
            skills=(EvidencedSkill("bookkeeping", "Bookkeeping", "کھاتے", "claimed", None, 0),),
        ),
    ]


def _events() -> list[SimpleNamespace]:
    return [
        SimpleNamespace(at=NOW - timedelta(days=9), tone="idle", text="Bilal accepted Ayesha's proposal.", who="Bilal"),
        SimpleNamespace(at=NOW - timedelta(days=8), tone="active", text="USD 450 paid in and held for milestone 1."),
        SimpleNamespace(
            at=NOW - timedelta(days=2), tone="waiting", text="Delivered: prototype.", detail="prototype.zip, 2.4 MB"
        ),
        SimpleNamespace(at=NOW - timedelta(hours=2), tone="good", text="Released: USD 405 to Ayesha, fee USD 45."),
    ]


def _facets() -> list[SimpleNamespace]:
    def option(value: str, label: str, count: int | None, *, chosen: bool = False) -> SimpleNamespace:
        return SimpleNamespace(value=value, label=label, count=count, chosen=chosen)

    skills = [
        "React",
        "Figma",
        "Excel",
        "WordPress",
        "Python",
        "Urdu typing",
        "SEO",
        "Video editing",
        "Laravel",
        "Tiles",
    ]
    return [
        SimpleNamespace(
            name="pricing",
            label=N_("Price"),
            options=[option("fixed", "Fixed price", 28, chosen=True), option("hourly", "By the hour", 14)],
        ),
        SimpleNamespace(
            name="skill", label=N_("Skill"), options=[option(s.lower(), s, 12 - i) for i, s in enumerate(skills)]
        ),
    ]
