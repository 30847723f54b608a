"""The second factor at sign-in, passkeys instead of a password, and the way back for whoever lost all of them."""

from typing import Any

from litestar import Response
from litestar.enums import MediaType
from wtforms import HiddenField, StringField

from marketplace.identity import challenges, passkeys, recoveries, second_factors
from marketplace.identity.models import Challenge
from marketplace.identity.passkeys import Answered
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web import sessions
from marketplace.web.access import PUBLIC, Answer, get, post
from marketplace.web.arriving import FACTOR, begin_session, keep, party, vault
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.visit import Visit

PASSKEY = "passkey"
_NO_REFERRER = {"Referrer-Policy": "no-referrer"}
_OVER = Flash(N_("That took too long, or too many tries. Sign in again."), tone="note")


class FactorForm(Form):
    code = StringField(N_("Code"), [Required(), Length(max=40)], filters=[strip])
    next = HiddenField(validators=[Length(max=600)])


class PasskeyForm(Form):
    credential = HiddenField(validators=[Required(), Length(max=20_000)])
    next = HiddenField(validators=[Length(max=600)])


# -- second factor


@get("/sign-in/factor", PUBLIC)
async def show_factor(visit: Visit) -> Answer:
    """Ask for the code of her app, a passkey, or a recovery code."""
    onward = local_path(visit.query.get("next"))
    if visit.is_signed_in:
        return redirect(visit, onward)
    found = await _pending(visit)
    if found is None:
        return redirect(visit, "/sign-in", flash=_OVER)
    return await _factor_page(visit, visit.blank(FactorForm, data={"next": onward}), found)


async def _factor_page(visit: Visit, form: FactorForm, found: Challenge, *, status: int = 200) -> Answer:
    assert found.user_id is not None
    async with visit.read(fresh=True) as db:
        factors = await second_factors.of_user(db, found.user_id)
    onward = local_path(form.next.data)
    return page(visit, "sign_in/factor.html", fragment="form", status=status, form=form, factors=factors, onward=onward)


@post("/sign-in/factor", PUBLIC)
async def answer_factor(visit: Visit) -> Answer:
    """A right code begins the session."""
    form = await visit.form(FactorForm)
    found = await _pending(visit)
    if found is None or found.user_id is None:
        return redirect(visit, "/sign-in", flash=_OVER)
    if not form.validate():
        return await _factor_page(visit, form, found, status=422)
    await limit(visit, "factor", 10, minutes=15, who=str(found.user_id))
    secret = ""
    async with visit.write() as db:
        question = await challenges.take(db, visit.cookie(FACTOR), "second_factor", at=visit.now)
        code = form.code.data or ""
        if question and await second_factors.takes(db, found.user_id, code, vault=vault(visit), at=visit.now):
            await challenges.use(db, question, at=visit.now)
            secret = await begin_session(db, visit, found.user_id)
    if not secret:
        form.refuse(Invalid.at("code", N_("This code is wrong or was used already. Wait for the next one.")))
        return await _factor_page(visit, form, found, status=422)
    visit.drop_cookie(FACTOR)
    sessions.begin(visit, secret)
    return redirect(visit, local_path(form.next.data))


async def _pending(visit: Visit) -> Challenge | None:
    async with visit.read(fresh=True) as db:
        return await challenges.look(db, visit.cookie(FACTOR), "second_factor", at=visit.now)


# -- passkeys


@post("/sign-in/passkey/options", PUBLIC)
async def ask_passkey(visit: Visit) -> Answer:
    """What the browser needs to sign with a passkey, as JSON for our own script."""
    await limit(visit, "passkey-ask", 60, minutes=15)
    async with visit.write() as db:
        options, secret = await passkeys.ask_for_one(
            db, "passkey_sign_in", user_id=None, party=party(visit), at=visit.now
        )
    keep(visit, PASSKEY, secret)
    return Response(options, media_type=MediaType.JSON, headers={"Cache-Control": "private, no-store"})


@post("/sign-in/passkey", PUBLIC)
async def sign_in_by_passkey(visit: Visit) -> Answer:
    """A passkey is both factors: it begins the session."""
    form = await visit.form(PasskeyForm)
    if not form.validate():
        raise passkeys.PasskeyRefused
    await limit(visit, "passkey", 20, minutes=15)
    answered = Answered(visit.cookie(PASSKEY), form.credential.data or "")
    async with visit.write() as db:
        user_id, _ = await passkeys.check(db, answered, purpose="passkey_sign_in", party=party(visit), at=visit.now)
        secret = await begin_session(db, visit, user_id)
    visit.drop_cookie(PASSKEY)
    visit.drop_cookie(FACTOR)
    sessions.begin(visit, secret)
    return redirect(visit, local_path(form.next.data))


# -- all lost


@post("/sign-in/factor/lost", PUBLIC)
async def ask_recovery(visit: Visit) -> Answer:
    """Whoever knows the password but has no factor left: a link that works in three days, and notices at once."""
    found = await _pending(visit)
    if found is None or found.user_id is None:
        return redirect(visit, "/sign-in", flash=_OVER)
    await limit(visit, "recovery", 2, minutes=24 * 60, who=str(found.user_id))
    async with visit.write() as db:
        asked = await recoveries.ask(db, found.user_id, at=visit.now)
        until = asked.due_at
    return page(visit, "sign_in/recovery_asked.html", until=until)


@get("/recover/{secret}", PUBLIC)
async def show_recovery(visit: Visit, secret: str) -> Answer:
    """How long it still takes, and the way to stop it; then the button."""
    async with visit.read(fresh=True) as db:
        found = await recoveries.look(db, secret, at=visit.now)
    is_due = found.due_at <= visit.now
    context: dict[str, Any] = {"secret": secret, "until": found.due_at, "is_due": is_due}
    return page(visit, "sign_in/recover.html", headers=_NO_REFERRER, **context)


@post("/recover/{secret}", PUBLIC)
async def finish_recovery(visit: Visit, secret: str) -> Answer:
    """Take the second factors off."""
    async with visit.write() as db:
        await recoveries.finish(db, secret, at=visit.now)
    text = N_("Your second factors are off. Sign in with your password or phone, and set new ones.")
    return redirect(visit, "/sign-in", flash=text)


@post("/recover/{secret}/cancel", PUBLIC)
async def cancel_recovery(visit: Visit, secret: str) -> Answer:
    """It was not she: nothing is taken off."""
    async with visit.write() as db:
        await recoveries.cancel_by_link(db, secret, at=visit.now)
    text = N_("Stopped: your second factors stay as they are. Change your password if you did not ask for this.")
    return redirect(visit, "/sign-in", flash=text)


routes = [
    show_factor, answer_factor, ask_passkey, sign_in_by_passkey,
    ask_recovery, show_recovery, finish_recovery, cancel_recovery,
]  # fmt: skip
