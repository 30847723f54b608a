"""A file of graduates as it comes: encodings, delimiters, limits; every bad row named with line and reason."""

from datetime import date

import pytest

from marketplace.kernel.errors import Invalid
from marketplace.training import reading
from marketplace.training.reading import Frame, TaughtSkill, read

HTML = TaughtSkill("html", frozenset({"html", "ایچ ٹی ایم ایل"}))
CSS = TaughtSkill("css", frozenset({"css"}))
FRAME = Frame(
    cohort="Spring",
    starts_on=date(2026, 9, 1),
    today=date(2026, 11, 22),
    courses={"web basics": ("one", [HTML, CSS])},
)
HEAD = "student_number,name,email,phone,course,completed_on,skills,cohort\n"
GOOD = "S-1,Ayesha Khan,Ayesha@Test.example,0300 1234567,Web  BASICS,2026-11-20,,spring"


def faults(*lines: str, head: str = HEAD) -> list[tuple[int, str]]:
    return [(each.line, each.column) for each in read((head + "\n".join(lines)).encode(), FRAME).faults]


def test_a_good_row_whatever_the_encoding_and_delimiter() -> None:
    (row,) = read((HEAD + GOOD).encode(), FRAME).rows
    assert (row.student_number, row.email, row.phone) == ("S-1", "ayesha@test.example", "+923001234567")
    assert (row.course_id, row.skills, row.completed_on, row.line) == ("one", ("html", "css"), "2026-11-20", 2)
    for content in (
        b"\xef\xbb\xbf" + (HEAD + GOOD).encode(),
        (HEAD + GOOD).replace(",", ";").encode(),
        (HEAD + GOOD).replace("\n", "\r\n").encode(),
        (
            "Student Number;NAME;e-mail;email;phone;course;completed on;skills;cohort\n"
            + GOOD.replace(",Ayesha@", ",x,Ayesha@").replace(",", ";")
        ).encode(),
    ):
        assert read(content, FRAME).rows == (row,), content
    quoted = HEAD + GOOD.replace("Ayesha Khan", '"Ayesha\nKhan"') + "\n" + GOOD.replace("S-1", "S-2")
    found = read(quoted.encode(), FRAME)
    assert [each.name for each in found.rows] == ["Ayesha Khan"]
    assert [each.line for each in found.faults] == [4], "lines are counted as an editor counts them"


def test_every_fault_is_named_at_once() -> None:
    assert faults(
        "S-1,,,,Web basics,2026-11-20,,",
        "S-2,Sadia,nonsense,12,Web basics,2026-11-20,,",
        "S-3,Nadia,,,Cooking,2026-11-20,,",
        "S-4,Rabia,,,Web basics,2026-11-23,,",
        "S-5,Hina,,,Web basics,2026-08-31,,",
        "S-6,Zara,,,Web basics,soon,,",
        "S-7,Iqra,,,Web basics,20/11/2026,html|welding,",
        "S-8,Sana,,,Web basics,2026-11-20,,Autumn",
        "S-9,Amna,,,Web basics,2026-11-20,,,surplus",
        "S-10,Asma,,,Web basics,2026-11-20,CSS,",
        "S-10,Asma,,,Web basics,2026-11-20,,",
        f"S-11,{'x' * 201},,,Web basics,2026-11-20,,",
    ) == [
        (2, "name"), (3, "email"), (3, "phone"), (4, "course"), (5, "completed_on"), (6, "completed_on"),
        (7, "completed_on"), (8, "skills"), (9, "cohort"), (10, ""), (12, "student_number"), (13, "name"),
    ]  # fmt: skip
    found = read((HEAD + "S-10,Asma,,,Web basics,2026-11-20,CSS,").encode(), FRAME)
    assert found.rows[0].skills == ("css",), "only what was reached"


def test_two_students_of_a_file_never_share_an_address() -> None:
    other = GOOD.replace("S-1", "S-2").replace("0300 1234567", "")
    assert faults(GOOD, other) == [(3, "email")]
    assert faults(GOOD, other.replace("Ayesha@Test.example", "").replace(",,Web", ",+923001234567,Web")) == [
        (3, "email")
    ]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        HEAD.encode(),
        b"name,course\nA,B\n",
        "student_number,name,course,completed_on\nS,Jos\xe9,Web,2026-11-20".encode("latin-1"),
        (HEAD + 'S-1,"Ayesha').encode(),
        (HEAD + "\x00").encode(),
        (HEAD + (GOOD + "\n") * (reading.MOST_ROWS + 1)).encode(),
        b"x" * (reading.MOST_BYTES + 1),
    ],
    ids=["empty", "no rows", "columns missing", "not UTF-8", "open quote", "no text", "too many rows", "too large"],
)
def test_what_is_no_such_file_is_refused_whole(content: bytes) -> None:
    with pytest.raises(Invalid) as refused:
        read(content, FRAME)
    assert list(refused.value.fields) == ["file"]


def test_the_sample_can_be_sent_back() -> None:
    found = read(reading.sample("Web basics", "Spring"), FRAME)
    assert len(found.rows) == len(reading.SAMPLE_ROWS) and found.faults == ()
