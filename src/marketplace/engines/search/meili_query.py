"""One search by Meilisearch: as few requests as it takes, each with several queries in it."""

from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

from marketplace.engines.search.filters import And
from marketplace.engines.search.meili_client import Meili, MeiliRefused
from marketplace.engines.search.meili_explain import BY
from marketplace.engines.search.meili_filters import expression
from marketplace.engines.search.protocol import Hit, Query, Result
from marketplace.engines.search.reading import fewer, only_stop_words, wording
from marketplace.engines.search.settings import IndexSettings
from marketplace.engines.search.synonyms import Phrase


class Asked:
    """A query against one index. When all words find less than a page, some are left out (`fewer`)."""

    def __init__(self, meili: Meili, uid: str, settings: IndexSettings, query: Query) -> None:
        self.meili, self.uid, self.settings, self.asked = meili, uid, settings, query
        self.wording = wording(query.words, settings)
        self.words = self.wording.words
        self.fixed = [_quoted(each) for each in self.wording.phrases]
        self.fixed += [f"-{_quoted(each)}" for each in self.wording.without]
        self.left_out: list[str] = []
        self.instead: dict[str, tuple[str, ...]] = {}

    async def result(self) -> Result:
        if self.asked.words.strip() and not self.wording:
            return Result()
        try:
            return await self._result()
        except MeiliRefused as refused:
            if refused.code == "index_not_found":
                return Result()
            raise

    async def _result(self) -> Result:
        found = await self._search()
        if not found.total and only_stop_words(self.words, self.settings):
            self.words = []
            found = await self._search()
        if found.total < self.asked.limit and self.words:
            if not self.asked.is_exact and await self._find_instead():
                found = await self._search()
            if self.asked.matching == "last" and await self._leave_out(found.total):
                found = await self._search()
        return found

    async def _search(self) -> Result:
        """The page and the counts. With words left out, these still put their hits first, where relevance decides."""
        own = [facet for facet in self.asked.facets if facet in self.asked.groups]
        better = [] if self.asked.sort else self.left_out
        strategy = "last" if better else "all"
        page = self._query([*self.words, *better], strategy) | self._page()
        page["facets"] = [facet for facet in self.asked.facets if facet not in own]
        queries = [page]
        if better:
            queries.append(self._counted(self.words) | {"facets": page.pop("facets")})
        queries += [self._counted(self.words, without=facet) | {"facets": [facet]} for facet in own]
        first, *others = await self.meili.search(queries)
        counted = others if better else [first, *others]
        facets: dict[str, dict[str, int]] = {}
        for each in counted:
            facets |= cast("dict[str, dict[str, int]]", each.get("facetDistribution") or {})
        total: int = counted[0]["estimatedTotalHits"]
        # Behind those that have all of our words it would go on with what has only the first.
        hits = first["hits"][: max(0, total - self.asked.offset)]
        is_ranked = bool(self.words or self.wording.phrases) and not self.asked.sort
        return Result(
            hits=tuple(Hit(UUID(hit["id"]), float(hit.get("_rankingScore", 0))) for hit in hits),
            total=total,
            facets={facet: _by_count(facets.get(facet, {})) for facet in self.asked.facets},
            used=(*self.words, *map(_quoted, self.wording.phrases)),
            dropped=tuple(self.left_out),
            instead=self.instead,
            read={"by": BY, "q": page["q"], "strategy": strategy} if is_ranked else {},
        )

    async def _leave_out(self, total: int) -> bool:
        """Leave words out, as few as it takes to find a page; False when that finds no more."""
        beside = bool(self.wording.phrases)
        sets = list(fewer(self.words, await self._known(), self.settings, beside=beside))
        tries = [[self.words[at] for at in sorted(needed)] for needed in sets]
        best = self.words
        answers = await self.meili.search([self._counted(each) for each in tries]) if tries else []
        for words, answer in zip(tries, answers, strict=True):
            if answer["estimatedTotalHits"] > total:
                total, best = answer["estimatedTotalHits"], words
            if total >= self.asked.limit or (total and len(words) <= 1):
                break
        self.left_out = [word for word in self.words if word not in best]
        self.words = best
        return bool(self.left_out)

    async def _known(self) -> set[str]:
        """The first word, if any document has it: all that `fewer` wants to know."""
        first = self.words[0]
        if self.settings.vocabulary.worth(first):
            return {first}
        (answer,) = await self.meili.search([{"indexUid": self.uid, "q": f'"{first}"', "limit": 0}])
        return {first} if answer["estimatedTotalHits"] else set()

    async def _find_instead(self) -> bool:
        """For each word that nothing has, whatever the filters, put the nearest that sounds alike and is there."""
        strange = [word for word in self.words if word not in self.settings.vocabulary]
        likes = {word: likes for word in strange if (likes := self.settings.sounds.like(word))}
        if not likes:
            return False
        words = list(dict.fromkeys(word for typed, others in likes.items() for word in (typed, *others)))
        answers = await self.meili.search([{"indexUid": self.uid, "q": word, "limit": 0} for word in words])
        is_there = {word: answer["estimatedTotalHits"] > 0 for word, answer in zip(words, answers, strict=True)}
        for word, others in likes.items():
            if not is_there[word] and (nearest := next((other for other in others if is_there[other]), "")):
                self.instead[word] = (nearest,)
        self.words = [self.instead.get(word, (word,))[0] for word in self.words]
        return bool(self.instead)

    def _query(self, words: list[str], strategy: str, *, without: str = "") -> dict[str, Any]:
        parts = (self.asked.filter, *(part for field, part in self.asked.groups.items() if field != without))
        # Only the last word may be half typed, so what stands fast goes before.
        q = " ".join((*self.fixed, *words))
        body: dict[str, Any] = {"indexUid": self.uid, "q": q, "matchingStrategy": strategy}
        if any(part != And() for part in parts):
            body["filter"] = expression(And(parts), any_field=min(self.settings.keywords))
        return body

    def _counted(self, words: list[str], *, without: str = "") -> dict[str, Any]:
        return self._query(words, "all", without=without) | {"limit": 0}

    def _page(self) -> dict[str, Any]:
        asked = self.asked
        limit = max(0, min(asked.limit, self.settings.max_hits - asked.offset))
        page: dict[str, Any] = {"offset": asked.offset, "limit": limit, "attributesToRetrieve": ["id"]}
        page["showRankingScore"] = True
        return page | ({"sort": [asked.sort]} if asked.sort else {})


def _by_count(values: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(values.items(), key=lambda pair: (-pair[1], pair[0])))


def _quoted(phrase: Phrase) -> str:
    return f'"{" ".join(phrase)}"'
