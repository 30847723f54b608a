"""Pictures are drawn anew before a page shows them: nothing of the sender's file but its pixels arrives."""

import warnings
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps

from marketplace.engines.files.rules import PictureRefused

WIDTHS = (160, 640, 1280)
MAX_PIXELS = 20_000_000
_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
_QUALITY = 80


def redraw(path: Path) -> dict[int, bytes]:
    """WebP files of at most `WIDTHS` pixels in width and height, without any metadata, upright. Slow: call in a thread.

    Raises: PictureRefused when it can't be read or has more than 20 million pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            with Image.open(path, formats=_FORMATS) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise PictureRefused
                upright = ImageOps.exif_transpose(picture).convert("RGBA" if _is_see_through(picture) else "RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombWarning, Image.DecompressionBombError):
            raise PictureRefused from None
    return {width: _webp(upright, width) for width in WIDTHS}


def _is_see_through(picture: Image.Image) -> bool:
    return picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info


def _webp(picture: Image.Image, width: int) -> bytes:
    small = picture.copy()
    small.thumbnail((width, width), Image.Resampling.LANCZOS)
    target = BytesIO()
    small.save(target, "WEBP", quality=_QUALITY)
    return target.getvalue()
