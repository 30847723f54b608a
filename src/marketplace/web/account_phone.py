"""Her phone number: added, changed, removed; each by a code to the new number."""

from wtforms import StringField, TelField

from marketplace.identity import challenges, phones
from marketplace.identity.letters import tell
from marketplace.identity.models import User
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.arriving import keep, texts_work
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.sign_in_phone import COOKIE, WRONG_CODE, limit_codes
from marketplace.web.stepping_up import step_up_first
from marketplace.web.visit import Visit

HERE = "/account/phone"


class NewPhoneForm(Form):
    phone = TelField(
        N_("Mobile number"),
        [Required(), Length(max=40)],
        filters=[strip],
        description=N_("0300 1234567, or with the country's code: +92 300 1234567."),
    )


class NewPhoneCodeForm(Form):
    code = StringField(N_("The six digits"), [Required(), Length(max=20)], filters=[strip])


@get("/account/phone", USER)
async def show_phone(visit: Visit) -> Answer:
    """The number she has, and a field for another one."""
    _ready(visit)
    if ask := step_up_first(visit, HERE):
        return ask
    return _phone_page(visit, visit.blank(NewPhoneForm))


def _phone_page(visit: Visit, form: NewPhoneForm, *, status: int = 200) -> Answer:
    phone = phones.shown(visit.user.phone) if visit.user.phone else ""
    return page(visit, "account/phone.html", fragment="form", status=status, form=form, phone=phone)


@post("/account/phone", USER)
async def send_code(visit: Visit) -> Answer:
    """Text a code to the new number."""
    _ready(visit)
    if ask := step_up_first(visit, HERE):
        return ask
    form = await visit.form(NewPhoneForm)
    if form.validate():
        with form.catching():
            phone = phones.read_number(form.phone.data or "")
            await limit_codes(visit, phone)
            async with visit.write() as db:
                secret = await phones.send_code(
                    db, phone, purpose="new_phone", user_id=visit.user.id, locale=visit.locale, at=visit.now
                )
            keep(visit, COOKIE, secret)
            return redirect(visit, "/account/phone/code")
    return _phone_page(visit, form, status=422)


@get("/account/phone/code", USER)
async def show_code(visit: Visit) -> Answer:
    """Ask for the code."""
    return await _code_page(visit, visit.blank(NewPhoneCodeForm))


async def _code_page(visit: Visit, form: NewPhoneCodeForm, *, status: int = 200) -> Answer:
    async with visit.read(fresh=True) as db:
        found = await challenges.look(db, visit.cookie(COOKIE), "new_phone", at=visit.now)
    if found is None or found.user_id != visit.user.id:
        return redirect(visit, HERE, flash=Flash(phones.CodeOver.message, tone="note"))
    shown = phones.shown(found.phone)
    return page(visit, "account/phone_code.html", fragment="form", status=status, form=form, phone=shown)


@post("/account/phone/code", USER)
async def set_phone(visit: Visit) -> Answer:
    """The right code makes it her number."""
    form = await visit.form(NewPhoneCodeForm)
    if not form.validate():
        return await _code_page(visit, form, status=422)
    await limit(visit, "phone-try", 10, minutes=15, who=str(visit.user.id))
    with form.catching():
        async with visit.write() as db:
            is_right = await phones.set_number(
                db, visit.user.id, visit.cookie(COOKIE), form.code.data or "", at=visit.now
            )
            if is_right:
                await tell(db, await db.get_one(User, visit.user.id), "phone_changed", {"link": "/account/security"})
        if is_right:
            visit.drop_cookie(COOKIE)
            return redirect(visit, "/account", flash=N_("Your phone number is set."))
        form.refuse(Invalid.at("code", WRONG_CODE))
    return await _code_page(visit, form, status=422)


@post("/account/phone/remove", USER)
async def remove_phone(visit: Visit) -> Answer:
    """Go on by e-mail alone."""
    if ask := step_up_first(visit, HERE):
        return ask
    form = visit.blank(NewPhoneForm)
    with form.catching():
        async with visit.write() as db:
            await phones.remove_number(db, visit.user.id, at=visit.now)
            await tell(db, await db.get_one(User, visit.user.id), "phone_changed", {"link": "/account/security"})
        return redirect(visit, "/account", flash=N_("Your phone number is removed."))
    return _phone_page(visit, form, status=422)


def _ready(visit: Visit) -> None:
    if not texts_work(visit):
        raise NotFound


routes = [show_phone, send_code, show_code, set_phone, remove_phone]
