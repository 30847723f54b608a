"""Who sits in an organisation, with which role; inviting, joining, leaving."""

from typing import Any
from uuid import UUID

from wtforms import EmailField

from marketplace.identity import organisations, roles, seats
from marketplace.identity.models import MembershipRole
from marketplace.identity.roles import POWERS, ROLES
from marketplace.identity.seats import Invitee
from marketplace.kernel.errors import Invalid
from marketplace.kernel.i18n import N_
from marketplace.web.access import EMPLOYER, PUBLIC, USER, Answer, get, post
from marketplace.web.forms import ChoiceField, Email, Form, Length, Required, strip
from marketplace.web.limits import limit
from marketplace.web.pages import Flash, page, redirect
from marketplace.web.visit import Visit

HERE = "/organisation/seats"
_NO_REFERRER = {"Referrer-Policy": "no-referrer"}
_TITLES: dict[str, str] = {**ROLES}


class InviteForm(Form):
    email = EmailField(N_("E-mail"), [Required(), Length(max=254), Email()], filters=[strip])
    role = ChoiceField(N_("Role"), choices=_TITLES, default="member")


class RoleForm(Form):
    role = ChoiceField(N_("Role"), choices=_TITLES)


@get("/organisation/seats", EMPLOYER)
async def show_seats(visit: Visit) -> Answer:
    """Everybody of the organisation she acts for, open invitations, and what each role may do."""
    return await _seats_page(visit, visit.blank(InviteForm))


async def _seats_page(visit: Visit, form: InviteForm, *, status: int = 200) -> Answer:
    organisation = visit.organisation
    is_owner = roles.may(organisation.role, "seats")
    async with visit.read(fresh=True) as db:
        members = await seats.seats_of(db, organisation.id)
        invited = await seats.invitations_of(db, organisation.id) if is_owner else ()
    context: dict[str, Any] = {"organisation": organisation, "members": members, "invited": invited, "form": form}
    context |= {"is_owner": is_owner, "roles": ROLES, "powers": POWERS}
    return page(visit, "seats/show.html", fragment="invite", status=status, **context)


@post("/organisation/seats/invitations", EMPLOYER)
async def invite(visit: Visit) -> Answer:
    """Mail somebody the link to a seat."""
    form = await visit.form(InviteForm)
    if form.validate():
        await limit(visit, "seat-invitation", 30, minutes=24 * 60, who=str(visit.user.id))
        invitee = Invitee(form.email.data or "", form.role.data)
        with form.catching():
            async with visit.write() as db:
                await seats.invite(db, visit.organisation.id, invitee, by=visit.user.id, at=visit.now)
            text = N_("An invitation to %(email)s is on its way. It works for seven days.")
            return redirect(visit, HERE, flash=Flash(text, values={"email": invitee.email}))
    return await _seats_page(visit, form, status=422)


@post("/organisation/seats/invitations/{id}/send", EMPLOYER)
async def send_again(visit: Visit, id: UUID) -> Answer:
    """Mail a fresh link in place of the old one."""
    async with visit.read(fresh=True) as db:
        await seats.check_invitation(db, visit.organisation.id, id, by=visit.user.id)
    await limit(visit, "seat-invitation", 30, minutes=24 * 60, who=str(visit.user.id))
    async with visit.write() as db:
        await seats.send_again(db, visit.organisation.id, id, by=visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("A new link is on its way. The old one works no more."))


@post("/organisation/seats/invitations/{id}/revoke", EMPLOYER)
async def revoke(visit: Visit, id: UUID) -> Answer:
    """The link stops working."""
    async with visit.write() as db:
        await seats.revoke(db, visit.organisation.id, id, by=visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("The invitation is taken back."))


@post("/organisation/seats/{id}/role", EMPLOYER)
async def change_role(visit: Visit, id: UUID) -> Answer:
    """Give a member another role."""
    form = await visit.form(RoleForm)
    async with visit.read(fresh=True) as db:
        await seats.check_seat(db, visit.organisation.id, id, by=visit.user.id)
    if not form.validate():
        raise Invalid.at("role", N_("Choose a role from the list."))
    role: MembershipRole = form.role.data
    async with visit.write() as db:
        await seats.change_role(db, visit.organisation.id, id, role, by=visit.user.id, at=visit.now)
    return redirect(visit, HERE, flash=N_("The role is changed."))


@post("/organisation/seats/{id}/remove", EMPLOYER)
async def remove(visit: Visit, id: UUID) -> Answer:
    """Take a seat away, or leave."""
    async with visit.write() as db:
        await seats.remove(db, visit.organisation.id, id, by=visit.user.id, at=visit.now)
    if id == visit.user.id:
        text = N_("You left %(name)s.")
        return redirect(visit, "/account", flash=Flash(text, values={"name": visit.organisation.name}))
    return redirect(visit, HERE, flash=N_("The seat is free again."))


# -- the mailed link: shown by GET, which changes nothing, used by POST


@get("/join/{secret}", PUBLIC)
async def show_invitation(visit: Visit, secret: str) -> Answer:
    """Who invites to what; a visitor signs in or up first and comes back."""
    async with visit.read(fresh=True) as db:
        invitation, organisation = await seats.look(db, secret, at=visit.now)
    context: dict[str, Any] = {"organisation": organisation.name, "role": _TITLES[invitation.role], "secret": secret}
    context |= {"until": invitation.expires_at, "powers": [p for p in POWERS if invitation.role in p.roles]}
    return page(visit, "seats/join.html", headers=_NO_REFERRER, **context)


@post("/join/{secret}", USER)
async def join(visit: Visit, secret: str) -> Answer:
    """Take the seat and act for the organisation from now on."""
    async with visit.write() as db:
        joined = await seats.accept(db, secret, by=visit.user.id, at=visit.now)
        await organisations.choose_hat(db, visit.user.session_id, joined.id, user_id=visit.user.id)
    text = N_("Welcome to %(name)s. You act for it now.")
    return redirect(visit, HERE, flash=Flash(text, values={"name": joined.name}))


routes = [show_seats, invite, send_again, revoke, change_role, remove, show_invitation, join]
