"""People are told once, in their own words, and only by mail what they want by mail."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.engines.notify.models import Mail, TextMessage
from marketplace.engines.notify.rendering import messages, needed
from marketplace.identity.models import User
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.messages import actions, queries
from marketplace.messages.rules import KIND_OF, KINDS, Wish
from tests.cast import Cast

GIG = {"gig": "A shop for pottery", "organisation": "AgriTrack"}


async def tell(db: Session, cast: Cast, message: str = "gig_filled") -> None:
    await actions.notify(db, cast.ayesha.id, message, GIG, link="/gigs", at=clock.now())


async def mails(db: Session) -> list[Mail]:
    return list((await db.execute(select(Mail).order_by(Mail.id))).scalars())


async def page(db: Session, cast: Cast, locale: str = "en", **options):
    return await queries.notices_of(db, cast.ayesha.id, locale=locale, time_zone="Asia/Karachi", **options)


async def off(db: Session, user: User) -> set[str]:
    """The kinds that do not come by mail."""
    found = await queries.preferences_of(db, user.id, has_email=True, has_phone=False)
    return {kind.name for kind, ways in found if not ways.by_mail}


async def texts(db: Session) -> list[str]:
    return list((await db.execute(select(TextMessage.to).order_by(TextMessage.id))).scalars())


def test_every_message_has_one_kind_and_every_listed_one_has_words() -> None:
    assert set(KIND_OF) == set(messages())
    assert sum(len(kind.messages) for kind in KINDS) == len(KIND_OF)


async def test_a_notice_and_its_mail_are_written_together(db: Session, cast: Cast) -> None:
    await tell(db, cast)

    (notice,) = (await page(db, cast)).notices
    assert notice.text == "“A shop for pottery” went to somebody else"
    assert (notice.link, notice.is_read, notice.kind.name) == ("/gigs", False, "proposals")
    (mail,) = await mails(db)
    assert (mail.to, mail.message, mail.unsubscribe) == (
        "ayesha@test.example",
        "gig_filled",
        f"{cast.ayesha.id}:proposals",
    )


async def test_what_is_switched_off_comes_as_a_notice_only(db: Session, cast: Cast) -> None:
    await actions.prefer(db, cast.ayesha.id, {"proposals": Wish(by_mail=False)})
    await tell(db, cast)

    assert await queries.unread_count(db, cast.ayesha.id) == 1
    assert await mails(db) == []

    await actions.prefer(db, cast.ayesha.id, {"proposals": Wish()})
    await tell(db, cast)
    assert len(await mails(db)) == 1


async def test_who_has_a_phone_only_is_told_by_sms(db: Session, cast: Cast) -> None:
    cast.ayesha.email, cast.ayesha.phone = None, "+923001234567"
    await db.flush()
    await tell(db, cast)
    assert await mails(db) == []
    assert await texts(db) == ["+923001234567"]

    await actions.prefer(db, cast.ayesha.id, {"proposals": Wish(by_sms=False)})
    await tell(db, cast)
    assert len(await texts(db)) == 1
    assert await queries.unread_count(db, cast.ayesha.id) == 2, "the notice is always written"


async def test_who_has_both_gets_sms_only_where_she_asks_for_it(db: Session, cast: Cast) -> None:
    cast.ayesha.phone = "+923001234567"
    await db.flush()
    await tell(db, cast)
    assert (len(await mails(db)), await texts(db)) == (1, [])

    await actions.prefer(db, cast.ayesha.id, {"proposals": Wish(by_mail=False, by_sms=True)})
    await tell(db, cast)
    assert (len(await mails(db)), len(await texts(db))) == (1, 1)


async def test_stop_ends_every_sms_and_leaves_the_mails(db: Session, cast: Cast) -> None:
    cast.ayesha.phone = "+923001234567"
    await actions.prefer(db, cast.ayesha.id, {kind.name: Wish(by_sms=True) for kind in KINDS if kind.can_be_off})
    await actions.stop_texts(db, cast.ayesha.id)
    await tell(db, cast)
    assert (len(await mails(db)), await texts(db)) == (1, [])
    found = await queries.preferences_of(db, cast.ayesha.id, has_email=False, has_phone=True)
    assert not any(ways.by_sms for _kind, ways in found), "what always comes too"


async def test_every_mail_that_can_be_switched_off_says_how(db: Session, cast: Cast) -> None:
    """Its row names who may end what; the mailroom makes List-Unsubscribe of it (tests/engines/notify)."""
    for kind in KINDS:
        message = kind.messages[0]
        values = dict.fromkeys(needed(message), "x")
        await actions.notify(db, cast.hina.id, message, values, link="/", at=clock.now())
    written = {mail.message: mail.unsubscribe for mail in await mails(db)}
    expected = {kind.messages[0]: f"{cast.hina.id}:{kind.name}" if kind.can_be_off else "" for kind in KINDS}
    assert written == expected


async def test_mails_about_the_account_can_not_be_switched_off(db: Session, cast: Cast) -> None:
    for kind in ("account", "nonsense"):
        with pytest.raises(Invalid):
            await actions.prefer(db, cast.ayesha.id, {kind: Wish(by_mail=False)})

    assert "account" not in await off(db, cast.ayesha)


async def test_an_unsubscribe_link_ends_one_kind_for_one_person(db: Session, cast: Cast) -> None:
    assert await actions.unsubscribe(db, f"{cast.ayesha.id}:proposals") == "proposals"

    assert await off(db, cast.ayesha) == {"proposals"}
    assert await off(db, cast.hina) == set()
    with pytest.raises(NotFound):
        await actions.unsubscribe(db, f"{cast.ayesha.id}:account")


async def test_reading_is_hers_alone(db: Session, cast: Cast) -> None:
    await tell(db, cast)
    (notice,) = (await page(db, cast)).notices

    with pytest.raises(NotFound):
        await actions.mark_read(db, cast.hina.id, notice.id, at=clock.now())
    assert await queries.unread_count(db, cast.ayesha.id) == 1

    assert await actions.mark_read(db, cast.ayesha.id, notice.id, at=clock.now()) == "/gigs"
    assert await queries.unread_count(db, cast.ayesha.id) == 0


async def test_what_came_while_she_read_stays_unread(db: Session, cast: Cast) -> None:
    await tell(db, cast)
    opened = clock.now()
    clock.advance(timedelta(seconds=5))
    await tell(db, cast)

    await actions.mark_all_read(db, cast.ayesha.id, until=opened, at=clock.now())

    assert [each.is_read for each in (await page(db, cast)).notices] == [False, True]


async def test_pages_hold_every_notice_once(db: Session, cast: Cast) -> None:
    for _ in range(queries.PAGE + 3):
        await tell(db, cast)

    first = await page(db, cast)
    second = await page(db, cast, after=first.after)
    ids = [each.id for each in first.notices + second.notices]

    assert len(ids) == len(set(ids)) == queries.PAGE + 3
    assert ids == sorted(ids, reverse=True)
    assert second.after is None


async def test_an_unknown_person_or_message_is_a_mistake_of_ours(db: Session, cast: Cast) -> None:
    with pytest.raises(KeyError):
        await actions.notify(db, cast.ayesha.id, "nonsense", GIG, link="/", at=clock.now())
    with pytest.raises(AssertionError, match="organisation"):
        await actions.notify(db, cast.ayesha.id, "gig_filled", {"gig": "x"}, link="/", at=clock.now())
    assert await mails(db) == []


async def test_a_closed_account_gets_no_mail(db: Session, cast: Cast) -> None:
    cast.ayesha.closed_at = clock.now()
    db.add(cast.ayesha)
    await db.flush()

    await tell(db, cast)

    assert await mails(db) == []
