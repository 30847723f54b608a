"""Signing up by e-mail. Whether the address has an account already is told to its owner by mail, and to nobody else.

So both answers are the same page, and the new account opens only with the mailed link: in the same browser one press
signs her in, in another one the password is asked.
"""

from typing import Any
from uuid import UUID, uuid4

from wtforms import EmailField, HiddenField, PasswordField, StringField

from marketplace.engines.notify import unsubscribe as signed
from marketplace.identity import actions, tokens
from marketplace.identity.passwords import hash_password
from marketplace.identity.rules import PASSWORD_MAX, TOKEN_LIMITS, check_password
from marketplace.kernel.i18n import N_
from marketplace.web.access import PUBLIC, Answer, get, post
from marketplace.web.arriving import arrive, texts_work
from marketplace.web.forms import CreatingForm, Email, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.visit import Visit

COOKIE = "sign-up"
"""Who signed up in this browser and where she wanted to go, signed: her mailed link signs her in here."""
_NO_REFERRER = {"Referrer-Policy": "no-referrer"}


class SignUpForm(CreatingForm):
    name = StringField(N_("Your name"), [Required(), Length(max=80)], filters=[strip])
    email = EmailField(N_("E-mail"), [Required(), Length(max=254), Email()], filters=[strip])
    password = PasswordField(
        N_("Password"),
        [Required(), Length(max=PASSWORD_MAX)],
        description=N_("At least 8 letters; a few words are fine."),
    )
    next = HiddenField(validators=[Length(max=600)])


@get("/sign-up", PUBLIC)
async def show_sign_up(visit: Visit) -> Answer:
    """Ask for name, address and password, nothing else."""
    onward = local_path(visit.query.get("next"))
    if visit.is_signed_in:
        return redirect(visit, onward)
    return _sign_up_page(visit, visit.blank(SignUpForm, data={"next": onward}))


def _sign_up_page(visit: Visit, form: SignUpForm, *, status: int = 200) -> Answer:
    context: dict[str, Any] = {"form": form, "onward": local_path(form.next.data), "by_phone": texts_work(visit)}
    return page(visit, "sign_in/sign_up.html", fragment="form", status=status, **context)


@post("/sign-up", PUBLIC)
async def sign_up(visit: Visit) -> Answer:
    """Open an account, or tell the address's owner that there is one: the answer is the same after the same work."""
    form = await visit.form(SignUpForm)
    if not form.validate():
        return _sign_up_page(visit, form, status=422)
    name, email, password = form.name.data or "", form.email.data or "", form.password.data or ""
    await limit(visit, "sign-up", 5, minutes=60, who=email)
    with form.catching():
        check_password(password, email=email, name=name)
        hashed, user_id = await hash_password(password), uuid4()
        async with visit.submit(form, back="/sign-up/sent") as step:
            if step.is_first:
                new = actions.Newcomer(name, email, hashed, visit.locale)
                user_id = await actions.sign_up_or_tell(step.db, new, at=visit.now) or user_id
                step.location = "/sign-up/sent"
        if step.is_first:
            _remember(visit, user_id, email=email, onward=local_path(form.next.data))
        return redirect(visit, step.location)
    return _sign_up_page(visit, form, status=422)


@get("/sign-up/sent", PUBLIC)
async def show_sent(visit: Visit) -> Answer:
    """Look into your mail."""
    if visit.is_signed_in:
        return redirect(visit, "/")
    _, email, onward = _remembered(visit)
    return page(visit, "sign_in/sent.html", email=email, onward=onward)


# -- the mailed link: shown by GET, which changes nothing (mail scanners follow links), used by POST


@get("/verify-email/{secret}", PUBLIC)
async def show_verify_email(visit: Visit, secret: str) -> Answer:
    """Ask for the one press that proves the address."""
    async with visit.read() as db:
        token = await tokens.look(db, secret, purpose="verify_email", at=visit.now)
    return page(visit, "sign_in/verify_email.html", headers=_NO_REFERRER, email=token.email, secret=secret)


@post("/verify-email/{secret}", PUBLIC)
async def verify_email(visit: Visit, secret: str) -> Answer:
    """The address is proved. In the browser of the sign-up she is signed in by it."""
    async with visit.write() as db:
        user = await actions.verify_email(db, secret, at=visit.now)
    if visit.is_signed_in:
        return redirect(visit, "/account", flash=N_("Your address is verified."))
    user_id, _, onward = _remembered(visit)
    if user_id != user.id:
        return redirect(visit, "/sign-in", flash=N_("Your address is verified. Sign in with your password."))
    visit.drop_cookie(COOKIE)
    welcome = Flash(N_("Welcome, %(name)s. Your account is open."), values={"name": user.name})
    return await arrive(visit, user.id, onward=onward, flash=welcome)


def _remember(visit: Visit, user_id: UUID, *, email: str, onward: str) -> None:
    token = signed.token(visit.settings.secret_key, f"sign-up {user_id} {email} {onward}")
    visit.set_cookie(COOKIE, token, max_age=int(TOKEN_LIMITS["verify_email"].total_seconds()))


def _remembered(visit: Visit) -> tuple[UUID | None, str, str]:
    """Who signed up in this browser (somebody or, for a taken address, nobody), her address, where she goes on."""
    said = signed.subject_of(visit.settings.secret_key, visit.cookie(COOKIE)) or ""
    what, _, rest = said.partition(" ")
    if what != "sign-up":
        return None, "", "/"
    user_id, email, onward = rest.split(" ", 2)
    return UUID(user_id), email, local_path(onward)


routes = [show_sign_up, sign_up, show_sent, show_verify_email, verify_email]
