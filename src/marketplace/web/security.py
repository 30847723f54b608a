"""What guards her account: second factors, recovery codes, recoveries under way."""

from uuid import UUID

from litestar import Response
from litestar.enums import MediaType
from wtforms import HiddenField, StringField

from marketplace.identity import passkeys, recoveries, second_factors
from marketplace.identity.models import User
from marketplace.identity.passkeys import Answered
from marketplace.identity.queries import password_hash_of
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.arriving import keep, party, vault
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import page, redirect
from marketplace.web.qr import drawn_qr
from marketplace.web.sign_in_factor import PASSKEY
from marketplace.web.stepping_up import is_stepped_up, require_step_up, step_up_first
from marketplace.web.visit import Visit

HERE = "/account/security"


class AppForm(Form):
    code = StringField(N_("Code that the app shows"), [Required(), Length(max=20)], filters=[strip])


class NewPasskeyForm(Form):
    name = StringField(
        N_("Name of the passkey"),
        [Required(), Length(max=60)],
        filters=[strip],
        description=N_("So that you know it again: “my phone”, “office computer”."),
    )
    credential = HiddenField(validators=[Length(max=20_000)])


class PasskeyNameForm(Form):
    name = StringField(N_("Name of the passkey"), [Required(), Length(max=60)], filters=[strip])


@get("/account/security", USER)
async def show_security(visit: Visit) -> Answer:
    """Everything that guards the account, on one page."""
    async with visit.read(fresh=True) as db:
        factors = await second_factors.of_user(db, visit.user.id)
        keys = await passkeys.of_user(db, visit.user.id)
        recovery = await recoveries.open_one(db, visit.user.id, at=visit.now)
        has_password = bool(await password_hash_of(db, visit.user.id))
    return page(
        visit,
        "security/show.html",
        factors=factors,
        passkeys=keys,
        recovery=recovery,
        has_password=has_password,
        may_change=is_stepped_up(visit),
        form=visit.blank(NewPasskeyForm),
    )


# -- authenticator app


@post("/account/security/app", USER)
async def begin_app(visit: Visit) -> Answer:
    """Make the secret that her app scans."""
    if ask := step_up_first(visit, HERE):
        return ask
    async with visit.write() as db:
        await second_factors.begin_app(db, visit.user.id, vault=vault(visit), at=visit.now)
    return redirect(visit, "/account/security/app")


@get("/account/security/app", USER)
async def show_app(visit: Visit) -> Answer:
    """The QR code, the same as letters, and a field for the first code."""
    if ask := step_up_first(visit, HERE):
        return ask
    return await _app_page(visit, visit.blank(AppForm))


async def _app_page(visit: Visit, form: AppForm, *, status: int = 200) -> Answer:
    async with visit.read(fresh=True) as db:
        secret = await second_factors.pending_app(db, visit.user.id, vault=vault(visit))
    if secret is None:
        return redirect(visit, HERE)
    account = visit.user.email or visit.user.phone or visit.user.name
    address = second_factors.scanned(secret, account=account, site=visit.settings.name)
    letters = " ".join(secret[i : i + 4] for i in range(0, len(secret), 4))
    qr = drawn_qr(address)
    return page(visit, "security/app.html", fragment="form", status=status, form=form, qr=qr, letters=letters)


@post("/account/security/app/confirm", USER)
async def confirm_app(visit: Visit) -> Answer:
    """The app works: sign-in asks for it from now on. With the first factor come ten recovery codes."""
    if ask := step_up_first(visit, HERE):
        return ask
    form = await visit.form(AppForm)
    if not form.validate():
        return await _app_page(visit, form, status=422)
    await limit(visit, "app-confirm", 10, minutes=15, who=str(visit.user.id))
    codes: list[str] = []
    async with visit.write() as db:
        code = form.code.data or ""
        is_right = await second_factors.confirm_app(db, visit.user.id, code, vault=vault(visit), at=visit.now)
        if is_right and not (await second_factors.of_user(db, visit.user.id)).codes_left:
            codes = await second_factors.new_codes(db, visit.user.id, at=visit.now)
    if not is_right:
        form.refuse(Invalid.at("code", N_("This is not what the app should show now. Is the phone's clock right?")))
        return await _app_page(visit, form, status=422)
    return _codes_page(visit, codes) if codes else redirect(visit, HERE, flash=N_("The app is set up."))


