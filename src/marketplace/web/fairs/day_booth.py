"""An employer's day at a fair: its meetings, any badge read, result and scorecard, an offer on the spot."""

from typing import Any, cast
from urllib.parse import quote
from uuid import UUID
from zoneinfo import ZoneInfo

from wtforms import DateField, Field, IntegerField, RadioField, SelectField, StringField, TextAreaField
from wtforms.validators import Optional
from wtforms.widgets import TextInput

from marketplace.fairs import offers, results, table_links
from marketplace.fairs.booth_models import Booth
from marketplace.fairs.candidate_models import FairCandidate
from marketplace.fairs.day_models import FairScorecard
from marketplace.fairs.models import Fair
from marketplace.fairs.results import CHOOSABLE, CRITERIA, RESULTS, Card
from marketplace.jobs.offers.rules import PERIODS
from marketplace.kernel import ids
from marketplace.kernel.database import AnySession
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.postings import terms
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.forms import ChoiceField, CreatingForm, Form, Length, MoneyField, strip
from marketplace.web.pages import page, redirect
from marketplace.web.visit import Visit

TAPS = ("met", "no_show", "shortlisted")
"""What is tapped in the list itself; everything else stands on her card."""
POINTS = {"": N_("No points"), **{str(n): str(n) for n in range(1, 6)}}


class BadgeForm(Form):
    """A badge that is read or typed."""

    code = StringField(N_("Code on the badge"), [Length(max=500)], filters=[strip])


class CardForm(Form):
    """What is said after a meeting."""

    result = RadioField(
        N_("What became of it"), choices=cast(Any, {each: RESULTS[each] for each in CHOOSABLE}), validate_choice=False
    )
    skill = RadioField(CRITERIA["skill"], choices=cast(Any, POINTS), default="", validate_choice=False)
    speaking = RadioField(CRITERIA["speaking"], choices=cast(Any, POINTS), default="", validate_choice=False)
    fit = RadioField(CRITERIA["fit"], choices=cast(Any, POINTS), default="", validate_choice=False)
    note = TextAreaField(
        N_("Note for your team"), [Length(max=results.LONGEST_NOTE)], description=N_("She never reads it.")
    )
    word = TextAreaField(
        N_("A word for her"), [Length(max=results.LONGEST_WORD)], description=N_("She reads it with the result.")
    )

    def card(self) -> Card:
        """As the domain takes it."""
        scores = {name: int(self[name].data) for name in CRITERIA if str(self[name].data or "").isdecimal()}
        chosen = self.result.data or None
        if chosen is not None and chosen not in CHOOSABLE:
            raise Invalid.at("result", N_("Choose what became of the meeting."))
        return Card(result=chosen, scores=scores, note=self.note.data, word=self.word.data)


def card_said(card: FairScorecard | None) -> dict[str, Any]:
    """What was said before, as the form is filled with it."""
    if card is None:
        return {}
    said: dict[str, Any] = {"result": card.result, "note": card.note, "word": card.word}
    return said | {name: str(card.scores[name]) for name in CRITERIA if name in card.scores}


def _postings(form: Form, _field: Field) -> dict[str, str]:
    return {"": form.say(N_("None: a gig")), **(form.postings if isinstance(form, SpotForm) else {})}


class SpotForm(CreatingForm):
    """An offer on the spot."""

    postings: dict[str, str] = {}
    kind = RadioField(N_("What you offer"), choices=cast(Any, offers.KINDS), default="gig")
    title = StringField(N_("What it is"), [Length(max=offers.LONGEST_TITLE)], filters=[strip])
    text = TextAreaField(N_("What is to be done, or what comes with it"), [Length(max=offers.LONGEST_TEXT)])
    pay = MoneyField(
        N_("You pay"), currency_from="currency", description=N_("For a gig the whole; for a job the pay per period.")
    )
    currency = ChoiceField(N_("Currency"), choices={code: code for code in terms.CURRENCIES}, default="USD")
    days = IntegerField(N_("Days until it is done"), [Optional()], widget=TextInput(), description=N_("For a gig."))
    posting = SelectField(N_("For the posting"), choices=cast(Any, _postings), validate_choice=False)
    period = ChoiceField(N_("Paid"), choices=cast(Any, PERIODS), default="month")
    starts_on = DateField(N_("First day"), [Optional()])

    def words(self) -> offers.Words:
        """As the domain takes it. Raises: NotFound for a posting nobody offered."""
        posting = str(self.posting.data or "")
        return offers.Words(
            kind=self.kind.data,
            title=self.title.data or "",
            text=(self.text.data or "").replace("\r\n", "\n"),
            pay=self.pay.data,
            period=self.period.data,
            days=self.days.data,
            starts_on=self.starts_on.data,
            posting_id=ids.parse(posting) if posting and self.kind.data != "gig" else None,
        )


@get("/fairs/{slug}/booths/{id}/day", USER)
async def show_booth(visit: Visit, slug: str, id: UUID) -> Answer:
    """Its meetings: now, next, done; a field for any badge. With `?code=` that badge."""
    scanned = visit.query.get("code", "")[:500]
    async with visit.read() as db:
        fair, booth = await results.booth_of(db, slug, id, by=visit.user.id)
        meetings = await results.meetings_of(db, booth.id)
        read = await results.candidate_by_code(db, fair.id, scanned) if scanned else None
    if read is not None:
        return redirect(visit, f"/fairs/{slug}/booths/{ids.short(id)}/badges/{read.code}")
    context: dict[str, Any] = {"fair": fair, "booth": booth, "meetings": meetings, "results": RESULTS, "taps": TAPS}
    form = visit.blank(BadgeForm)
    return page(
        visit, "fairs/day/booth.html", fragment="meetings", form=form, fair_zone=ZoneInfo(fair.time_zone), **context
    )


