"""A live posting as schema.org JobPosting, for search engines (https://schema.org/JobPosting).

A data block in the page: browsers run nothing of it, so the content security policy stays as it is.
"""

from datetime import datetime
from typing import Any

import msgspec
from markupsafe import Markup

from marketplace.kernel import ids
from marketplace.kernel.money import Money
from marketplace.postings.queries import PostingView
from marketplace.web.i18n import markdown

_UNITS = {"hourly": "HOUR", "monthly": "MONTH", "yearly": "YEAR"}
_TYPES = {"full_time": "FULL_TIME", "part_time": "PART_TIME", "temporary": "TEMPORARY"}
_COUNTRY = "Pakistan"
_COUNTRY_CODE = "PK"
_ESCAPED = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def script(posting: PostingView, *, base_url: str, at: datetime) -> Markup:
    """The element for the head of a posting's page; nothing for one that takes no answers now."""
    if not posting.takes_proposals(at):
        return Markup("")
    return element(job_posting(posting, base_url=base_url))


def element(said: dict[str, Any]) -> Markup:
    """The element that says this to search engines."""
    text = msgspec.json.encode(said).decode()
    for letter, escaped in _ESCAPED.items():
        text = text.replace(letter, escaped)
    return Markup(f'<script type="application/ld+json">{text}</script>')  # noqa: S704 - no way out of the element


def job_posting(posting: PostingView, *, base_url: str) -> dict[str, Any]:
    """What it says, in the words of schema.org; what is not known is left out."""
    assert posting.published_at is not None and posting.closes_at is not None
    path = "gigs" if posting.kind == "gig" else "jobs"
    said: dict[str, Any] = {
        "@context": "https://schema.org/",
        "@type": "JobPosting",
        "title": posting.title,
        "description": str(markdown(posting.description)),
        "identifier": {
            "@type": "PropertyValue",
            "name": posting.organisation_name,
            "value": ids.short(posting.id),
        },
        "datePosted": posting.published_at.isoformat(),
        "validThrough": posting.closes_at.isoformat(),
        "employmentType": _employment_type(posting),
        "hiringOrganization": {"@type": "Organization", "name": posting.organisation_name},
        "url": f"{base_url}/{path}/{posting.slug}",
        "directApply": True,
        **_where(posting),
        **_pay(posting),
        **_terms(posting),
    }
    if posting.skills:
        said["skills"] = ", ".join(skill.name_en for skill in posting.skills)
    return said


def _employment_type(posting: PostingView) -> str:
    if posting.terms is None:
        return "CONTRACTOR"
    return "INTERN" if posting.kind == "internship" else _TYPES[posting.terms.type]


def _where(posting: PostingView) -> dict[str, Any]:
    if posting.is_remote:
        country = {"@type": "Country", "name": _COUNTRY}
        return {"jobLocationType": "TELECOMMUTE", "applicantLocationRequirements": country}
    address = {"@type": "PostalAddress", "addressLocality": posting.district_en, "addressCountry": _COUNTRY_CODE}
    return {"jobLocation": {"@type": "Place", "address": address}}


def _pay(posting: PostingView) -> dict[str, Any]:
    """A price for a whole work has no unit of time, which a salary must have: it is left out."""
    unit = _UNITS.get(posting.pay_kind)
    if unit is None:
        return {}
    low, high = _number(posting.pay_min), _number(posting.pay_max)
    value = {"value": low} if low == high else {"minValue": low, "maxValue": high}
    salary = {"@type": "QuantitativeValue", **value, "unitText": unit}
    return {"baseSalary": {"@type": "MonetaryAmount", "currency": posting.currency, "value": salary}}


def _number(money: Money) -> int | float:
    return int(money.decimal) if money.decimal == int(money.decimal) else float(money.decimal)


def _terms(posting: PostingView) -> dict[str, Any]:
    if posting.terms is None:
        return {}
    said: dict[str, Any] = {
        "totalJobOpenings": posting.terms.openings,
        "workHours": f"{posting.terms.hours_a_week} hours a week",
    }
    if posting.terms.starts_on is not None:
        said["jobStartDate"] = posting.terms.starts_on.isoformat()
    return said
