"""Nothing about a person can be forgotten: the one table of data (privacy/tables.py) against the schema."""

from marketplace.kernel.database import Base
from marketplace.privacy.tables import LEFT_OUT, TABLES
from marketplace.tables import load_all

load_all()
SCHEMA = Base.metadata.tables
PEOPLE = ("users", "freelancers", "organisations")


def test_every_table_is_in_the_file_or_left_out_for_a_reason() -> None:
    """A new table: say in privacy/tables.py how its rows lead to a person, or why they don't."""
    assert sorted(SCHEMA.keys() - TABLES.keys() - LEFT_OUT.keys()) == []
    assert sorted((TABLES.keys() | LEFT_OUT.keys()) - SCHEMA.keys()) == [], "gone from the schema"
    assert TABLES.keys() & LEFT_OUT.keys() == set()
    assert all(len(reason) > 15 for reason in LEFT_OUT.values())


def test_every_column_that_names_a_person_is_accounted_for() -> None:
    """A new column that points to a user, a freelancer or an organisation: hers, made by her, or somebody else's."""
    for name, own in TABLES.items():
        columns = SCHEMA[name].c
        pointing = {c.name for c in columns if any(key.column.table.name in PEOPLE for key in c.foreign_keys)}
        told = {*own.hers, *own.made, *own.others}
        assert pointing - told == set(), name
        named = {*told, *own.hidden, *own.blanked}
        assert named - set(columns.keys()) == set(), f"no such column in {name}"
        assert own.hers or own.made or own.match, f"{name} leads to nobody"


def test_what_stays_has_a_reason() -> None:
    for name, own in TABLES.items():
        assert own.goes or own.blanked or len(own.stays) > 15, name
        assert not (own.goes and (own.blanked or own.stays)), name


def test_no_secret_is_in_the_file() -> None:
    words = ("secret", "hash", "password", "token", "nonce", "code_hash", "public_key")
    harmless = {"sha256", "terms_hash"}
    for name, own in TABLES.items():
        secret = {column for column in list(SCHEMA[name].c.keys()) if any(word in column for word in words)}
        assert secret - harmless - set(own.hidden) == set(), name
