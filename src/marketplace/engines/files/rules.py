"""What a file is, decided by its bytes; what it may be called. Pure, but for reading the file it is given."""

import re
import unicodedata
import zipfile
from pathlib import Path
from typing import ClassVar

from marketplace.kernel.errors import DomainError
from marketplace.kernel.i18n import N_

MAX_BYTES = 10 * 1024 * 1024
LONGEST_NAME = 100
_HEAD = 64

EXTENSIONS = {
    "application/pdf": ("pdf",),
    "image/png": ("png",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/webp": ("webp",),
    "image/gif": ("gif",),
    "application/zip": ("zip",),
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ("docx",),
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ("xlsx",),
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ("pptx",),
    "video/mp4": ("mp4", "m4v"),
    "audio/mp4": ("m4a",),
    "audio/mpeg": ("mp3",),
    "text/plain": ("txt", "md", "csv"),
}
"""The types we take, and the extensions that belong to them; the first one is put where a name has another."""

PICTURES = frozenset({"image/png", "image/jpeg", "image/webp", "image/gif"})

_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
_MP4_BRANDS = {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV"}
_MP4_AUDIO_BRANDS = {b"M4A ", b"M4B "}
_TEXT_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
_NAME_FORBIDDEN = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')


class FileRefused(DomainError):
    """Raised with one of the messages below."""

    status: ClassVar[int] = 422
    message = N_("This kind of file is not taken. Use PDF, pictures, Office files, text, MP3, MP4, or put it in a ZIP.")


class FileTooLarge(FileRefused):
    message = N_("This file is larger than %(megabytes)s MB. Split it, or deliver a link to it.")

    def __init__(self) -> None:
        super().__init__(megabytes=MAX_BYTES // 1024 // 1024)


class FileEmpty(FileRefused):
    message = N_("This file is empty. Please choose it again.")


class PictureRefused(FileRefused):
    message = N_("This picture can't be read, or has more than 20 million pixels.")


class MacrosRefused(FileRefused):
    message = N_("This Office file has macros. Save it without them.")


def media_type_of(path: Path) -> str:
    """The media type that the bytes at `path` show, whatever the file is called. Raises: FileRefused."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head:
        raise FileEmpty
    if kind := _by_signature(head):
        return _of_zip(path) if kind == "application/zip" else kind
    if _is_text(path):
        return "text/plain"
    raise FileRefused


def clean_name(name: str, media_type: str) -> str:
    """A name that is safe on every system and in a header, and ends as its type does.

    Folders, control characters and marks that turn the direction of reading are taken out.
    """
    base = re.split(r"[\\/]", unicodedata.normalize("NFC", name))[-1]
    base = "".join(letter for letter in base if unicodedata.category(letter) not in ("Cc", "Cf", "Co", "Cs"))
    base = " ".join(_NAME_FORBIDDEN.sub(" ", base).split()).strip(". ")
    stem, dot, extension = base.rpartition(".")
    allowed = EXTENSIONS[media_type]
    if not dot or extension.lower() not in allowed:
        stem, extension = (base if not dot or media_type == "text/plain" else stem), allowed[0]
    return f"{stem[:LONGEST_NAME].rstrip('. ') or 'file'}.{extension.lower()}"


def _by_signature(head: bytes) -> str | None:
    match head:
        case _ if head.startswith(b"%PDF-"):
            return "application/pdf"
        case _ if head.startswith(b"\x89PNG\r\n\x1a\n"):
            return "image/png"
        case _ if head.startswith(b"\xff\xd8\xff"):
            return "image/jpeg"
        case _ if head.startswith((b"GIF87a", b"GIF89a")):
            return "image/gif"
        case _ if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
            return "image/webp"
        case _ if head.startswith(b"PK\x03\x04"):
            return "application/zip"
        case _ if head[4:8] == b"ftyp" and head[8:12] in _MP4_BRANDS:
            return "video/mp4"
        case _ if head[4:8] == b"ftyp" and head[8:12] in _MP4_AUDIO_BRANDS:
            return "audio/mp4"
        case _ if head.startswith(b"ID3") or _is_mpeg_audio(head):
            return "audio/mpeg"
        case _:
            return None


def _is_mpeg_audio(head: bytes) -> bool:
    """A frame header of MPEG audio layer III (ISO/IEC 11172-3, 2.4.1.3) with a valid bit rate and sampling rate."""
    return (
        len(head) > 3
        and head[0] == 0xFF
        and head[1] & 0xE6 == 0xE2
        and 0 < head[2] >> 4 < 15
        and head[2] >> 2 & 0b11 != 0b11
    )


def _of_zip(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, ValueError, OSError):
        raise FileRefused from None
    if "[Content_Types].xml" not in names:
        return "application/zip"
    if any(name.rpartition("/")[2].lower().startswith("vbaproject") for name in names):
        raise MacrosRefused
    return next(
        (kind for folder, kind in _OFFICE.items() if any(n.startswith(folder) for n in names)), "application/zip"
    )


def _is_text(path: Path) -> bool:
    data = path.read_bytes()
    if _TEXT_CONTROLS.search(data):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
