"""Before what guards an account is changed, she proves again who she is: it lasts a quarter of an hour."""

from typing import Any, Literal
from urllib.parse import quote

from litestar import Response
from litestar.enums import MediaType
from wtforms import HiddenField, StringField
from wtforms.widgets import PasswordInput

from marketplace.identity import challenges, passkeys, phones, second_factors
from marketplace.identity import sessions as identity_sessions
from marketplace.identity.passkeys import Answered
from marketplace.identity.passwords import matches
from marketplace.identity.queries import password_hash_of
from marketplace.identity.rules import PASSWORD_MAX, STEP_UP_LASTS
from marketplace.identity.second_factors import Factors
from marketplace.kernel.errors import Conflict, Invalid, NotAllowed
from marketplace.kernel.i18n import N_
from marketplace.web import sessions
from marketplace.web.access import USER, Answer, get, post
from marketplace.web.arriving import keep, party, vault
from marketplace.web.forms import Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, local_path, page, redirect
from marketplace.web.sign_in_factor import PASSKEY, PasskeyForm
from marketplace.web.sign_in_phone import COOKIE as PHONE
from marketplace.web.sign_in_phone import limit_codes
from marketplace.web.visit import Visit

Way = Literal["factor", "password", "text"]
"""How she proves it: with a second factor where she has one, else her password, else a code to her phone."""
WRONG: dict[Way, str] = {
    "factor": N_("This code is wrong or was used already. Wait for the next one."),
    "password": N_("This is not your present password."),
    "text": N_("This is not the code we sent. Look again: six digits."),
}


class ProofForm(Form):
    proof = StringField(N_("Proof"), [Required(), Length(max=PASSWORD_MAX)])
    next = HiddenField(validators=[Length(max=600)])


class PasswordProofForm(ProofForm):
    proof = StringField(N_("Present password"), [Required(), Length(max=PASSWORD_MAX)], widget=PasswordInput())


class CodeProofForm(ProofForm):
    proof = StringField(N_("Code"), [Required(), Length(max=40)], filters=[strip])


def is_stepped_up(visit: Visit) -> bool:
    at = visit.user.stepped_up_at
    return at is not None and visit.now - at <= STEP_UP_LASTS


def step_up_first(visit: Visit, back: str) -> Answer | None:
    """`if ask := step_up_first(visit, "/account/security"): return ask`. What was posted is asked for again then."""
    if is_stepped_up(visit):
        return None
    return redirect(visit, f"/account/confirm?next={quote(back, safe='/')}")


def require_step_up(visit: Visit) -> None:
    """For what our own script asks. Raises: NotAllowed."""
    if not is_stepped_up(visit):
        raise NotAllowed(N_("Prove first that it is you."))


async def _ways(visit: Visit) -> tuple[Way, Factors]:
    async with visit.read(fresh=True) as db:
        factors = await second_factors.of_user(db, visit.user.id)
        has_password = bool(await password_hash_of(db, visit.user.id))
    if factors.are_set:
        return "factor", factors
    return ("password" if has_password else "text"), factors


def _kind(way: Way) -> type[ProofForm]:
    return PasswordProofForm if way == "password" else CodeProofForm


@get("/account/confirm", USER)
async def show_confirm(visit: Visit) -> Answer:
    """Ask for the strongest proof she has."""
    onward = local_path(visit.query.get("next"), "/account")
    way, factors = await _ways(visit)
    return _confirm_page(visit, visit.blank(_kind(way), data={"next": onward}), (way, factors))


def _confirm_page(visit: Visit, form: ProofForm, ways: tuple[Way, Factors], *, status: int = 200) -> Answer:
    way, factors = ways
    phone = phones.shown(visit.user.phone) if visit.user.phone else ""
    context: dict[str, Any] = {"form": form, "way": way, "factors": factors, "phone": phone}
    context["onward"] = local_path(form.next.data, "/account")
    return page(visit, "security/confirm.html", fragment="form", status=status, **context)


@post("/account/confirm", USER)
async def confirm(visit: Visit) -> Answer:
    """A right proof gives the session a new secret and a quarter of an hour."""
    way, factors = await _ways(visit)
    form = await visit.form(_kind(way))
    if not form.validate():
        return _confirm_page(visit, form, (way, factors), status=422)
    await limit(visit, "step-up", 10, minutes=15, who=str(visit.user.id))
    if not await _is_proved(visit, way, form.proof.data or ""):
        form.refuse(Invalid.at("proof", WRONG[way]))
        return _confirm_page(visit, form, (way, factors), status=422)
    return await _stepped_up(visit, local_path(form.next.data, "/account"))


async def _is_proved(visit: Visit, way: Way, proof: str) -> bool:
    if way == "password":
        async with visit.read(fresh=True) as db:
            stored = await password_hash_of(db, visit.user.id)
        return await matches(proof, stored)
    async with visit.write() as db:
        if way == "factor":
            return await second_factors.takes(db, visit.user.id, proof, vault=vault(visit), at=visit.now)
        found, is_right = await phones.answer(db, visit.cookie(PHONE), proof, purpose="step_up", at=visit.now)
        if found is None or found.user_id != visit.user.id or not is_right:
            return False
        await challenges.use(db, found, at=visit.now)
        return True


async def _stepped_up(visit: Visit, onward: str) -> Answer:
    async with visit.write() as db:
        secret = await identity_sessions.step_up(db, visit.user.session_id, at=visit.now)
    sessions.begin(visit, secret)
    return redirect(visit, onward)


@post("/account/confirm/text", USER)
async def text_code(visit: Visit) -> Answer:
    """Text a code to her number."""
    way, _ = await _ways(visit)
    if way != "text" or not visit.user.phone:
        raise Conflict(N_("You prove it another way: look at the page again."))
    form = await visit.form(ProofForm)
    await limit_codes(visit, visit.user.phone)
    async with visit.write() as db:
        secret = await phones.send_code(
            db, visit.user.phone, purpose="step_up", user_id=visit.user.id, locale=visit.locale, at=visit.now
        )
    keep(visit, PHONE, secret)
    onward = quote(local_path(form.next.data, "/account"), safe="/")
    flash = Flash(N_("A code is on its way to your phone."), tone="note")
    return redirect(visit, f"/account/confirm?next={onward}", flash=flash)


@post("/account/confirm/passkey/options", USER)
async def ask_passkey(visit: Visit) -> Answer:
    """What the browser needs to sign with one of her passkeys, as JSON for our own script."""
    await limit(visit, "passkey-ask", 60, minutes=15)
    async with visit.write() as db:
        options, secret = await passkeys.ask_for_one(
            db, "step_up", user_id=visit.user.id, party=party(visit), at=visit.now
        )
    keep(visit, PASSKEY, secret)
    return Response(options, media_type=MediaType.JSON, headers={"Cache-Control": "private, no-store"})


@post("/account/confirm/passkey", USER)
async def confirm_by_passkey(visit: Visit) -> Answer:
    """One of her passkeys proves it."""
    form = await visit.form(PasskeyForm)
    if not form.validate():
        raise passkeys.PasskeyRefused
    answered = Answered(visit.cookie(PASSKEY), form.credential.data or "")
    async with visit.write() as db:
        whose, _ = await passkeys.check(db, answered, purpose="step_up", party=party(visit), at=visit.now)
        if whose != visit.user.id:
            raise passkeys.PasskeyRefused
    visit.drop_cookie(PASSKEY)
    return await _stepped_up(visit, local_path(form.next.data, "/account"))


routes = [show_confirm, confirm, text_code, ask_passkey, confirm_by_passkey]
