"""/static/…: hashed names never change, 304 for the others, nothing but the files found at start."""

from litestar import Response
from litestar.enums import MediaType

from marketplace.kernel.errors import NotFound
from marketplace.web.access import PUBLIC, Answer, get
from marketplace.web.visit import Visit

FOR_EVER = "public, max-age=31536000, immutable"


async def _send(visit: Visit, address: str) -> Answer:
    asset, is_exact = visit.site.assets.find(address)
    if asset is None:
        raise NotFound
    coding, body = asset.best(visit.headers.get("accept-encoding", ""))
    headers = {"ETag": asset.etag, "Cache-Control": FOR_EVER if is_exact else "no-cache", "Vary": "Accept-Encoding"}
    if asset.etag in visit.headers.get("if-none-match", ""):
        return Response(content="", status_code=304, headers=headers, media_type=MediaType.TEXT)
    if coding:
        headers["Content-Encoding"] = coding
    return Response(content=body, headers=headers, media_type=asset.media_type)


@get("/static/{name}", PUBLIC)
async def show_file(visit: Visit, name: str) -> Answer:
    """One of our own files."""
    return await _send(visit, name)


@get("/static/vendor/{name}", PUBLIC)
async def show_vendor_file(visit: Visit, name: str) -> Answer:
    """A file of a browser package."""
    return await _send(visit, f"vendor/{name}")


routes = [show_file, show_vendor_file]
