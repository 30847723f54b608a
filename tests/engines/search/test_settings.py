"""Settings files are Meilisearch's own bodies; the embedded engine refuses, by name, what it can't honour."""

import json
import shutil

import pytest

from marketplace.engines.search.settings import UnsupportedSetting, load_settings
from marketplace.engines.search.synonyms import read_synonyms
from tests.engines.search.corpus import SEARCH

MEILISEARCH_KEYS = {
    "searchableAttributes",
    "displayedAttributes",
    "filterableAttributes",
    "sortableAttributes",
    "rankingRules",
    "stopWords",
    "nonSeparatorTokens",
    "typoTolerance",
    "faceting",
    "pagination",
}


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(SEARCH / "indexes", tmp_path / "indexes")
    return tmp_path


def change(folder, **changes):
    path = folder / "indexes" / "gigs.json"
    body = json.loads(path.read_text(encoding="utf-8")) | changes
    path.write_text(json.dumps(body), encoding="utf-8")


def test_our_files_use_only_keys_of_meilisearch_and_are_honoured():
    loaded = load_settings(SEARCH)
    assert set(loaded) == {path.stem for path in (SEARCH / "indexes").glob("*.json")} >= {"gigs", "people"}
    for path in (SEARCH / "indexes").glob("*.json"):
        assert set(json.loads(path.read_text(encoding="utf-8"))) == MEILISEARCH_KEYS


def test_synonyms_are_folded_and_mutual():
    synonyms = read_synonyms(SEARCH)
    assert ("wordpress",) in synonyms[("wp",)]
    for phrase, others in synonyms.items():
        for other in others:
            assert phrase in synonyms[other], (phrase, other)


def test_a_phrase_is_known_by_what_a_query_leaves_of_it():
    synonyms = load_settings(SEARCH)["gigs"].synonyms
    assert ("book", "cover") in synonyms[("kitab", "sarwarq")]
    assert ("gis", "mapping") not in synonyms, "two things are no name of one"


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"embedders": {}}, "embedders"),
        ({"distinctAttribute": "title"}, "distinctAttribute"),
        ({"typoTolerance": {"enabled": True, "disableOnWords": []}}, "typoTolerance.disableOnWords"),
        ({"faceting": {"maxValuesPerFacet": 10, "sortFacetValuesBy": {"*": "alpha"}}}, "sortFacetValuesBy"),
        ({"rankingRules": ["words", "posted_at:desc"]}, "rankingRules"),
        ({"nonSeparatorTokens": ["@"]}, "nonSeparatorTokens"),
        ({"sortableAttributes": ["skills"]}, "sortableAttributes"),
        ({"searchableAttributes": ["title"]}, "searchableAttributes"),
        ({"displayedAttributes": ["id", "title_s"]}, "displayedAttributes"),
    ],
)
def test_what_cannot_be_honoured_is_named(folder, changes, named):
    change(folder, **changes)
    with pytest.raises(UnsupportedSetting, match=named) as refused:
        load_settings(folder)
    assert "gigs.json" in str(refused.value)


def test_a_changed_file_has_another_fingerprint(folder):
    before = load_settings(folder)["gigs"].fingerprint
    change(folder, stopWords=[])
    assert load_settings(folder)["gigs"].fingerprint != before
