"""Reviews as pages: write one, reply to one, read those of a person or an organisation; the figure and its inputs."""

import csv
import io
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from wtforms import RadioField, TextAreaField

from marketplace.contracts import queries as contract_queries
from marketplace.contracts.notices import path_of
from marketplace.contracts.queries import ContractView
from marketplace.contracts.reviews import actions, queries, reputation, rules
from marketplace.contracts.reviews.queries import About, Reputation, Reviewing, ReviewView
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.i18n import N_
from marketplace.talent.queries import freelancer_of, profile_view
from marketplace.web import paging
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.acquaintance import is_acquainted
from marketplace.web.employer_card import visible_organisation
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.pages import download, page, redirect
from marketplace.web.visit import Visit

SHOWN = 3
"""Reviews on a profile; the rest has a page of its own."""
_MARKS = {"5": N_("5 very good"), "4": N_("4"), "3": N_("3 fair"), "2": N_("2"), "1": N_("1 bad")}


def _criterion(words: str) -> RadioField:
    return RadioField(words, choices=_MARKS)


class ReviewForm(Form):
    """What both sides write."""

    text = TextAreaField(
        N_("In your own words"),
        [Required(), Length(max=rules.LONGEST_TEXT)],
        filters=[strip],
        description=N_("What went well, what the next one should know. Everybody can read it once it is shown."),
    )
    private_note = TextAreaField(
        N_("A note for our staff only"),
        [Length(max=rules.LONGEST_NOTE)],
        filters=[strip],
        description=N_("The other side never reads it, and it counts nowhere: not in the figure, not in search."),
    )

    def words(self, side: rules.ReviewSide) -> rules.Words:
        """What was written, as the domain takes it."""
        chosen = {name: str(cast(Any, self.field_named(name)).data or "") for name in rules.CRITERIA[side]}
        scores = {name: int(mark) if mark in _MARKS else 0 for name, mark in chosen.items()}
        return rules.Words(scores, self.text.data or "", self.private_note.data or "")


class EmployerReviewForm(ReviewForm):
    """What those who hired say."""

    quality = _criterion(rules.CRITERIA["employer"]["quality"])
    communication = _criterion(rules.CRITERIA["employer"]["communication"])
    time = _criterion(rules.CRITERIA["employer"]["time"])


class FreelancerReviewForm(ReviewForm):
    """What the freelancer says."""

    clarity = _criterion(rules.CRITERIA["freelancer"]["clarity"])
    communication = _criterion(rules.CRITERIA["freelancer"]["communication"])
    fairness = _criterion(rules.CRITERIA["freelancer"]["fairness"])


class ReplyForm(Form):
    """What the reviewed side answers."""

    text = TextAreaField(
        N_("Your reply"),
        [Length(max=rules.LONGEST_REPLY)],
        filters=[strip],
        description=N_("Once, and it stays. It stands beneath the review."),
    )


_FORMS: dict[str, type[ReviewForm]] = {"employer": EmployerReviewForm, "freelancer": FreelancerReviewForm}


@dataclass(frozen=True, slots=True)
class ReviewsPart:
    """What a profile or an organisation's page shows of its reviews (templates/people/_reviews.html)."""

    reputation: Reputation
    rows: list[ReviewView]
    all_href: str


async def reviews_part(db: AnySession, about: About, id: UUID, *, href: str, at: datetime) -> ReviewsPart:
    """The figure and the newest few; `href` is the page they stand on."""
    known = await queries.reputation_of(db, about, id, as_of=at.date())
    rows = await queries.reviews_of(db, about, id, limit=SHOWN) if known.count else []
    return ReviewsPart(known, rows, f"{href}/reviews")


# -- writing, replying


@get("/contracts/{id}/review", USER)
async def show_review(visit: Visit, id: UUID) -> Answer:
    """What is asked of this side, or what was written, as far as this side may read it."""
    async with visit.read() as db:
        contract, reviewing = await _found(db, visit, id)
    mine = reviewing.mine
    data: dict[str, Any] = {"text": mine.text, "private_note": mine.private_note} if mine else {}
    data |= {name: str(mark) for name, mark in mine.scores.items()} if mine else {}
    return _review_page(visit, contract, reviewing, form=visit.blank(_FORMS[contract.side], data=data))


@post("/contracts/{id}/review", USER)
async def write_review(visit: Visit, id: UUID) -> Answer:
    """Write it, or change it while nobody reads it. A second click says the same once more."""
    async with visit.read() as db:
        contract, reviewing = await _found(db, visit, id)
    form = await visit.form(_FORMS[contract.side])
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                row, side = await contract_queries.contract_for(db, id, by=visit.user.id)
                await actions.write_review(db, row, form.words(side), side=side, by=visit.user.id, at=visit.now)
            said = N_("Saved. The other side reads it when both have written, or when the time is over.")
            return redirect(visit, path_of(id), flash=said)
    return _review_page(visit, contract, reviewing, form=form, status=422)


@post("/contracts/{id}/review/reply", USER)
async def reply(visit: Visit, id: UUID) -> Answer:
    """Answer what the other side wrote, once."""
    async with visit.read() as db:
        contract, reviewing = await _found(db, visit, id)
    form = await visit.form(ReplyForm)
    if form.validate():
        with form.catching():
            async with visit.write() as db:
                row, side = await contract_queries.contract_for(db, id, by=visit.user.id)
                await actions.reply(db, row, form.text.data or "", side=side, by=visit.user.id, at=visit.now)
            return redirect(visit, f"{path_of(id)}/review", flash=N_("Your reply stands beneath the review."))
    return _review_page(visit, contract, reviewing, reply_form=form, status=422)


