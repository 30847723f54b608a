"""Signing in or up by phone: a number, the code that was texted to it, and for somebody new a name.

The answer is the same whether or not the number has an account: a code goes to it either way.
"""

from urllib.parse import quote

from wtforms import HiddenField, StringField, TelField

from marketplace.identity import challenges, phones
from marketplace.identity.models import Challenge
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import N_
from marketplace.web.access import PUBLIC, Answer, get, post
from marketplace.web.arriving import arrive, keep, texts_work
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.visit import Visit

COOKIE = "phone"
WRONG_CODE = N_("This is not the code we sent. Look again: six digits.")
_OVER = Flash(phones.CodeOver.message, tone="note")


class PhoneForm(Form):
    phone = TelField(
        N_("Mobile number"),
        [Required(), Length(max=40)],
        filters=[strip],
        description=N_("0300 1234567, or with the country's code: +92 300 1234567."),
    )
    next = HiddenField(validators=[Length(max=600)])


class CodeForm(Form):
    code = StringField(N_("The six digits"), [Required(), Length(max=20)], filters=[strip])
    next = HiddenField(validators=[Length(max=600)])


class NameForm(Form):
    name = StringField(N_("Your name"), [Required(), Length(max=80)], filters=[strip])
    next = HiddenField(validators=[Length(max=600)])


async def limit_codes(visit: Visit, phone: str) -> None:
    """How many texts one number, or one address of the network, may cause."""
    await limit(visit, "phone-code", 3, minutes=15, who=phone)
    await limit(visit, "phone-code-day", 6, minutes=24 * 60, who=phone)


@get("/sign-in/phone", PUBLIC)
async def show_phone(visit: Visit) -> Answer:
    """Ask for the number."""
    onward = _ready(visit)
    if visit.is_signed_in:
        return redirect(visit, onward)
    return page(visit, "sign_in/phone.html", form=visit.blank(PhoneForm, data={"next": onward}), onward=onward)


@post("/sign-in/phone", PUBLIC)
async def send_code(visit: Visit) -> Answer:
    """Text a code to the number, whoever has it."""
    _ready(visit)
    form = await visit.form(PhoneForm)
    onward = local_path(form.next.data)
    if form.validate():
        with form.catching():
            phone = phones.read_number(form.phone.data or "")
            await limit_codes(visit, phone)
            async with visit.write() as db:
                secret = await phones.send_code(
                    db, phone, purpose="phone_sign_in", user_id=None, locale=visit.locale, at=visit.now
                )
            keep(visit, COOKIE, secret)
            return redirect(visit, _with_next("/sign-in/phone/code", onward))
    return page(visit, "sign_in/phone.html", fragment="form", status=422, form=form, onward=onward)


@get("/sign-in/phone/code", PUBLIC)
async def show_code(visit: Visit) -> Answer:
    """Ask for the code."""
    onward = _ready(visit)
    found = await _question(visit)
    if found is None:
        return redirect(visit, _with_next("/sign-in/phone", onward), flash=_OVER)
    return _code_page(visit, visit.blank(CodeForm, data={"next": onward}), found)


def _code_page(visit: Visit, form: CodeForm, found: Challenge, *, status: int = 200) -> Answer:
    shown = phones.shown(found.phone)
    onward = local_path(form.next.data)
    return page(visit, "sign_in/phone_code.html", fragment="form", status=status, form=form, phone=shown, onward=onward)


@post("/sign-in/phone/code", PUBLIC)
async def answer_code(visit: Visit) -> Answer:
    """The right code signs in the number's account; without one the name is asked."""
    _ready(visit)
    form = await visit.form(CodeForm)
    onward = local_path(form.next.data)
    found = await _question(visit)
    if found is None:
        return redirect(visit, _with_next("/sign-in/phone", onward), flash=_OVER)
    if not form.validate():
        return _code_page(visit, form, found, status=422)
    await limit(visit, "phone-try", 10, minutes=15, who=found.phone)
    async with visit.write() as db:
        secret, code = visit.cookie(COOKIE), form.code.data or ""
        question, is_right = await phones.answer(db, secret, code, purpose="phone_sign_in", at=visit.now)
        user = await phones.user_of(db, question.phone) if question and is_right else None
        if question and user:
            await challenges.use(db, question, at=visit.now)
    if not is_right:
        form.refuse(Invalid.at("code", WRONG_CODE))
        return _code_page(visit, form, found, status=422)
    if user is None:
        return redirect(visit, _with_next("/sign-in/phone/name", onward))
    visit.drop_cookie(COOKIE)
    return await arrive(visit, user.id, onward=onward)


@get("/sign-in/phone/name", PUBLIC)
async def show_name(visit: Visit) -> Answer:
    """The number is proved and new: ask for the name."""
    onward = _ready(visit)
    if not await _is_proved(visit):
        return redirect(visit, _with_next("/sign-in/phone", onward), flash=_OVER)
    return page(visit, "sign_in/phone_name.html", form=visit.blank(NameForm, data={"next": onward}))


@post("/sign-in/phone/name", PUBLIC)
async def open_account(visit: Visit) -> Answer:
    """Open the account and sign her in."""
    _ready(visit)
    form = await visit.form(NameForm)
    onward = local_path(form.next.data)
    if not await _is_proved(visit):
        return redirect(visit, _with_next("/sign-in/phone", onward), flash=_OVER)
    if not form.validate():
        return page(visit, "sign_in/phone_name.html", fragment="form", status=422, form=form)
    async with visit.write() as db:
        user = await phones.open_account(
            db, visit.cookie(COOKIE), name=form.name.data or "", locale=visit.locale, at=visit.now
        )
    visit.drop_cookie(COOKIE)
    welcome = Flash(N_("Welcome, %(name)s. Your account is open."), values={"name": user.name})
    return await arrive(visit, user.id, onward=onward, flash=welcome)


def _ready(visit: Visit) -> str:
    """Where she goes on afterwards. Raises: NotFound where no text can be sent."""
    if not texts_work(visit):
        raise NotFound
    return local_path(visit.query.get("next"))


async def _question(visit: Visit) -> Challenge | None:
    async with visit.read(fresh=True) as db:
        return await challenges.look(db, visit.cookie(COOKIE), "phone_sign_in", at=visit.now)


async def _is_proved(visit: Visit) -> bool:
    found = await _question(visit)
    return found is not None and found.passed_at is not None


def _with_next(path: str, onward: str) -> str:
    return path if onward == "/" else f"{path}?next={quote(onward, safe='/')}"


routes = [show_phone, send_code, show_code, answer_code, show_name, open_account]
