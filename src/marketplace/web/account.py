"""Her account: name, language, time zone, address, password, sessions, hats."""

from typing import Any
from uuid import UUID

from wtforms import EmailField, PasswordField, SelectMultipleField, StringField

from marketplace.identity import actions, organisations, phones, queries, tokens
from marketplace.identity import sessions as identity_sessions
from marketplace.identity.passwords import hash_password, matches
from marketplace.identity.rules import PASSWORD_MAX, TIME_ZONES, check_password
from marketplace.kernel import ids
from marketplace.kernel.errors import Conflict, Invalid
from marketplace.kernel.i18n import LOCALE_NAMES, N_
from marketplace.privacy import deletions
from marketplace.web import sessions
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.forms import ChoiceField, CreatingForm, Email, Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.stepping_up import step_up_first
from marketplace.web.visit import Visit

_NO_REFERRER = {"Referrer-Policy": "no-referrer"}
WRONG_PASSWORD = N_("This is not your present password.")
KINDS: dict[str, str] = {
    "employer": N_("We hire"),
    "organiser": N_("We organise fairs"),
    "training_provider": N_("We train people"),
    "park_operator": N_("We run a park or centre"),
}


class SettingsForm(Form):
    name = StringField(N_("Your name"), [Required(), Length(max=80)], filters=[strip])
    language = ChoiceField(N_("Language"), choices=LOCALE_NAMES)
    time_zone = ChoiceField(
        N_("Time zone"),
        choices={zone: zone.replace("_", " ") for zone in TIME_ZONES},
        description=N_("Deadlines are shown in it."),
    )
    gender = ChoiceField(
        N_("I am"),
        choices={"": N_("I'd rather not say"), "woman": N_("a woman"), "man": N_("a man")},
        default="",
        description=N_("Only used for women-only sessions, and never shown to anybody."),
    )


class AddressForm(Form):
    email = EmailField(N_("New e-mail"), [Required(), Length(max=254), Email()], filters=[strip])
    password = PasswordField(N_("Present password"), [Required(), Length(max=PASSWORD_MAX)])


class PasswordForm(Form):
    present = PasswordField(N_("Present password"), [Required(), Length(max=PASSWORD_MAX)])
    password = PasswordField(
        N_("New password"),
        [Required(), Length(max=PASSWORD_MAX)],
        description=N_("At least 8 letters; a few words are fine."),
    )


class OrganisationForm(CreatingForm):
    name = StringField(N_("Name of the organisation"), [Required(), Length(max=120)], filters=[strip])
    kinds = SelectMultipleField(
        N_("What it does"),
        [Required()],
        choices=KINDS,
        default=["employer"],
        description=N_("One or several; each opens its own pages."),
    )


# -- overview and settings


@get("/account", USER)
async def show_account(visit: Visit) -> Answer:
    """All of her account on one page."""
    user = visit.user
    async with visit.read() as db:
        gender = await queries.gender_of(db, user.id)
    known = {"name": user.name, "language": user.locale, "time_zone": user.time_zone, "gender": gender or ""}
    return await _account_page(visit, visit.blank(SettingsForm, data=known))


async def _account_page(visit: Visit, form: SettingsForm, *, status: int = 200) -> Answer:
    async with visit.read() as db:
        open_sessions = await identity_sessions.of_user(db, visit.user.id, at=visit.now)
        deletion = await deletions.open_one(db, visit.user.id)
    phone = phones.shown(visit.user.phone) if visit.user.phone else ""
    context: dict[str, Any] = {"form": form, "sessions": open_sessions, "phone": phone, "deletion": deletion}
    return page(visit, "account/show.html", fragment="settings", status=status, **context)


@post("/account", USER)
async def change_settings(visit: Visit) -> Answer:
    """Change name, language, time zone."""
    form = await visit.form(SettingsForm)
    if not form.validate():
        return await _account_page(visit, form, status=422)
    async with visit.write() as db:
        chosen = actions.PersonalSettings(
            form.name.data or "", form.language.data, form.time_zone.data, form.gender.data or None
        )
        await actions.change_settings(db, visit.user.id, chosen)
    return redirect(visit, "/account", flash=N_("Saved."))


@post("/account/verification", USER)
async def send_verification(visit: Visit) -> Answer:
    """Send the mail that verifies her address once more."""
    await limit(visit, "verification", 3, minutes=60, who=str(visit.user.id))
    async with visit.write() as db:
        user = await actions.find_user(db, visit.user.email)
        if user is not None and user.email_verified_at is None:
            await actions.send_verification(db, user, at=visit.now)
    flash = Flash(N_("A mail to %(email)s is on its way."), tone="note", values={"email": visit.user.email})
    return redirect(visit, "/account", flash=flash)


# -- address and password: the present password is asked, and the session gets a new secret


async def _has_password(visit: Visit) -> bool:
    async with visit.read(fresh=True) as db:
        return bool(await queries.password_hash_of(db, visit.user.id))


async def _is_her_password(visit: Visit, password: str) -> bool:
    await limit(visit, "password", 10, minutes=15, who=str(visit.user.id))
    async with visit.read(fresh=True) as db:
        stored = await queries.password_hash_of(db, visit.user.id)
    return await matches(password, stored)


@get("/account/address", USER)
async def show_change_address(visit: Visit) -> Answer:
    """Ask for the new address and the password; without a password for another proof first."""
    form = visit.blank(AddressForm)
    if not await _has_password(visit):
        if ask := step_up_first(visit, "/account/address"):
            return ask
        del form.password
    return page(visit, "account/address.html", form=form)