async def _found(db: AnySession, visit: Visit, id: UUID) -> tuple[ContractView, Reviewing]:
    contract = await contract_queries.contract_view(db, id, reader=visit.user.id)
    return contract, await reviewing_of(db, contract, at=visit.now)


async def reviewing_of(db: AnySession, contract: ContractView, *, at: datetime) -> Reviewing:
    """Where the reviews of a contract stand for the side that reads it."""
    return await queries.reviewing(db, contract.id, side=contract.side, ended_at=contract.ended_at, at=at)


def _review_page(
    visit: Visit,
    contract: ContractView,
    reviewing: Reviewing,
    *,
    status: int = 200,
    form: ReviewForm | None = None,
    reply_form: ReplyForm | None = None,
) -> Answer:
    return page(
        visit,
        "reviews/write.html",
        status=status,
        contract=contract,
        reviewing=reviewing,
        criteria=rules.CRITERIA,
        short_criteria=rules.SHORT_CRITERIA,
        form=form or visit.blank(_FORMS[contract.side]),
        reply_form=reply_form or visit.blank(ReplyForm),
    )


# -- reading


@get("/people/{handle}/reviews", PUBLIC)
async def list_of_person(visit: Visit, handle: str) -> Answer:
    """All reviews of a freelancer whose profile this reader may see."""
    reader = visit.person.id if visit.person else None
    async with visit.read() as db:
        known = await is_acquainted(db, handle, reader=reader)
        person = await profile_view(db, handle, reader=reader, is_acquainted=known)
        href = f"/people/{person.handle}"
        return await _list(visit, db, "freelancer", person.id, name=person.name, href=href)


@get("/organisations/{slug}/reviews", PUBLIC)
async def list_of_organisation(visit: Visit, slug: str) -> Answer:
    """All reviews of an organisation."""
    async with visit.read() as db:
        found = await visible_organisation(db, slug, reader=visit.person.id if visit.person else None)
        href = f"/organisations/{found.slug}"
        return await _list(visit, db, "organisation", found.id, name=found.name, href=href)


async def _list(visit: Visit, db: AnySession, about: About, id: UUID, *, name: str, href: str) -> Answer:
    after = cast("tuple[datetime, UUID] | None", paging.decode(visit, datetime, UUID))
    rows = await queries.reviews_of(db, about, id, after=after, limit=paging.SIZE + 1)
    known = await queries.reputation_of(db, about, id, as_of=visit.now.date())
    found = paging.cut(visit, rows, key=lambda row: (row.shown_at, row.id))
    return page(
        visit,
        "reviews/list.html",
        found=found,
        reputation=known,
        name=name,
        href=href,
        short_criteria=rules.SHORT_CRITERIA,
    )


# -- the figure and what went into it


@get("/reputation", USER)
async def show_reputation(visit: Visit) -> Answer:
    """How the figure is made, and hers."""
    async with visit.read() as db:
        own = await freelancer_of(db, visit.user.id)
        day = visit.now.date()
        mine = await queries.reputation_of(db, "freelancer", own.id, as_of=day) if own else None
        hat = visit.user.organisation
        theirs = await queries.reputation_of(db, "organisation", hat.id, as_of=day) if hat else None
    return page(visit, "reviews/reputation.html", mine=mine, theirs=theirs, hat=hat, formula=reputation)


@get("/reputation/inputs.json", USER)
async def inputs_json(visit: Visit) -> Answer:
    """All that goes into her figure, or with `?of=organisation` into that of the organisation she acts for."""
    content = json.dumps(await _inputs(visit), indent=1).encode()
    return download(content, name="reputation.json", media_type="application/json")


@get("/reputation/inputs.csv", USER)
async def inputs_csv(visit: Visit) -> Answer:
    """The same as a table."""
    inputs = await _inputs(visit)
    names = sorted({name for review in inputs["reviews"] for name in review["scores"]})
    target = io.StringIO()
    table = csv.writer(target)
    table.writerow(["review", "shown_on", *names])
    for review in inputs["reviews"]:
        table.writerow([review["review"], review["shown_on"], *(review["scores"].get(name, "") for name in names)])
    return download(target.getvalue().encode(), name="reputation.csv", media_type="text/csv")


async def _inputs(visit: Visit) -> dict[str, Any]:
    as_of = visit.now.date()
    async with visit.read() as db:
        if visit.query.get("of") == "organisation":
            found = await queries.ratings_of(db, "organisation", visit.organisation.id)
        else:
            own = await freelancer_of(db, visit.user.id)
            found = await queries.ratings_of(db, "freelancer", own.id) if own else []
    rows = [
        {"review": ids.short(id), "shown_on": rating.shown_on.isoformat(), "scores": dict(rating.scores)}
        for id, rating in found
    ]
    figure = reputation.said(reputation.score([rating for _, rating in found], as_of=as_of)) if found else None
    return {
        "formula": reputation.FORMULA,
        "as_of": as_of.isoformat(),
        "prior_reviews": reputation.PRIOR_REVIEWS,
        "prior_score": reputation.PRIOR_SCORE,
        "half_days": reputation.HALF_DAYS,
        "reviews": rows,
        "figure": figure,
    }


routes = [
    show_review, write_review, reply, list_of_person, list_of_organisation, show_reputation, inputs_json, inputs_csv,
]  # fmt: skip
