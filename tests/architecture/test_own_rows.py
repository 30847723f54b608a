"""Nothing about a person can be forgotten: the one table of data (privacy/tables.py) against the schema."""

import pytest

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


@pytest.mark.parametrize("name", TABLES)
def test_every_column_that_names_a_person_is_accounted_for(name: str) -> None:
    """A new column that points to a user, a freelancer or an organisation: hers, made by her, or somebody else's."""
    own, table = TABLES[name], SCHEMA[name]
    pointing = {c.name for c in table.c if any(key.column.table.name in PEOPLE for key in c.foreign_keys)}
    told = {*own.hers, *own.made, *own.others}
    assert pointing - told == set()
    named = {*told, *own.hidden, *own.blanked}
    assert named - set(table.c.keys()) == set(), "no such column"
    assert own.hers or own.made or own.match, "leads to nobody"


@pytest.mark.parametrize("name", TABLES)
def test_what_stays_has_a_reason(name: str) -> None:
    own = TABLES[name]
    assert own.goes or own.blanked or len(own.stays) > 15
    assert not (own.goes and (own.blanked or own.stays))


@pytest.mark.parametrize("name", TABLES)
def test_no_secret_is_in_the_file(name: str) -> None:
    words = ("secret", "hash", "password", "token", "nonce", "code_hash", "public_key")
    secret = {c for c in SCHEMA[name].c.keys() if any(word in c for word in words)}  # noqa: SIM118 - a ColumnCollection
    harmless = {"sha256", "terms_hash"}
    assert secret - harmless - set(TABLES[name].hidden) == set()
