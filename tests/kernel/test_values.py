"""Money, ids, the clock, settings: small values that everything rests on."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.kernel import clock, ids, working_days
from marketplace.kernel.config import Settings, SettingsError
from marketplace.kernel.errors import Invalid, NotFound
from marketplace.kernel.money import Money, format_money, parse_money


@given(st.integers(1, 10**13), st.integers(0, 10_000))
def test_fee_and_net_always_add_up_to_gross(amount: int, basis_points: int) -> None:
    gross = Money(amount, "USD")
    assert gross.fee(basis_points) + gross.less_fee(basis_points) == gross
    assert 0 <= gross.fee(basis_points).amount_minor <= amount


def test_the_fee_is_rounded_down() -> None:
    assert Money(9_99, "USD").fee(1_000) == Money(99, "USD")


@pytest.mark.parametrize(
    ("typed", "minor"), [("1,200.50", 120050), (" 45000 ", 4500000), ("۱۲۰۰", 120000), ("۱۲٫۵", 1250)]
)
def test_amounts_are_read_as_people_type_them(typed: str, minor: int) -> None:
    assert parse_money(typed, "PKR") == Money(minor, "PKR")


@pytest.mark.parametrize("typed", ["", "-5", "0", "1.005", "NaN", "Infinity", "1e30", "twelve", "9" * 400])
def test_what_is_no_amount_is_refused(typed: str) -> None:
    with pytest.raises(Invalid):
        parse_money(typed, "USD")


def test_money_is_shown_with_its_currency_and_without_empty_decimals() -> None:
    assert format_money(Money(4500000, "PKR")) == "PKR 45,000"
    assert format_money(Money(120050, "USD"), "ur") == "USD 1,200.50"


def test_currencies_are_never_mixed() -> None:
    with pytest.raises(AssertionError):
        Money(1, "USD") + Money(1, "PKR")


@given(st.uuids(), st.uuids())
def test_short_ids_go_there_and_back_and_sort_alike(a: UUID, b: UUID) -> None:
    assert ids.parse(ids.short(a)) == a
    assert (ids.short(a) < ids.short(b)) == (a.int < b.int)


@pytest.mark.parametrize("text", ["", "u" * 26, "z" * 26, "0" * 25, "../../etc/passwd-----------"])
def test_an_address_nobody_made_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        ids.parse(text)


def test_a_slug_is_ascii_and_unique_by_its_tail() -> None:
    id = UUID("0190a3f0-0000-7000-8000-000000000abc")
    assert ids.slug("Café website — ویب سائٹ!", id) == f"cafe-website-{ids.tail(id)}"
    assert ids.slug("ویب", id) == ids.tail(id)


def test_the_clock_moves_forward_only_and_every_reader_sees_it(clock_file: Path) -> None:
    before = clock.now()
    clock.advance(timedelta(days=14))
    assert clock.now() - before >= timedelta(days=14)
    clock.use_offset_file(clock_file)
    assert clock.now() - before >= timedelta(days=14)
    with pytest.raises(ValueError, match="back"):
        clock.advance(timedelta(days=-1))


def test_a_setting_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("s3cret\n")
    environ = {"MARKETPLACE_DATA_DIR": str(tmp_path), "STRIPE_API_KEY_FILE": str(tmp_path / "key")}
    assert Settings.from_env(environ).stripe_api_key == "s3cret"


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="MARKETPLACE_PORT"):
        Settings.from_env({"MARKETPLACE_DATA_DIR": str(tmp_path), "MARKETPLACE_PORT": "many"})


def test_production_refuses_to_start_without_its_own_secret(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="SECRET_KEY"):
        Settings.from_env({"MARKETPLACE_ENV": "production", "MARKETPLACE_DATA_DIR": str(tmp_path)})


def test_the_demo_keeps_its_secret_over_a_restart(tmp_path: Path) -> None:
    environ = {"MARKETPLACE_DATA_DIR": str(tmp_path)}
    assert Settings.from_env(environ).secret_key == Settings.from_env(environ).secret_key != ""


def test_working_days_skip_the_weekend_and_count_whole_days_where_the_people_are() -> None:
    def due(day: int, hour: int = 9) -> str:
        return working_days.end_of(datetime(2026, 11, day, hour, tzinfo=UTC), 2).isoformat()

    assert due(23) == "2026-11-25T23:59:59+05:00"
    assert due(23, hour=20) == "2026-11-26T23:59:59+05:00", "in Pakistan it is Tuesday already"
    assert due(27) == due(28) == due(29) == "2026-12-01T23:59:59+05:00"
    working_days.use_weekend("fri")
    try:
        assert due(26) == "2026-11-29T23:59:59+05:00"
    finally:
        working_days.use_weekend("sat,sun")
    with pytest.raises(ValueError, match="MARKETPLACE_WEEKEND"):
        working_days.use_weekend("mon,tue,wed,thu,fri,sat,sun")
