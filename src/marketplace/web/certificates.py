"""Certificates as pages: check one, claim one, hold them, take one back; and the page of each issuer."""

from typing import Any, cast
from uuid import UUID

from wtforms import RadioField, StringField, TextAreaField

from marketplace.kernel import ids
from marketplace.kernel.i18n import N_
from marketplace.skills.taxonomy import known_skills
from marketplace.talent.queries import freelancer_of
from marketplace.training import certificates, claims, public, reading, rules
from marketplace.training.models import RevokeReason
from marketplace.web.access import PUBLIC, USER, Answer, get, post
from marketplace.web.forms import Email, Form, Length, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

_SECRET = {"Referrer-Policy": "no-referrer", "Cache-Control": "private, no-store"}


class RevokeForm(Form):
    """Why a certificate is taken back."""

    reason = RadioField(N_("Why"), choices=cast(Any, rules.REVOKE_REASONS))
    note = TextAreaField(
        N_("What the holder should know"),
        [Length(max=certificates.LONGEST_NOTE)],
        description=N_("Only the holder reads this. The public page says the reason above."),
    )


class _EmailIfSaid(Email):
    def __call__(self, form: Any, field: Any, message: str | None = None) -> Any:
        return super().__call__(form, field, message) if field.data else None


class SendForm(Form):
    """Where a claim link goes."""

    email = StringField(N_("E-mail address"), [Length(max=200), _EmailIfSaid()], filters=[strip])
    phone = StringField(
        N_("Or phone number"),
        [Length(max=30)],
        filters=[strip],
        description=N_("For a text message, if there is no e-mail."),
    )


# -- for everybody


@get("/certificates/{id}", PUBLIC)
async def show_certificate(visit: Visit, id: UUID) -> Answer:
    """What was learned, who vouches for it, since when, and whether it still holds."""
    async with visit.read() as db:
        certificate = await public.certificate_view(db, id)
    return page(visit, "certificates/show.html", certificate=certificate, **_words(visit))


@get("/issuers/{slug}", PUBLIC)
async def show_issuer(visit: Visit, slug: str) -> Answer:
    """Who issues certificates, how that is known, and how many."""
    async with visit.read() as db:
        issuer = await public.issuer_view(db, slug)
    return page(visit, "certificates/issuer.html", issuer=issuer, fewest=public.FEWEST)


def _words(visit: Visit) -> dict[str, Any]:
    names = known_skills()

    def skill_name(slug: str) -> str:
        return names[slug].name(visit.locale) if slug in names else slug

    return {"levels": rules.LEVELS, "reasons": rules.REVOKE_REASONS, "skill_name": skill_name}


# -- claiming


@get("/certificates/claim/{secret}", PUBLIC)
async def show_claim(visit: Visit, secret: str) -> Answer:
    """What is behind the link; whoever is signed in may confirm."""
    async with visit.read() as db:
        claim, certificate = await claims.look(db, secret, at=visit.now)
        view = await public.certificate_view(db, certificate.id)
    context: dict[str, Any] = {"certificate": view, "name": certificate.holder_name, "sent_to": claim.sent_to}
    return page(visit, "certificates/claim.html", headers=_SECRET, secret=secret, **context, **_words(visit))


@post("/certificates/claim/{secret}", USER)
async def claim_certificate(visit: Visit, secret: str) -> Answer:
    """It is hers; her profile says so."""
    async with visit.write() as db:
        held = await claims.claim(db, secret, visit.user.id, at=visit.now)
        freelancer = await freelancer_of(db, visit.user.id)
    said = N_("It is yours. “Certified by %(issuer)s” stands on your profile.")
    if freelancer is None:
        said = N_("It is yours. Fill in your profile: “certified by %(issuer)s” will stand on it.")
    return redirect(visit, "/certificates", flash=Flash(said, values={"issuer": held.learned["issuer"]}))


# -- holding


@get("/certificates", USER)
async def list_mine(visit: Visit) -> Answer:
    """Hers, and what she says of outside issuers."""
    async with visit.read() as db:
        held = await public.held_by(db, visit.user.id)
        outside = await public.outside_of(db, visit.user.id)
    return page(visit, "certificates/mine.html", held=held, outside=outside, **_words(visit))


