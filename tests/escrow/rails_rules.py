"""Rules of a history: money that comes and goes by transfer, bank, wallet and hand.

So few that long chains come about: a payout that is asked for, approved twice, arrived and returned has five links.
"""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.escrow.stepping import Steps

PERCENT = st.sampled_from([1, 33, 50, 100, 101])
ASKED = st.sampled_from([20, 33, 50, 100, 101])
WHICH = st.integers(0, 3)
RATES = st.integers(270_00, 290_00)
"""Hundredths of a rupee for a dollar."""
RAILS = st.sampled_from(["bank", "wallet", "manual"])
CHANGES = st.sampled_from(["rate"] * 6 + ["details", "slip"])
SELDOM = st.sampled_from([False] * 7 + [True])


class RailsRules(Steps):
    """One that has nothing to do is not drawn."""

    # --- transfers

    @precondition(lambda self: len(self.model.transfers.unpaid()) < 4)
    @rule(minor=st.integers(5_000_00, 90_000_00), currency=st.sampled_from(["PKR", "PKR", "USD"]))
    def agree_to_pay(self, minor: int, currency: str) -> None:
        self.step(self.model.transfers.agree_to_pay(minor, currency))

    @precondition(lambda self: self.model.transfers.unpaid())
    @rule(how=st.sampled_from(["all", "all", "half", "over", "wrong"]), which=WHICH, by_wallet=st.booleans())
    def pay_in(self, how: str, which: int, *, by_wallet: bool) -> None:
        self.step(self.model.transfers.pay_in(how, which, by_wallet=by_wallet))

    @precondition(lambda self: self.model.transfers.unknown)
    @rule()
    def explain(self) -> None:
        self.step(self.model.transfers.explain())

    @precondition(lambda self: len(self.model.transfers.unpaid()) > 1)
    @rule(which=WHICH)
    def give_up(self, which: int) -> None:
        self.step(self.model.transfers.give_up(which))

    @precondition(lambda self: self.model.transfers.with_money())
    @rule(percent=PERCENT, which=WHICH)
    def release_here(self, percent: int, which: int) -> None:
        self.step(self.model.transfers.release(percent, which))

    @precondition(lambda self: self.model.transfers.with_money())
    @rule(percent=PERCENT, which=WHICH, is_split=st.booleans())
    def refund_here(self, percent: int, which: int, *, is_split: bool) -> None:
        transfers = self.model.transfers
        self.step(transfers.split(percent, which) if is_split else transfers.refund(percent, which))

    @precondition(lambda self: self.model.transfers.refunding())
    @rule(which=WHICH)
    def send_refund(self, which: int) -> None:
        self.step(self.model.transfers.send_refund(which))

    @precondition(lambda self: self.model.transfers.leaving or self.model.transfers.with_surplus())
    @rule(which=WHICH)
    def send_back(self, which: int) -> None:
        transfers = self.model.transfers
        self.step(transfers.send_back(which) if transfers.with_surplus() else transfers.show_what_left())

    # --- receipts

    @precondition(lambda self: self.model.transfers.unpaid() and len(self.model.receipts.to_read()) < 5)
    @rule(which=WHICH, how=st.sampled_from(["", "all", "less"]))
    def hand_in(self, which: int, how: str) -> None:
        self.step(self.model.receipts.hand_in(which, how))

    @precondition(lambda self: self.model.receipts.to_read())
    @rule(which=WHICH, is_same_person=SELDOM, how=st.sampled_from(["all", "less", "the same", "the same"]))
    def read(self, which: int, how: str, *, is_same_person: bool) -> None:
        self.step(self.model.receipts.read(which, how, is_same_person=is_same_person))

    @precondition(lambda self: self.model.receipts.are_many_waiting())
    @rule(which=WHICH)
    def refuse(self, which: int) -> None:
        self.step(self.model.receipts.refuse(which))

    @precondition(lambda self: self.model.receipts.unmet())
    @rule(which=WHICH, is_whole=st.booleans())
    def comes(self, which: int, *, is_whole: bool) -> None:
        self.step(self.model.receipts.comes(which, is_whole=is_whole))

    @precondition(lambda self: self.model.receipts.unmet())
    @rule(which=WHICH, is_same_person=SELDOM, is_handed_in=st.booleans())
    def never_came(self, which: int, *, is_same_person: bool, is_handed_in: bool) -> None:
        self.step(
            self.model.receipts.never_came(which, is_same_person=is_same_person, is_handed_in=is_handed_in),
        )

    @precondition(lambda self: self.model.receipts.borne())
    @rule()
    def comes_after_all(self) -> None:
        self.step(self.model.receipts.comes_after_all())

    # --- payouts

    @precondition(lambda self: self.model.payouts.can_ask())
    @rule(hundredths=RATES, age=st.sampled_from([0, 0, 0, 1, 9]), rail=RAILS, what=CHANGES)
    def change(self, hundredths: int, age: int, rail: str, what: str) -> None:
        """The rate of a day; seldom her details."""
        payouts = self.model.payouts
        if what == "details" and payouts.are_all_usable():
            self.step(payouts.new_details(rail))
        elif what == "slip" and payouts.rates:
            self.step(payouts.slip(hundredths))
        else:
            self.step(payouts.new_rate(hundredths, age))

    @precondition(lambda self: self.model.payouts.can_ask())
    @rule(is_in_dollars=st.booleans(), percent=ASKED, is_old_look=SELDOM)
    def ask_bank(self, percent: int, *, is_in_dollars: bool, is_old_look: bool) -> None:
        currency = "USD" if is_in_dollars else "PKR"
        self.step(self.model.payouts.ask("bank", currency, percent, is_old_look=is_old_look))

    @precondition(lambda self: self.model.payouts.can_ask())
    @rule(is_in_dollars=st.booleans(), percent=ASKED, is_old_look=SELDOM)
    def ask_wallet(self, percent: int, *, is_in_dollars: bool, is_old_look: bool) -> None:
        currency = "USD" if is_in_dollars else "PKR"
        self.step(self.model.payouts.ask("wallet", currency, percent, is_old_look=is_old_look))

    @precondition(lambda self: self.model.payouts.can_ask_in_dollars())
    @rule(percent=ASKED)
    def ask_by_hand(self, percent: int) -> None:
        self.step(self.model.payouts.ask("manual", "USD", percent))

    @precondition(lambda self: len(self.model.payouts.asked) > 1)
    @rule(which=WHICH)
    def cancel(self, which: int) -> None:
        self.step(self.model.payouts.cancel(which))

    @precondition(lambda self: self.model.payouts.asked and not self.model.desk.is_frozen)
    @rule(which=WHICH, is_approved_at_once=st.booleans())
    def batch(self, which: int, *, is_approved_at_once: bool) -> None:
        self.step(self.model.payouts.batch(which, is_approved_at_once=is_approved_at_once))

    @precondition(lambda self: self.model.payouts.batches and not self.model.desk.is_frozen)
    @rule(which=WHICH, how=st.sampled_from(["second"] * 5 + ["again", "cancel", "discard"]))
    def approve(self, which: int, how: str) -> None:
        self.step(self.model.payouts.approve(which, how))

    @precondition(lambda self: self.model.payouts.sent)
    @rule(which=WHICH, how=st.sampled_from(["whole", "whole", "less", "more"]))
    def arrive(self, which: int, how: str) -> None:
        self.step(self.model.payouts.arrive(which, how))

    @precondition(lambda self: self.model.payouts.by_hand() or self.model.payouts.at_a_wallet())
    @rule(which=WHICH, is_done=st.sampled_from([True, True, False]))
    def answer(self, which: int, *, is_done: bool) -> None:
        """By hand it is done or not; a wallet's operator says by himself only that it is not."""
        payouts = self.model.payouts
        self.step(payouts.pay_by_hand(which, is_done=is_done) if payouts.by_hand() else payouts.fail(which))

    @precondition(lambda self: self.model.payouts.without_line())
    @rule()
    def show_by_hand(self) -> None:
        self.step(self.model.payouts.show_by_hand())

    @precondition(lambda self: self.model.payouts.not_early())
    @rule(which=WHICH)
    def come_back_first(self, which: int) -> None:
        self.step(self.model.payouts.come_back_first(which))

    @precondition(lambda self: self.model.payouts.confirmed)
    @rule(which=WHICH, is_told_twice=st.booleans())
    def come_back(self, which: int, *, is_told_twice: bool) -> None:
        self.step(self.model.payouts.come_back(which, is_told_twice=is_told_twice))

    @rule(which=WHICH, kind=st.sampled_from(["bank_fee", "own_transfer", "payout", "payout", "again", "again"]))
    def odd_line(self, which: int, kind: str) -> None:
        """What no statement should say: money for what is paid, a payout once more; or what it says of itself."""
        payouts, transfers = self.model.payouts, self.model.transfers
        if kind == "again" and transfers.are_any_over():
            self.step(transfers.pay_again(which))
        elif kind == "payout" and payouts.odd_ones():
            self.step(payouts.odd_debit(which))
        else:
            self.step(self.model.desk.odd(kind))

    @precondition(lambda self: self.model.payouts.may_freeze())
    @rule(what=st.sampled_from(["ask", "batch", "approve", "stripe"]))
    def freeze(self, what: str) -> None:
        self.step(self.model.freeze(what))

    @precondition(lambda self: self.model.desk.is_frozen)
    @rule()
    def lift(self) -> None:
        self.step(self.model.desk.lift())
