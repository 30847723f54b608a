"""What banks write and read: IBANs, references, pain.001, camt.053, CSV."""

import csv
import io
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.engines.banking import references
from marketplace.engines.banking.camt import is_camt, read_camt
from marketplace.engines.banking.credit_transfers import Debtor, Payment, pain_001
from marketplace.engines.banking.iban import NoIban, read_iban
from marketplace.engines.banking.statements import NotAStatement, read_csv
from marketplace.engines.banking.tables import table
from marketplace.escrow.rails.catalogue import layouts, operators
from marketplace.kernel.money import Money
from tests.engines.banking.writing import camt, entry

IBAN = "PK36SCBL0000001123456702"
DEBTOR = Debtor("Hunar (Demo) Limited", "PK67SCBL0000001234567801", "SCBLPKKX")


def pkr(amount: float) -> Money:
    return Money(round(amount * 100), "PKR")


class TestIban:
    def test_blanks_and_small_letters_are_read(self) -> None:
        assert read_iban("pk36 scbl 0000-0011 2345 6702") == IBAN

    @pytest.mark.parametrize("wrong", ["", "PK36", IBAN[:-1], IBAN[:-1] + "3", IBAN.replace("PK", "P1"), IBAN + "0"])
    def test_what_is_none_is_refused(self, wrong: str) -> None:
        with pytest.raises(NoIban):
            read_iban(wrong)

    @given(at=st.integers(4, 23), digit=st.sampled_from("0123456789"))
    def test_any_one_wrong_digit_is_noticed(self, at: int, digit: str) -> None:
        changed = IBAN[:at] + digit + IBAN[at + 1 :]
        if changed == IBAN:
            return
        with pytest.raises(NoIban):
            read_iban(changed)


class TestReferences:
    @given(text=st.text("abz 0189-/", max_size=20))
    def test_they_are_found_in_what_banks_make_of_them(self, text: str) -> None:
        made = references.make(references.PAYOUT)
        cut = f"{text} IBFT/{made[:2].lower()} {made[2:6]}-{made[6:].lower()} /{text}"
        assert made in references.found_in(cut, references.PAYOUT)
        assert references.found_in(cut, references.PAY_IN) == []

    @given(at=st.integers(2, 10), letter=st.sampled_from(references.ALPHABET))
    def test_one_wrong_letter_makes_it_nobodys(self, at: int, letter: str) -> None:
        made = references.make(references.PAYOUT)
        changed = made[:at] + letter + made[at + 1 :]
        assert references.is_whole(changed) == (changed == made)

    @given(at=st.integers(2, 9))
    def test_neighbours_changed_over_are_noticed(self, at: int) -> None:
        made = references.make(references.PAYOUT)
        changed = made[:at] + made[at + 1] + made[at] + made[at + 2 :]
        assert references.is_whole(changed) == (changed == made)


class TestBatches:
    def test_a_bank_gets_a_file_that_fits_its_schema(self) -> None:
        payments = [Payment("PO7KQ2M8XW4", "Ayesha خان & Co", IBAN, pkr(45_000.50), "Hunar PO7KQ2M8XW4")]
        payments.append(Payment("POABCDEFGHJ", "Hina Malik", IBAN, pkr(1), "Hunar"))
        content = pain_001(DEBTOR, payments, message_id="batch-1", on=date(2026, 12, 1))
        root = ET.fromstring(content)
        text = {name: [each.text for each in root.iter() if each.tag.endswith("}" + name)] for name in _NAMES}
        assert text == {
            "MsgId": ["batch-1"],
            "EndToEndId": ["PO7KQ2M8XW4", "POABCDEFGHJ"],
            "InstdAmt": ["45000.50", "1.00"],
            "CtrlSum": ["45001.50", "45001.50"],
            "NbOfTxs": ["2", "2"],
        }

    def test_what_the_schema_forbids_never_leaves(self) -> None:
        payment = Payment("x" * 36, "Ayesha", IBAN, pkr(1), "Hunar")
        with pytest.raises(ValueError, match=r"pain\.001"):
            pain_001(DEBTOR, [payment], message_id="batch-1", on=date(2026, 12, 1))

    @pytest.mark.parametrize("slug", operators())
    def test_each_operator_gets_its_columns(self, slug: str) -> None:
        payment = Payment("PO7KQ2M8XW4", '=HYPERLINK("x"), Ayesha\n', "03001234567", pkr(45_000.5), "Hunar")
        [row] = csv.DictReader(io.StringIO(table(operators()[slug].layout, [payment]).decode()))
        assert {"PO7KQ2M8XW4", "45000.50", "03001234567"} <= set(row.values())
        assert not any(value.startswith("=") for value in row.values())


_NAMES = ("MsgId", "EndToEndId", "InstdAmt", "CtrlSum", "NbOfTxs")


