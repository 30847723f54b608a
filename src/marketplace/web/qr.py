"""QR codes in pages."""

import segno
from markupsafe import Markup


def drawn_qr(text: str, *, scale: int = 5) -> Markup:
    """An SVG of `text`, black on white whatever the theme; one module is `scale` pixels wide."""
    drawn = segno.make(text, micro=False).svg_inline(scale=scale, border=4, dark="#000", light="#fff")
    return Markup(drawn)  # noqa: S704 - nothing but a path of numbers
