"""The demo's mailbox: what was mailed or texted to anybody, since no SMTP server and no SMS gateway is set."""

from uuid import UUID

from litestar import Response
from litestar.enums import MediaType

from marketplace.engines.notify import actions
from marketplace.web.access import DEMO, Answer, get
from marketplace.web.pages import page
from marketplace.web.visit import Visit

_LOOK = "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-popups allow-top-navigation-by-user-activation"


@get("/dev/mail", DEMO)
async def list_mails(visit: Visit) -> Answer:
    """The newest texts and mails; `?to=` only those to one address or number."""
    to = visit.query.get("to", "")
    async with visit.read() as db:
        mails, texts = await actions.mailbox(db, to=to), await actions.textbox(db, to=to)
    return page(visit, "dev/mail.html", mails=mails, texts=texts, to=to)


@get("/dev/mail/{id}", DEMO)
async def show_mail(visit: Visit, id: UUID) -> Answer:
    """One mail as its text says it, with links that work."""
    async with visit.read() as db:
        mail = await actions.one(db, id)
    return page(visit, "dev/mail_one.html", mail=mail)


@get("/dev/mail/{id}/html", DEMO)
async def show_mail_html(visit: Visit, id: UUID) -> Answer:
    """One mail as a mail program shows it."""
    async with visit.read() as db:
        mail = await actions.one(db, id)
    return Response(mail.html, media_type=MediaType.HTML, headers={"Content-Security-Policy": _LOOK})


routes = [list_mails, show_mail, show_mail_html]
