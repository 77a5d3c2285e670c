"""Pictures that people send: read as what they are, made small, and without what a camera writes beside."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from geogrid.errors import InputError

MAX_PHOTO_BYTES: Final = 10_000_000
#: Some telephones take 50 million pixels; a picture that claims more is a trap.
_MAX_PIXELS: Final = 60_000_000
_LONGEST_SIDE: Final = 1600
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
#: One picture of so many pixels takes 500 MB while it is made small, so that pictures wait for each other.
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class PhotoImage:
    """A picture as it is kept; sides in pixels."""

    media_type: str
    width: int
    height: int
    content: bytes


def load_photo(content: bytes) -> PhotoImage:
    """Turn an uploaded file into a JPEG of at most 1,600 pixels a side.

    Nothing but the pixels is kept: where and with what it was taken is the sender's own affair.

    Raises
    ------
    InputError
        If it is too large, or no picture in JPEG, PNG or WebP.
    """
    if len(content) > MAX_PHOTO_BYTES:
        raise InputError("The photo is larger than 10 MB.", code="photo_too_large", field="photo")
    try:
        with _ONE_AT_A_TIME, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _shrunk(content)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise InputError(
            "The photo cannot be read.", code="photo_unreadable", field="photo", remedy="Send JPEG, PNG or WebP."
        ) from error


def _shrunk(content: bytes) -> PhotoImage:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        if image.width * image.height > _MAX_PIXELS:
            raise InputError("The photo has too many pixels.", code="photo_too_large", field="photo")
        image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        # Made small before it is turned, which copies it.
        whole = image.convert("RGB")
        whole.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        upright = ImageOps.exif_transpose(whole)
    # Pillow would write a comment of the file, which may name the place, into the new one.
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82)
    return PhotoImage("image/jpeg", upright.width, upright.height, out.getvalue())
