"""Signing in by e-mail and out; a new password by mail; the language of a visitor."""

from typing import Any

from wtforms import EmailField, HiddenField, PasswordField

from marketplace.identity import actions, tokens
from marketplace.identity import sessions as identity_sessions
from marketplace.identity.passwords import hash_password, matches
from marketplace.identity.rules import PASSWORD_MAX, check_password
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.i18n import LOCALES, N_
from marketplace.web import sessions
from marketplace.web.access import DEMO, PUBLIC, USER, Answer, get, post
from marketplace.web.arriving import arrive, begin_session, texts_work
from marketplace.web.forms import Email, Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.visit import Visit

CAST = {
    "ayesha": N_("Ayesha, freelancer"),
    "bilal": N_("Bilal, employer"),
    "hina": N_("Hina, freelancer"),
    "organiser": N_("Omar, organiser"),
    "trainer": N_("Samina, trainer"),
    "moderator": N_("Sana, moderator"),
    "moderator2": N_("Rabia, second moderator"),
    "finance": N_("Farah, finance"),
    "finance2": N_("Imran, second of finance"),
    "shahid": N_("Shahid, whose account is limited"),
}
"""Who may be played in the demo, by the first part of her address."""

WRONG = N_(
    "The address or the password is wrong, or you have not opened the link in our mail yet. "
    "Try again, or ask for a new password: that proves the address too."
)
_NO_REFERRER = {"Referrer-Policy": "no-referrer"}
"""On pages whose address is a secret."""


class SignInForm(Form):
    email = EmailField(N_("E-mail"), [Required(), Length(max=254)], filters=[strip])
    password = PasswordField(N_("Password"), [Required(), Length(max=PASSWORD_MAX)])
    next = HiddenField(validators=[Length(max=600)])


class AskResetForm(Form):
    email = EmailField(N_("E-mail"), [Required(), Length(max=254), Email()], filters=[strip])


class NewPasswordForm(Form):
    password = PasswordField(
        N_("New password"),
        [Required(), Length(max=PASSWORD_MAX)],
        description=N_("At least 8 letters; a few words are fine."),
    )


# -- in


@get("/sign-in", PUBLIC)
async def show_sign_in(visit: Visit) -> Answer:
    """Ask who it is. Whoever is signed in goes on."""
    onward = local_path(visit.query.get("next"))
    if visit.is_signed_in:
        return redirect(visit, onward)
    return _sign_in_page(visit, visit.blank(SignInForm, data={"next": onward}))


def _sign_in_page(visit: Visit, form: SignInForm, *, status: int = 200) -> Answer:
    onward = local_path(form.next.data)
    cast = CAST if visit.settings.is_demo else {}
    context: dict[str, Any] = {"form": form, "onward": onward, "cast": cast, "by_phone": texts_work(visit)}
    return page(visit, "sign_in/sign_in.html", fragment="form", status=status, **context)


@post("/sign-in", PUBLIC)
async def sign_in(visit: Visit) -> Answer:
    """Begin a session. Wrong password, unknown and unproved address get the same answer after the same time.

    An unproved address can't sign in: else signing up and in with somebody's address would tell whether it was taken.
    """
    form = await visit.form(SignInForm)
    if not form.validate():
        return _sign_in_page(visit, form, status=422)
    email, password = form.email.data or "", form.password.data or ""
    await limit(visit, "sign-in", 10, minutes=15, who=email)
    async with visit.read(fresh=True) as db:
        user = await actions.find_user(db, email)
    is_right = await matches(password, user.password_hash if user else None)
    if not is_right or user is None or user.email_verified_at is None:
        form.refuse(Invalid.at("", WRONG))
        return _sign_in_page(visit, form, status=422)
    return await arrive(visit, user.id, onward=local_path(form.next.data))


