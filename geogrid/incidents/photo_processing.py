"""Uploaded photos: validation, reduction, and removal of metadata."""

from __future__ import annotations

import io
import threading
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from geogrid.errors import InputError

MAX_PHOTO_BYTES: Final = 10_000_000
#: Some phones take 50 million pixels; a larger image is refused as a decompression bomb.
_MAX_PIXELS: Final = 60_000_000
_LONGEST_SIDE: Final = 1600
_FORMATS: Final = ("JPEG", "PNG", "WEBP")
#: Reducing an image of `_MAX_PIXELS` needs 500 MB, so one image is processed at a time.
_LOCK: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class PhotoImage:
    """A reduced photo; width and height in pixels."""

    media_type: str
    width: int
    height: int
    content: bytes


def load_photo(content: bytes) -> PhotoImage:
    """Return an uploaded photo as a JPEG of at most 1,600 pixels a side, without metadata such as the position.

    Raises
    ------
    InputError
        If it is too large, or not a JPEG, PNG or WebP image.
    """
    if len(content) > MAX_PHOTO_BYTES:
        raise InputError("The photo is larger than 10 MB.", code="photo_too_large", field="photo")
    try:
        with _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            return _reduce(content)
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise InputError(
            "The photo cannot be read.", code="photo_unreadable", field="photo", remedy="Send JPEG, PNG or WebP."
        ) from error


def _reduce(content: bytes) -> PhotoImage:
    with Image.open(io.BytesIO(content), formats=_FORMATS) as image:
        if image.width * image.height > _MAX_PIXELS:
            raise InputError("The photo has too many pixels.", code="photo_too_large", field="photo")
        image.draft("RGB", (_LONGEST_SIDE, _LONGEST_SIDE))
        # Reduce before the rotation, which copies the image.
        reduced = image.convert("RGB")
        reduced.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        upright = ImageOps.exif_transpose(reduced)
    # Pillow would copy the comment of the file, which may name the place.
    upright.info.clear()
    out = io.BytesIO()
    upright.save(out, "JPEG", quality=82)
    return PhotoImage("image/jpeg", upright.width, upright.height, out.getvalue())
