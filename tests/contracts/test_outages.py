"""An outage of a place stops the clocks of those who work there, and only theirs; a bank's pause is not ended by it."""

from datetime import timedelta

import pytest

from marketplace.contracts import outages, rules
from marketplace.contracts.chargebacks import PAUSED as AT_THE_BANK
from marketplace.engines.deadlines import actions as deadlines
from marketplace.kernel import clock
from marketplace.kernel.database import Session
from marketplace.kernel.errors import Invalid
from marketplace.places import outages as places
from marketplace.places.actions import load_places
from tests.cast import Cast
from tests.contracts import scenes

HOURS = timedelta(hours=30)


async def test_the_clocks_stand_still_and_dates_move_by_its_length(db: Session, cast: Cast) -> None:
    await load_places(db)
    cast.ayesha_profile.district = "multan"
    contract = await scenes.agreed(db, cast)
    part = await scenes.delivered(db, cast, contract)
    subject = ("milestone", part.id)
    before = (await deadlines.of(db, subject))[rules.REVIEW].due_at
    due = part.due_at
    assert due is not None

    outage = await places.report(db, place="multan", cause="Power cut", by=cast.sana.id, at=clock.now())
    await outages.pause(db, outage)
    stopped = await deadlines.of(db, subject)
    assert {kind for kind, each in stopped.items() if each.state == "paused"} == {rules.REVIEW, rules.DUE}
    clock.advance(HOURS)
    await places.end(db, outage.id, by=cast.sana.id, at=outage.began_at + HOURS)
    await outages.resume(db, outage, at=outage.began_at + HOURS)

    assert (await deadlines.of(db, subject))[rules.REVIEW].due_at == before + HOURS
    assert part.due_at == due + HOURS


async def test_others_clocks_run(db: Session, cast: Cast) -> None:
    await load_places(db)
    cast.ayesha_profile.district = "bahawalpur"
    part = await scenes.delivered(db, cast, await scenes.agreed(db, cast))
    outage = await places.report(db, place="multan", cause="Flood", by=cast.sana.id, at=clock.now())
    await outages.pause(db, outage)
    assert {each.state for each in (await deadlines.of(db, ("milestone", part.id))).values()} == {"running"}


async def test_its_end_leaves_a_pause_of_the_bank_alone(db: Session, cast: Cast) -> None:
    await load_places(db)
    cast.ayesha_profile.district = "multan"
    part = await scenes.delivered(db, cast, await scenes.agreed(db, cast))
    subject = ("milestone", part.id)
    await deadlines.pause(db, rules.REVIEW, subject=subject, at=clock.now(), reason=AT_THE_BANK)
    outage = await places.report(db, place="multan", cause="Power cut", by=cast.sana.id, at=clock.now())
    await outages.pause(db, outage)
    await places.end(db, outage.id, by=cast.sana.id, at=clock.now())
    await outages.resume(db, outage, at=clock.now())
    assert (await deadlines.of(db, subject))[rules.REVIEW].state == "paused"


async def test_a_place_and_a_cause_are_needed(db: Session, cast: Cast) -> None:
    for place, cause in (("nowhere", "Flood"), ("multan", " ")):
        with pytest.raises(Invalid):
            await places.report(db, place=place, cause=cause, by=cast.sana.id, at=clock.now())
