"""Rules of a history: money that comes and goes by transfer, bank, wallet and hand."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.escrow.stepping import Steps

PERCENT = st.sampled_from([1, 33, 50, 100, 101])
WHICH = st.integers(0, 3)
RATES = st.integers(270_00, 290_00)
"""Hundredths of a rupee for a dollar."""


class RailsRules(Steps):
    """One that has nothing to do is not drawn."""

    # --- transfers

    @rule(minor=st.integers(5_000_00, 90_000_00), currency=st.sampled_from(["PKR", "PKR", "USD"]))
    def agree_to_pay(self, minor: int, currency: str) -> None:
        self.step(self.model.transfers.agree_to_pay(minor, currency))

    @precondition(lambda self: self.model.transfers.unpaid())
    @rule(how=st.sampled_from(["all", "all", "half", "over", "wrong"]), which=WHICH, by_wallet=st.booleans())
    def pay_in(self, how: str, which: int, *, by_wallet: bool) -> None:
        self.step(self.model.transfers.pay_in(how, which, by_wallet=by_wallet))

    @precondition(lambda self: self.model.transfers.is_anything_over())
    @rule(which=WHICH)
    def pay_again(self, which: int) -> None:
        self.step(self.model.transfers.pay_again(which))

    @precondition(lambda self: self.model.transfers.unknown)
    @rule()
    def explain(self) -> None:
        self.step(self.model.transfers.explain())

    @precondition(lambda self: self.model.transfers.unpaid())
    @rule(which=WHICH)
    def give_up(self, which: int) -> None:
        self.step(self.model.transfers.give_up(which))

    @precondition(lambda self: self.model.transfers.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def release_here(self, percent: int, which: int) -> None:
        self.step(self.model.transfers.release(percent, which))

    @precondition(lambda self: self.model.transfers.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def refund_here(self, percent: int, which: int) -> None:
        self.step(self.model.transfers.refund(percent, which))

    @precondition(lambda self: self.model.transfers.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def split_here(self, percent: int, which: int) -> None:
        self.step(self.model.transfers.split(percent, which))

    @precondition(lambda self: self.model.transfers.refunding())
    @rule(which=WHICH)
    def send_refund(self, which: int) -> None:
        self.step(self.model.transfers.send_refund(which))

    @precondition(lambda self: self.model.transfers.with_surplus())
    @rule(which=WHICH)
    def send_back(self, which: int) -> None:
        self.step(self.model.transfers.send_back(which))

    @precondition(lambda self: self.model.transfers.leaving)
    @rule()
    def show_what_left(self) -> None:
        self.step(self.model.transfers.show_what_left())

    @rule(kind=st.sampled_from(["bank_fee", "own_transfer"]))
    def odd(self, kind: str) -> None:
        self.step(self.model.desk.odd(kind))

    # --- payouts

    @rule(hundredths=RATES, age=st.sampled_from([0, 0, 0, 1, 9]))
    def new_rate(self, hundredths: int, age: int) -> None:
        self.step(self.model.payouts.new_rate(hundredths, age))

    @precondition(lambda self: self.model.payouts.can_ask())
    @rule(
        rail=st.sampled_from(["bank", "wallet", "manual"]),
        is_in_dollars=st.booleans(),
        percent=PERCENT,
        is_old_look=st.sampled_from([False] * 9 + [True]),
    )
    def ask(self, rail: str, percent: int, *, is_in_dollars: bool, is_old_look: bool) -> None:
        currency = "USD" if is_in_dollars else "PKR"
        self.step(self.model.payouts.ask(rail, currency, percent, is_old_look=is_old_look))

    @precondition(lambda self: self.model.payouts.asked)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.step(self.model.payouts.cancel(which))

    @precondition(lambda self: self.model.payouts.are_all_usable())
    @rule(rail=st.sampled_from(["bank", "wallet", "manual"]))
    def new_details(self, rail: str) -> None:
        self.step(self.model.payouts.new_details(rail))

    @precondition(lambda self: self.model.payouts.asked and not self.model.desk.is_frozen)
    @rule(which=WHICH)
    def batch(self, which: int) -> None:
        self.step(self.model.payouts.batch(which))

    @precondition(lambda self: self.model.payouts.batches and not self.model.desk.is_frozen)
    @rule(which=WHICH, how=st.sampled_from(["second"] * 5 + ["again", "cancel", "discard"]))
    def approve(self, which: int, how: str) -> None:
        self.step(self.model.payouts.approve(which, how))

    @precondition(lambda self: self.model.payouts.sent)
    @rule(which=WHICH, how=st.sampled_from(["whole", "whole", "less", "more"]))
    def arrive(self, which: int, how: str) -> None:
        self.step(self.model.payouts.arrive(which, how))

    @precondition(lambda self: self.model.payouts.not_early())
    @rule(which=WHICH)
    def come_back_first(self, which: int) -> None:
        self.step(self.model.payouts.come_back_first(which))

    @precondition(lambda self: self.model.payouts.confirmed)
    @rule(which=WHICH, is_told_twice=st.booleans())
    def come_back(self, which: int, *, is_told_twice: bool) -> None:
        self.step(self.model.payouts.come_back(which, is_told_twice=is_told_twice))

    @precondition(lambda self: self.model.payouts.at_a_wallet())
    @rule(which=WHICH)
    def fail(self, which: int) -> None:
        self.step(self.model.payouts.fail(which))

    @precondition(lambda self: self.model.payouts.odd_ones())
    @rule(which=WHICH)
    def odd_debit(self, which: int) -> None:
        self.step(self.model.payouts.odd_debit(which))

    @precondition(lambda self: not self.model.desk.is_frozen)
    @rule()
    def freeze(self) -> None:
        self.step(self.model.desk.freeze())

    @precondition(lambda self: self.model.desk.is_frozen)
    @rule(what=st.sampled_from(["ask", "batch", "approve", "stripe"]))
    def try_while_frozen(self, what: str) -> None:
        self.step(self.model.try_while_frozen(what))

    @precondition(lambda self: self.model.desk.is_frozen)
    @rule()
    def lift(self) -> None:
        self.step(self.model.desk.lift())