@post("/account/address", USER)
async def ask_change_of_address(visit: Visit) -> Answer:
    """Mail a link to the new address."""
    form = await visit.form(AddressForm)
    if not (has_password := await _has_password(visit)):
        if ask := step_up_first(visit, "/account/address"):
            return ask
        del form.password
    if form.validate():
        with form.catching():
            if has_password and not await _is_her_password(visit, form.password.data or ""):
                raise Invalid.at("password", WRONG_PASSWORD)
            async with visit.write() as db:
                await actions.ask_change_of_email(db, visit.user.id, form.email.data or "", at=visit.now)
                secret = await identity_sessions.step_up(db, visit.user.session_id, at=visit.now)
            sessions.begin(visit, secret)
            text = N_("A mail to %(email)s is on its way. Your address changes when you open its link.")
            return redirect(visit, "/account", flash=Flash(text, tone="note", values={"email": form.email.data or ""}))
    return page(visit, "account/address.html", fragment="form", status=422, form=form)


@get("/account/address/{secret}", USER)
async def show_new_address(visit: Visit, secret: str) -> Answer:
    """Ask for the one press that proves the new address."""
    async with visit.read() as db:
        token = await tokens.look(db, secret, purpose="change_email", at=visit.now)
    if token.user_id != visit.user.id:
        raise tokens.LinkOver
    return page(visit, "account/new_address.html", headers=_NO_REFERRER, email=token.email, secret=secret)


@post("/account/address/{secret}", USER)
async def change_address(visit: Visit, secret: str) -> Answer:
    """The new address takes the place of the old one."""
    try:
        async with visit.write() as db:
            await actions.change_email(db, secret, user_id=visit.user.id, at=visit.now)
    except Invalid as error:
        raise Conflict(error.msgid) from error
    return redirect(visit, "/account", flash=N_("Your address is changed."))


@get("/account/password", USER)
async def show_change_password(visit: Visit) -> Answer:
    """Ask for the present and the new password; without a present one for another proof first."""
    form = visit.blank(PasswordForm)
    if not await _has_password(visit):
        if ask := step_up_first(visit, "/account/password"):
            return ask
        del form.present
    return page(visit, "account/password.html", form=form)


@post("/account/password", USER)
async def change_password(visit: Visit) -> Answer:
    """Set the new password; her other sessions end."""
    form = await visit.form(PasswordForm)
    if not (has_password := await _has_password(visit)):
        if ask := step_up_first(visit, "/account/password"):
            return ask
        del form.present
    if form.validate():
        password = form.password.data or ""
        with form.catching():
            if has_password and not await _is_her_password(visit, form.present.data or ""):
                raise Invalid.at("present", WRONG_PASSWORD)
            check_password(password, email=visit.user.email, name=visit.user.name)
            hashed = await hash_password(password)
            async with visit.write() as db:
                secret = await actions.change_password(
                    db, visit.user.id, password_hash=hashed, session_id=visit.user.session_id, at=visit.now
                )
            sessions.begin(visit, secret)
            flash = N_("Your new password is set. Your other devices are signed out.")
            return redirect(visit, "/account", flash=flash)
    return page(visit, "account/password.html", fragment="form", status=422, form=form)


# -- sessions and hats


@post("/account/sessions/{id}/end", USER)
async def end_session(visit: Visit, id: UUID) -> Answer:
    """Sign out one of her devices."""
    async with visit.write() as db:
        await identity_sessions.end(db, id, user_id=visit.user.id, at=visit.now)
    return redirect(visit, "/account", flash=N_("That device is signed out."))


@post("/account/sessions/end-others", USER)
async def end_other_sessions(visit: Visit) -> Answer:
    """Sign out all devices but this one."""
    async with visit.write() as db:
        await identity_sessions.end_all(db, visit.user.id, but=visit.user.session_id, at=visit.now)
    return redirect(visit, "/account", flash=N_("All your other devices are signed out."))


@post("/account/hat", USER)
async def choose_hat(visit: Visit) -> Answer:
    """Act for one of her organisations, or for herself."""
    posted = await visit.posted()
    chosen, onward = posted.get("organisation"), posted.get("next")
    organisation_id = ids.parse(chosen) if isinstance(chosen, str) and chosen else None
    async with visit.write() as db:
        await organisations.choose_hat(db, visit.user.session_id, organisation_id, user_id=visit.user.id)
    return redirect(visit, local_path(onward if isinstance(onward, str) else None, "/account"))


@get("/organisations/new", USER)
async def new_organisation(visit: Visit) -> Answer:
    """Ask for its name and what it does."""
    return page(visit, "account/organisation.html", form=visit.blank(OrganisationForm))


@post("/organisations", USER)
async def create_organisation(visit: Visit) -> Answer:
    """Make an organisation, of which she is the owner, and act for it from now on."""
    form = await visit.form(OrganisationForm)
    if not form.validate():
        return page(visit, "account/organisation.html", fragment="form", status=422, form=form)
    await limit(visit, "organisation", 10, minutes=24 * 60, who=str(visit.user.id))
    async with visit.submit(form, back="/account") as step:
        if step.is_first:
            made = await organisations.create_organisation(
                step.db, visit.user.id, name=form.name.data or "", kinds=form.kinds.data or [], at=visit.now
            )
            await organisations.choose_hat(step.db, visit.user.session_id, made.id, user_id=visit.user.id)
            step.location = "/account"
    return redirect(visit, step.location, flash=N_("The organisation is made. You act for it now."))


routes = [
    show_account, change_settings, send_verification, show_change_address, ask_change_of_address, show_new_address,
    change_address, show_change_password, change_password, end_session, end_other_sessions, choose_hat,
    new_organisation, create_organisation,
]  # fmt: skip
