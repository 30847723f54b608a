"""The pages: parse the request, find out who it is, open the transaction, call one action, render.

A page module holds plain handlers and ends with `routes = [...]`; app.py finds it by that name. A handler takes the
`Visit` and the parts of its address, and says who may call it: `@get("/gigs/{slug}", PUBLIC)`. Knows no SQL.

    front (headers.py)   security headers, compression, HEAD, access log: on every answer, errors too
    sessions.py          who is it: one query for session, user, hats and unread notices
    access.py            may they: one guard reads the handler's mark, then checks the CSRF token
    handler              one transaction at most, opened by it, closed before the answer is made
    pages.py             the whole page, or the one block that htmx asked for
    errors.py            every exception to a page, a fragment or problem+json
"""
