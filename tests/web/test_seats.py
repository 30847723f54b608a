"""Seats of an organisation: invited by a link that works once, changed by owners, and never without an owner."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from marketplace.contracts import actions as contracts
from marketplace.engines.notify.models import Mail
from marketplace.identity import roles
from marketplace.identity.models import AuditLine, Membership, SeatInvitation, UserSession
from marketplace.kernel import clock, ids
from marketplace.kernel.database import Session
from marketplace.kernel.errors import NotAllowed
from tests.cast import BORN, Cast
from tests.contracts.scenes import agreed, milestone
from tests.visitors import Browse
from tests.web.test_sign_up import mailed_link

HERE = "/organisation/seats"


async def invited(browse: Browse, db: Session, cast: Cast, role: str = "hiring", email: str = "hina@test.example"):
    boss = await browse(cast.bilal)
    sent = await boss.submit(f"{HERE}/invitations", {"email": email, "role": role}, shown_on=HERE)
    assert sent.status_code == 303
    return await mailed_link(db, "seat_invitation", email)


async def role_of(db: Session, cast: Cast, user_id) -> str | None:
    mine = select(Membership.role).where(Membership.organisation_id == cast.agritrack.id)
    return await db.scalar(mine.where(Membership.user_id == user_id))


async def sits(db: Session, cast: Cast, user, role: str) -> None:
    db.add(Membership(user_id=user.id, organisation_id=cast.agritrack.id, role=role, created_at=BORN))
    await db.commit()


async def test_hina_joins_by_her_link_once_and_acts_for_the_company(browse: Browse, db: Session, cast: Cast) -> None:
    link = await invited(browse, db, cast)
    visitor, hina, other = await browse(), await browse(cast.hina), await browse(cast.ayesha)
    shown = await visitor.get(link)
    assert "AgriTrack invites you" in shown.text and shown.headers["referrer-policy"] == "no-referrer"
    assert f"/sign-in?next={link}" in shown.text
    assert (await visitor.submit(link, shown_on="/sign-in")).headers["location"].startswith("/sign-in")

    joined = await hina.submit(link, shown_on=link)

    assert joined.headers["location"] == HERE
    assert await role_of(db, cast, cast.hina.id) == "hiring"
    assert "Seats of AgriTrack" in (await hina.get(HERE)).text
    assert (await other.get(link)).status_code == 410
    assert (await other.submit(link, shown_on="/account")).status_code == 410
    assert await db.scalar(select(func.count()).where(Mail.message == "seat_joined")) == 1
    lines = select(AuditLine.action).where(AuditLine.subject_id == cast.agritrack.id).order_by(AuditLine.id)
    assert (await db.scalars(lines)).all()[-2:] == ["seat.invited", "seat.taken"]


async def test_a_link_is_over_after_seven_days_when_revoked_and_when_sent_anew(
    browse: Browse, db: Session, cast: Cast
) -> None:
    old, boss, visitor = await invited(browse, db, cast), await browse(cast.bilal), await browse()
    one = ids.short(await db.scalar(select(SeatInvitation.id)))
    await boss.submit(f"{HERE}/invitations/{one}/send", shown_on=HERE)
    new = await mailed_link(db, "seat_invitation", "hina@test.example")
    assert (await visitor.get(old)).status_code == 410 and (await visitor.get(new)).status_code == 200
    clock.advance(timedelta(days=8))
    assert (await visitor.get(new)).status_code == 410
    again = await invited(browse, db, cast, role="finance")
    assert await db.scalar(select(func.count()).select_from(SeatInvitation)) == 1, "asked again is the same invitation"
    await boss.submit(f"{HERE}/invitations/{one}/revoke", shown_on=HERE)
    assert (await visitor.get(again)).status_code == 410
    assert (await boss.submit(f"{HERE}/invitations/{one}/send", shown_on=HERE)).status_code == 404


async def test_who_has_a_seat_is_not_invited_and_keeps_her_role(browse: Browse, db: Session, cast: Cast) -> None:
    boss = await browse(cast.bilal)
    sent = {"email": "BILAL@test.example", "role": "member"}
    refused = await boss.submit(f"{HERE}/invitations", sent, shown_on=HERE)
    assert refused.status_code == 422 and "has a seat already" in refused.text
    link = await invited(browse, db, cast, role="member", email="else@test.example")
    await boss.submit(link, shown_on=link)
    assert await role_of(db, cast, cast.bilal.id) == "owner", "an owner who opens the link stays one"


async def test_only_owners_change_seats(browse: Browse, db: Session, cast: Cast) -> None:
    await sits(db, cast, cast.hina, "hiring")
    await sits(db, cast, cast.ayesha, "member")
    hina, ayesha_seat = await browse(cast.hina), ids.short(cast.ayesha.id)
    for path, sent in (
        (f"{HERE}/invitations", {"email": "x@test.example", "role": "owner"}),
        (f"{HERE}/{ayesha_seat}/role", {"role": "owner"}),
        (f"{HERE}/{ayesha_seat}/remove", {}),
        (f"{HERE}/{ids.short(cast.hina.id)}/role", {"role": "owner"}),
    ):
        assert (await hina.submit(path, sent, shown_on=HERE)).status_code == 403, path
    assert await role_of(db, cast, cast.ayesha.id) == "member"
    assert await role_of(db, cast, cast.hina.id) == "hiring"


async def test_the_last_owner_stays_and_whoever_leaves_loses_the_hat(browse: Browse, db: Session, cast: Cast) -> None:
    await sits(db, cast, cast.hina, "member")
    boss, own = await browse(cast.bilal), f"{HERE}/{ids.short(cast.bilal.id)}"
    assert (await boss.submit(f"{own}/remove", shown_on=HERE)).status_code == 409
    assert (await boss.submit(f"{own}/role", {"role": "member"}, shown_on=HERE)).status_code == 409
    await boss.submit(f"{HERE}/{ids.short(cast.hina.id)}/role", {"role": "owner"}, shown_on=HERE)
    assert await role_of(db, cast, cast.hina.id) == "owner"
    assert await db.scalar(select(func.count()).where(Mail.message == "seat_changed")) == 1
    await boss.submit("/account/hat", {"organisation": ids.short(cast.agritrack.id)})
    left = await boss.submit(f"{own}/remove", shown_on=HERE)
    assert left.headers["location"] == "/account"
    assert await role_of(db, cast, cast.bilal.id) is None
    assert await db.scalar(select(UserSession.organisation_id).where(UserSession.user_id == cast.bilal.id)) is None
    assert (await boss.get(HERE)).status_code == 403


async def test_the_page_shows_what_each_role_may(browse: Browse, cast: Cast) -> None:
    shown = (await (await browse(cast.bilal)).get(HERE)).text
    rows = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', shown, re.S)
    assert [len(re.findall("#check", cells)) for _, cells in rows] == [len(power.roles) for power in roles.POWERS]
    menu = shown[shown.index("menu-body") :]
    assert f'href="{HERE}"' in menu


async def test_only_owners_and_finance_pay(browse: Browse, db: Session, cast: Cast) -> None:
    contract = await agreed(db, cast)
    part = await milestone(db, contract)
    await sits(db, cast, cast.hina, "hiring")
    with pytest.raises(NotAllowed):
        await contracts.fund_milestone(
            db, part, success_url="https://x", cancel_url="https://x", by=cast.hina.id, at=clock.now()
        )
    hina = await browse(cast.hina)
    path = f"/contracts/{ids.short(contract.id)}/milestones/1"
    answer = await hina.submit(f"{path}/fund", shown_on=path)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert "Only owners and those who pay" in (await hina.get(path)).text
    assert (await hina.get("/money?as=employer")).status_code == 403
    await db.refresh(part)
    assert part.state == "planned"
