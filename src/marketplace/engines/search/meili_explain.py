"""Why Meilisearch gave a document its score: asked again for this one, with what each of its rules says.

A score of Meilisearch depends on the words, the settings and the document alone, so the same question for one document
gives the score that was served while neither changed.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast
from uuid import UUID

from marketplace.engines.search.filters import Eq
from marketplace.engines.search.meili_client import Meili
from marketplace.engines.search.meili_filters import expression
from marketplace.engines.search.protocol import Explanation, Ground

BY = "meilisearch"
_RULES = {
    "words": "rule_words",
    "typo": "rule_typo",
    "proximity": "rule_proximity",
    "attributeRank": "rule_attribute",
    "wordPosition": "rule_position",
    "exactness": "rule_exactness",
}
_MOST = 100


async def explained(meili: Meili, uid: str, read: Mapping[str, Any], id: UUID | str) -> Explanation | None:
    """The score with what each rule says, from 0 to 100; None when these words do not find the document any more."""
    asked = {"indexUid": uid, "q": read["q"], "matchingStrategy": read["strategy"], "limit": 1}
    asked |= {"filter": expression(Eq("id", str(id)), any_field="id"), "attributesToRetrieve": ["id"]}
    (answer,) = await meili.search([asked | {"showRankingScore": True, "showRankingScoreDetails": True}])
    if not answer["hits"]:
        return None
    hit = answer["hits"][0]
    grounds = tuple(_grounds(cast("dict[str, dict[str, Any]]", hit["_rankingScoreDetails"])))
    return Explanation(float(hit["_rankingScore"]), grounds, is_summed=False)


def _grounds(details: Mapping[str, Mapping[str, Any]]) -> Iterator[Ground]:
    in_order = sorted(details.items(), key=lambda rule: rule[1]["order"])
    for name, said in in_order:
        if name in _RULES:
            yield Ground(_RULES[name], _counted(said), points=_MOST * float(said["score"]), most=_MOST)


def _counted(said: Mapping[str, Any]) -> str:
    """How many of how many words, how many typos: where a rule counts."""
    if "matchingWords" in said:
        return f"{said['matchingWords']} / {said['maxMatchingWords']}"
    return str(said["typoCount"]) if "typoCount" in said else ""
