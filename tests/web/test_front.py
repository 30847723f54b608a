"""The front: what every answer carries, whoever asks for whatever."""

from tests.cast import Cast
from tests.visitors import Browse, Browser


async def test_home_answers_a_visitor_and_a_signed_in_person(client: Browser, browse: Browse, cast: Cast) -> None:
    shown = await client.get("/")
    assert shown.status_code == 200 and "Ayesha" not in shown.text
    hers = await (await browse(cast.ayesha)).get("/")
    assert hers.status_code == 200 and "Ayesha Khan" in hers.text