@post("/certificates/{id}/name", USER)
async def show_name(visit: Visit, id: UUID) -> Answer:
    """Her name stands on the certificate's page, or not."""
    shows: object = (await visit.posted()).get("shows")
    async with visit.write() as db:
        certificate = await certificates.held_certificate(db, id, by=visit.user.id)
        await certificates.show_name(db, certificate, shows_name=shows == "1", by=visit.user.id, at=visit.now)
    said = N_("Your name stands on the certificate's page.") if shows == "1" else N_("Your name is off the page.")
    return redirect(visit, "/certificates", flash=said)


# -- its provider


@get("/certificates/{id}/revoke", USER)
async def ask_revoke(visit: Visit, id: UUID) -> Answer:
    """Say what revoking does, and ask why."""
    return await _provider_page(visit, id, "certificates/revoke.html", visit.blank(RevokeForm))


async def _provider_page(visit: Visit, id: UUID, template: str, form: Form, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        certificate = await certificates.own_certificate(db, id, by=visit.user.id)
    return page(visit, template, status=status, certificate=certificate, form=form)


@post("/certificates/{id}/revoke", USER)
async def revoke(visit: Visit, id: UUID) -> Answer:
    """Take it back: gone from her profile, search and matches at once."""
    form = await visit.form(RevokeForm)
    async with visit.read() as db:
        certificate = await certificates.own_certificate(db, id, by=visit.user.id)
    if form.validate():
        with form.catching():
            reason = cast("RevokeReason", form.reason.data)
            async with visit.write() as db:
                fresh = await certificates.own_certificate(db, id, by=visit.user.id)
                await certificates.revoke(db, fresh, reason, form.note.data or "", by=visit.user.id, at=visit.now)
            return redirect(visit, _cohort(certificate.cohort_id), flash=N_("The certificate is revoked."))
    return await _provider_page(visit, id, "certificates/revoke.html", form, status=422)


@get("/certificates/{id}/send", USER)
async def ask_send(visit: Visit, id: UUID) -> Answer:
    """Where its claim link goes: the address we know, or another."""
    return await _provider_page(visit, id, "certificates/send.html", visit.blank(SendForm))


@post("/certificates/{id}/send", USER)
async def send_link(visit: Visit, id: UUID) -> Answer:
    """A fresh link; earlier ones stop working."""
    form = await visit.form(SendForm)
    async with visit.read() as db:
        certificate = await certificates.own_certificate(db, id, by=visit.user.id)
    await limit(visit, "claim-link", 60, minutes=60, who=str(visit.user.id))
    phone = reading.phone_number(form.phone.data or "")
    if form.validate() and form.phone.data and phone is None:
        form.phone.errors = [form.say(N_("This is no phone number."))]
    elif not form.errors:
        with form.catching(claims.NoAddress):
            async with visit.write() as db:
                fresh = await certificates.own_certificate(db, id, by=visit.user.id)
                email = form.email.data or None
                channel = await claims.send(db, fresh, email=email, phone=phone, by=visit.user.id, at=visit.now)
            said = N_("The link is on its way by mail.") if channel == "mail" else N_("The link is on its way by SMS.")
            return redirect(visit, _cohort(certificate.cohort_id), flash=said)
    return await _provider_page(visit, id, "certificates/send.html", form, status=422)


@post("/certificates/{id}/replace", USER)
async def replace_certificate(visit: Visit, id: UUID) -> Answer:
    """Issue a new one in place of one that is revoked."""
    async with visit.write() as db:
        certificate = await certificates.own_certificate(db, id, by=visit.user.id)
        await certificates.replace(db, certificate, by=visit.user.id, at=visit.now)
    said = N_("A new certificate is issued. Send its link, or print it.")
    return redirect(visit, _cohort(certificate.cohort_id), flash=said)


def _cohort(cohort_id: UUID) -> str:
    return f"/training/cohorts/{ids.short(cohort_id)}"


routes = [
    show_certificate, show_issuer, show_claim, claim_certificate, list_mine, show_name, ask_revoke, revoke, ask_send,
    send_link, replace_certificate,
]  # fmt: skip
