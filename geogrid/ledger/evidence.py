"""Evidence that a problem was put right: photos, and documents in PDF."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from geogrid.errors import InputError
from geogrid.incidents.photos import MAX_PHOTO_BYTES, load_photo

MAX_EVIDENCE_BYTES: Final = MAX_PHOTO_BYTES
PDF: Final = "application/pdf"
_HEAD: Final = b"%PDF-"
_TAIL: Final = b"%%EOF"
# Readers look for the end within the last kilobyte.
_TAIL_WITHIN: Final = 1_024


@dataclass(frozen=True, slots=True)
class EvidenceDocument:
    """A piece of evidence as it is kept."""

    media_type: str
    sha256: str
    content: bytes


def read_evidence(content: bytes) -> EvidenceDocument:
    """Take a photo (JPEG, PNG, WebP) or a PDF by its first bytes.

    A photo is made small and loses what the camera wrote beside it, see `geogrid.incidents.photos.load_photo`. A
    PDF is kept as it is: it is never opened here, and goes out as a download only.

    Raises
    ------
    InputError
        If it is neither, cut off, or larger than 10 MB.

    Examples
    --------
    >>> read_evidence(b"%PDF-1.4 ... %%EOF").media_type
    'application/pdf'
    """
    if len(content) > MAX_EVIDENCE_BYTES:
        raise InputError("The file is larger than 10 MB.", code="evidence_too_large", field="evidence")
    if content.startswith(_HEAD):
        if _TAIL not in content[-_TAIL_WITHIN:]:
            raise InputError("The PDF is not whole.", code="evidence_unreadable", field="evidence")
        return _document(PDF, content)
    try:
        picture = load_photo(content)
    except InputError as error:
        raise InputError(
            "The file is no photo and no PDF.",
            code="evidence_unreadable",
            field="evidence",
            remedy="Send JPEG, PNG, WebP or PDF.",
        ) from error
    return _document(picture.media_type, picture.content)


def _document(media_type: str, content: bytes) -> EvidenceDocument:
    return EvidenceDocument(media_type, hashlib.sha256(content).hexdigest(), content)
