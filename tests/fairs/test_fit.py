"""Who may meet whom, and what stands between."""

from uuid import uuid4

from marketplace.fairs.fit import Seat, Seeker, faults, gap
from marketplace.kernel.money import Money


def test_pay_is_compared_across_units_and_the_gap_is_said_in_hers() -> None:
    asks = Seeker(floor=Money(40_000_00, "PKR"), period="month")
    assert gap(asks, Seat(top=Money(200_00, "PKR"), period="hour")) == Money(8_000_00, "PKR")
    assert gap(asks, Seat(top=Money(480_000_00, "PKR"), period="year")) is None
    assert gap(asks, Seat(top=Money(1_00, "USD"), period="month")) is None, "currencies are not compared"
    assert gap(asks, Seat(top=Money(1_00, "PKR"), period="fixed")) is None, "nor a whole piece of work with a salary"


def test_every_reason_is_said() -> None:
    skill = uuid4()
    seeker = Seeker(languages=frozenset({"ur"}), floor=Money(2, "PKR"), period="month")
    strict = Seat(must_skill_ids=frozenset({skill}), languages=frozenset({"en"}), top=Money(1, "PKR"), period="month")
    assert faults(seeker, strict) == ["pay", "skills", "language"]
    assert faults(seeker, Seat()) == []