@post("/dev/sign-in", DEMO)
async def play(visit: Visit) -> Answer:
    """Sign in as somebody of the demo's cast, without a password."""
    posted = await visit.posted()
    who = posted.get("as") or visit.query.get("as", "")
    if who not in CAST:
        raise NotFound
    async with visit.write() as db:
        user = await actions.find_user(db, f"{who}@demo.example")
        if user is None:
            raise NotFound(N_("The demo world is still being filled. Try again in a minute."))
        secret = await begin_session(db, visit, user.id)
    sessions.begin(visit, secret)
    onward: object = posted.get("next")
    return redirect(visit, local_path(onward if isinstance(onward, str) else None))


@post("/sign-out", USER)
async def sign_out(visit: Visit) -> Answer:
    """End this session for good."""
    async with visit.write() as db:
        await identity_sessions.end(db, visit.user.session_id, user_id=visit.user.id, at=visit.now)
    sessions.end(visit)
    return redirect(visit, "/", flash=Flash(N_("You are signed out."), tone="note"))


# -- links that come by mail: shown by GET, which changes nothing (mail scanners follow links), used by POST


@get("/reset-password", PUBLIC)
async def show_ask_reset(visit: Visit) -> Answer:
    """Ask for the address of a forgotten password."""
    return page(visit, "sign_in/ask_reset.html", form=visit.blank(AskResetForm))


@post("/reset-password", PUBLIC)
async def ask_reset(visit: Visit) -> Answer:
    """Send the link, if the address is known; the answer is the same if not."""
    form = await visit.form(AskResetForm)
    if not form.validate():
        return page(visit, "sign_in/ask_reset.html", fragment="form", status=422, form=form)
    email = form.email.data or ""
    await limit(visit, "reset-password", 5, minutes=60, who=email)
    async with visit.write() as db:
        await actions.ask_reset(db, email, at=visit.now)
    text = N_("If there is an account with %(email)s, a mail with a link is on its way. The link works for one hour.")
    return redirect(visit, "/sign-in", flash=Flash(text, tone="note", values={"email": email}))


@get("/reset-password/{secret}", PUBLIC)
async def show_reset_password(visit: Visit, secret: str) -> Answer:
    """Ask for the new password."""
    async with visit.read() as db:
        await tokens.look(db, secret, purpose="reset_password", at=visit.now)
    return _reset_page(visit, secret, visit.blank(NewPasswordForm))


def _reset_page(visit: Visit, secret: str, form: NewPasswordForm, *, status: int = 200) -> Answer:
    context: dict[str, Any] = {"secret": secret, "form": form}
    return page(visit, "sign_in/new_password.html", fragment="form", status=status, headers=_NO_REFERRER, **context)


@post("/reset-password/{secret}", PUBLIC)
async def reset_password(visit: Visit, secret: str) -> Answer:
    """Set the new password; she signs in with it."""
    form = await visit.form(NewPasswordForm)
    if form.validate():
        async with visit.read() as db:
            token = await tokens.look(db, secret, purpose="reset_password", at=visit.now)
        password = form.password.data or ""
        with form.catching():
            check_password(password, email=token.email, name="")
            hashed = await hash_password(password)
            async with visit.write() as db:
                await actions.reset_password(db, secret, password_hash=hashed, at=visit.now)
            return redirect(visit, "/sign-in", flash=N_("Your new password is set. Sign in with it."))
    return _reset_page(visit, secret, form, status=422)


# -- language


@post("/language", PUBLIC)
async def choose_language(visit: Visit) -> Answer:
    """Read everything in another language from now on."""
    posted = await visit.posted()
    locale, onward = posted.get("locale"), posted.get("next")
    if locale not in LOCALES:
        raise NotFound
    if visit.person is not None:
        async with visit.write() as db:
            await actions.choose_locale(db, visit.person.id, locale)
    visit.set_cookie("locale", locale, max_age=365 * 86_400)
    return redirect(visit, local_path(onward if isinstance(onward, str) else None))


routes = [
    show_sign_in, sign_in, play, sign_out, show_ask_reset, ask_reset, show_reset_password, reset_password,
    choose_language,
]  # fmt: skip