@post("/account/security/app/remove", USER)
async def remove_app(visit: Visit) -> Answer:
    """Sign-in asks for the app no more."""
    if ask := step_up_first(visit, HERE):
        return ask
    async with visit.write() as db:
        await second_factors.remove_app(db, visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("The app is removed."))


# -- recovery codes


@post("/account/security/codes", USER)
async def new_codes(visit: Visit) -> Answer:
    """Ten fresh codes in place of the old ones, shown this once."""
    if ask := step_up_first(visit, HERE):
        return ask
    async with visit.write() as db:
        codes = await second_factors.new_codes(db, visit.user.id, at=visit.now)
    return _codes_page(visit, codes)


def _codes_page(visit: Visit, codes: list[str]) -> Answer:
    return page(visit, "security/codes.html", codes=codes)


# -- passkeys


@post("/account/security/passkeys/options", USER)
async def ask_new_passkey(visit: Visit) -> Answer:
    """What the browser needs to make a passkey, as JSON for our own script."""
    require_step_up(visit)
    await limit(visit, "passkey-ask", 60, minutes=15)
    async with visit.write() as db:
        user = await db.get_one(User, visit.user.id)
        options, secret = await passkeys.ask_new(db, user, party=party(visit), at=visit.now)
    keep(visit, PASSKEY, secret)
    return Response(options, media_type=MediaType.JSON, headers={"Cache-Control": "private, no-store"})


@post("/account/security/passkeys", USER)
async def add_passkey(visit: Visit) -> Answer:
    """Keep the passkey that her device made. With the first factor come ten recovery codes."""
    if ask := step_up_first(visit, HERE):
        return ask
    form = await visit.form(NewPasskeyForm)
    if not form.validate() or not form.credential.data:
        raise passkeys.PasskeyRefused
    answered = Answered(visit.cookie(PASSKEY), form.credential.data)
    codes: list[str] = []
    async with visit.write() as db:
        name = form.name.data or ""
        await passkeys.add(db, visit.user.id, answered, name=name, party=party(visit), at=visit.now)
        if not (await second_factors.of_user(db, visit.user.id)).codes_left:
            codes = await second_factors.new_codes(db, visit.user.id, at=visit.now)
    visit.drop_cookie(PASSKEY)
    return _codes_page(visit, codes) if codes else redirect(visit, HERE, flash=N_("The passkey is added."))


@post("/account/security/passkeys/{id}/name", USER)
async def rename_passkey(visit: Visit, id: UUID) -> Answer:
    """Give it a better name."""
    form = await visit.form(PasskeyNameForm)
    form.validate()
    name = (form.name.data or "")[:60]
    async with visit.write() as db:
        await passkeys.rename(db, visit.user.id, id, name=name or "…")
    return redirect(visit, HERE, flash=N_("Saved."))


@post("/account/security/passkeys/{id}/remove", USER)
async def remove_passkey(visit: Visit, id: UUID) -> Answer:
    """It opens nothing any more."""
    async with visit.read(fresh=True) as db:
        await passkeys.own(db, visit.user.id, id)
    if ask := step_up_first(visit, HERE):
        return ask
    async with visit.write() as db:
        await passkeys.remove(db, visit.user.id, id, at=visit.now)
    return redirect(visit, HERE, flash=N_("The passkey is removed."))


@post("/account/security/recovery/cancel", USER)
async def cancel_recovery(visit: Visit) -> Answer:
    """She found her factor again, or never asked."""
    async with visit.write() as db:
        await recoveries.cancel(db, visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("The recovery is stopped: your second factors stay."))


routes = [
    show_security, begin_app, show_app, confirm_app, remove_app, new_codes,
    ask_new_passkey, add_passkey, rename_passkey, remove_passkey, cancel_recovery,
]  # fmt: skip
