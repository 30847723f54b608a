"""Which state may follow which, and the fee to the cent."""

import itertools
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.escrow import models
from marketplace.escrow.rules import MOVES, FeeTerms, MoveRefused, check_move, fee_preview
from marketplace.kernel.money import Money

STATES = {
    "hold": models.HoldState,
    "checkout": models.CheckoutState,
    "transfer": models.TransferState,
    "refund": models.RefundState,
    "payout": models.PayoutState,
    "payout account": models.PayoutAccountState,
}
PAIRS = [
    (noun, state, to) for noun, states in STATES.items() for state, to in itertools.product(get_args(states), repeat=2)
]


@pytest.mark.parametrize(("noun", "state", "to"), PAIRS)
def test_only_the_moves_of_the_table_are_made(noun: str, state: str, to: str) -> None:
    if to in MOVES[noun].get(state, set()):
        check_move(noun, state, to)
    else:
        with pytest.raises(MoveRefused):
            check_move(noun, state, to)


def test_the_table_names_only_states_that_exist() -> None:
    assert set(MOVES) == set(STATES)
    for noun, moves in MOVES.items():
        named = set(moves) | set().union(*moves.values())
        assert named <= set(get_args(STATES[noun])), noun


@given(st.integers(1, 10**12), st.integers(0, 10_000))
def test_fee_and_net_make_the_gross_and_the_fee_is_never_too_much(minor: int, basis_points: int) -> None:
    shown = fee_preview(Money(minor, "USD"), FeeTerms(basis_points))
    assert shown.fee + shown.net == shown.gross
    assert shown.fee.amount_minor * 10_000 <= minor * basis_points
    assert (shown.fee.amount_minor + 1) * 10_000 > minor * basis_points


def test_ten_percent_of_an_odd_cent() -> None:
    shown = fee_preview(Money(99, "USD"), FeeTerms(1_000))
    assert (shown.fee, shown.net) == (Money(9, "USD"), Money(90, "USD"))