@get("/fairs/{slug}/badges/{code}", PUBLIC)
async def read_badge(visit: Visit, slug: str, code: str) -> Answer:
    """What a badge's QR opens: the candidate at the booth she speaks for, by account or by a table's link."""
    secret = visit.cookie("table") or ""
    async with visit.read() as db:
        fair_id = await results.fair_id_of(db, slug)
        if not visit.is_signed_in and secret and await table_links.opens(db, secret, fair_id):
            return redirect(visit, f"/tables/{secret}?code={quote(code)}")
        mine = await results.booths_of(db, fair_id, by=visit.user.id)
        if not mine:
            raise NotFound
        candidate = await results.candidate_by_code(db, fair_id, code)
    return redirect(visit, f"/fairs/{slug}/booths/{ids.short(mine[0].id)}/badges/{candidate.code}")


@get("/fairs/{slug}/booths/{id}/badges/{code}", USER)
async def show_candidate(visit: Visit, slug: str, id: UUID, code: str) -> Answer:
    """Who she is, and what this employer says of her."""
    async with visit.read() as db:
        fair, booth, candidate = await _met(visit, db, slug, id, code)
        card = await results.card_of(db, booth.id, candidate.id)
        made = await offers.offers_of(db, candidate.id)
    own = [offer for offer, _ in made if offer.booth_id == booth.id]
    return _candidate_page(visit, fair, booth, candidate, visit.blank(CardForm, data=card_said(card)), offers_made=own)


@post("/fairs/{slug}/booths/{id}/badges/{code}", USER)
async def judge(visit: Visit, slug: str, id: UUID, code: str) -> Answer:
    """Keep result, scores, note and word."""
    form = await visit.form(CardForm)
    form.validate()
    async with visit.read(fresh=True) as db:
        fair, booth, candidate = await _met(visit, db, slug, id, code)
    if not form.errors:
        with form.catching(results.FairNotOn):
            async with visit.write() as db:
                fair, booth, candidate = await _met(visit, db, slug, id, code)
                await results.judge(db, fair, booth, candidate, form.card(), by=visit.user.id, at=visit.now)
            return redirect(visit, f"/fairs/{slug}/booths/{ids.short(id)}/day", flash=N_("Kept. She sees her answer."))
    return _candidate_page(visit, fair, booth, candidate, form, status=422)


def _candidate_page(
    visit: Visit,
    fair: Fair,
    booth: Booth,
    candidate: FairCandidate,
    form: CardForm,
    *,
    offers_made: list[Any] | None = None,
    status: int = 200,
) -> Answer:
    context: dict[str, Any] = {"fair": fair, "booth": booth, "candidate": candidate, "form": form}
    context |= {"offers_made": offers_made or [], "offer_states": offers.STATES, "here": ""}
    return page(visit, "fairs/day/badge.html", status=status, **context)


@get("/fairs/{slug}/booths/{id}/badges/{code}/offer", USER)
async def write_offer(visit: Visit, slug: str, id: UUID, code: str) -> Answer:
    """An empty offer."""
    return await _spot_page(visit, slug, id, code, visit.blank(SpotForm))


@post("/fairs/{slug}/booths/{id}/badges/{code}/offer", USER)
async def make_offer(visit: Visit, slug: str, id: UUID, code: str) -> Answer:
    """Offer it on the spot."""
    form = await visit.form(SpotForm)
    back = f"/fairs/{slug}/booths/{ids.short(id)}/badges/{code}"
    async with visit.read(fresh=True) as db:
        await _met(visit, db, slug, id, code)
    if form.validate():
        with form.catching(offers.OfferWaits, offers.NoEmployer, results.FairNotOn):
            async with visit.submit(form, back=back) as step:
                if step.is_first:
                    fair, booth, candidate = await _met(visit, step.db, slug, id, code)
                    told: dict[str, Any] = {"by": visit.user.id, "at": visit.now}
                    offer = await offers.make(step.db, fair, booth, candidate, form.words(), **told)
                    step.location = f"/fairs/offers/{ids.short(offer.id)}"
            return redirect(visit, step.location, flash=N_("Offered. She accepts it with her account."))
    return await _spot_page(visit, slug, id, code, form, status=422)


async def _spot_page(visit: Visit, slug: str, id: UUID, code: str, form: SpotForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        fair, booth, candidate = await _met(visit, db, slug, id, code)
        open_postings = await offers.postings_of(db, booth.id)
    form.postings = {ids.short(each.id): each.title for each in open_postings}
    context: dict[str, Any] = {"fair": fair, "booth": booth, "candidate": candidate, "form": form}
    return page(visit, "fairs/day/spot.html", status=status, **context)


async def _met(visit: Visit, db: AnySession, slug: str, booth_id: UUID, code: str) -> tuple[Fair, Booth, FairCandidate]:
    fair, booth = await results.booth_of(db, slug, booth_id, by=visit.user.id)
    return fair, booth, await results.candidate_by_code(db, fair.id, code)


routes = [show_booth, read_badge, show_candidate, judge, write_offer, make_offer]