class TestCamt:
    def test_each_transaction_of_a_batch_booking_is_a_line(self) -> None:
        content = camt(
            entry("DBIT", "150.00", [("PO7KQ2M8XW4", "100.00", ""), ("POABCDEFGHJ", "50.00", "")], key="B1"),
            entry("CRDT", "100.00", [("PO7KQ2M8XW4", "100.00", "AC04")], key="B2"),
        )
        assert is_camt(content)
        [statement] = read_camt(content)
        assert statement.account == DEBTOR.iban
        first, second, back = statement.entries
        assert (first.money, first.is_credit, first.text, first.key) == (pkr(100), False, "PO7KQ2M8XW4", "B1/1")
        assert (second.money, second.key) == (pkr(50), "B1/2")
        assert (back.is_credit, back.is_return, back.reason) == (True, True, "AC04")
        assert statement.closing == pkr(12_345.67)

    def test_a_booking_whose_parts_do_not_add_up_is_one_line(self) -> None:
        content = camt(entry("DBIT", "151.00", [("PO7KQ2M8XW4", "100.00", ""), ("POABCDEFGHJ", "50.00", "")]))
        [line] = read_camt(content)[0].entries
        assert line.money == pkr(151)

    def test_what_is_only_pending_does_not_count(self) -> None:
        assert read_camt(camt(entry("CRDT", "1.00", [], status="PDNG")))[0].entries == ()

    def test_lines_without_a_key_get_one_each(self) -> None:
        one = entry("DBIT", "5.00", [], key="")
        [first, second] = read_camt(camt(one, one))[0].entries
        [again] = read_camt(camt(one))[0].entries
        assert first.key == again.key != second.key

    @pytest.mark.parametrize(
        "wrong",
        [
            b"<!DOCTYPE x [<!ENTITY a 'b'>]><Document>camt.053</Document>",
            b"<Document>camt.053",
            b"<Document/>",
            camt(entry("DBIT", "1.00", [])).replace(b'Ccy="PKR"', b'Ccy="XXX"'),
            camt(entry("DBIT", "NaN", [])),
            camt(entry("DBIT", "1.001", [])),
        ],
    )
    def test_what_is_none_is_refused(self, wrong: bytes) -> None:
        with pytest.raises(NotAStatement):
            read_camt(wrong)


class TestCsv:
    def test_a_bank_with_two_columns(self) -> None:
        content = (
            "Date,Description,Reference,Transaction ID,Debit,Credit\r\n"
            '01/12/2026,IBFT,PO7KQ2M8XW4,T1,"45,000.50",\r\n'
            "02/12/2026,From Bilal,INABCDEFGHJ,T2,,100\r\n"
            ",Closing balance,,,,\r\n"
        )
        out, came_in = read_csv(content.encode(), layouts()["bank"], "PKR").entries
        assert (out.money, out.is_credit, out.text, out.on) == (
            pkr(45_000.5),
            False,
            "IBFT PO7KQ2M8XW4",
            date(2026, 12, 1),
        )
        assert (came_in.money, came_in.is_credit, came_in.key) == (pkr(100), True, "T2")

    def test_a_wallet_says_what_failed(self) -> None:
        content = (
            "Date,TID,Reference,Narration,Name,Amount,Status,Reason\n"
            "2026-12-01,1,PO7KQ2M8XW4,,Ayesha,-500,Success,\n"
            "2026-12-01,2,POABCDEFGHJ,,Hina,500,Failed,Wallet blocked\n"
            "2026-12-01,3,POABCDEFGHK,,Zara,-500,Pending,\n"
        )
        done, failed = read_csv(content.encode(), layouts()["wallet"], "PKR").entries
        assert (done.is_booked, done.is_credit) == (True, False)
        assert (failed.is_booked, failed.is_credit, failed.reason) == (False, False, "Wallet blocked")

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            ("", "no column"),
            ("Date,Description\n", "no column"),
            ("Date,Description,Reference,Transaction ID,Debit,Credit\n31/31/2026,,,,1,\n", "Line 2"),
            ("Date,Description,Reference,Transaction ID,Debit,Credit\n01/12/2026,,,,1.001,\n", "Line 2"),
            ("Date,Description,Reference,Transaction ID,Debit,Credit\n01/12/2026,,,,Infinity,\n", "Line 2"),
        ],
    )
    def test_what_is_wrong_is_named(self, content: str, words: str) -> None:
        with pytest.raises(NotAStatement, match=words):
            read_csv(content.encode(), layouts()["bank"], "PKR")

    @given(st.binary(max_size=200))
    def test_no_file_breaks_the_reader(self, content: bytes) -> None:
        for read in (lambda: read_camt(content), lambda: read_csv(content, layouts()["signed"], "PKR")):
            with pytest.raises(NotAStatement):
                read()
