"""Validation of uploaded evidence of a rectification: photos and PDF documents."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from geogrid.errors import InputError
from geogrid.incidents.photo_processing import MAX_PHOTO_BYTES, load_photo

MAX_EVIDENCE_BYTES: Final = MAX_PHOTO_BYTES
PDF: Final = "application/pdf"
_HEAD: Final = b"%PDF-"
_TAIL: Final = b"%%EOF"
# PDF readers look for the end mark in the last kilobyte.
_TAIL_WITHIN: Final = 1_024


@dataclass(frozen=True, slots=True)
class EvidenceDocument:
    """A piece of evidence to be stored."""

    media_type: str
    sha256: str
    content: bytes


def read_evidence(content: bytes) -> EvidenceDocument:
    """Return an uploaded photo (JPEG, PNG, WebP) or PDF as evidence; the first bytes decide.

    A photo is reduced and loses its metadata, see `geogrid.incidents.photo_processing.load_photo`. A PDF is stored
    unchanged and never parsed; the API returns it as a download only.

    Raises
    ------
    InputError
        If the content is neither, truncated, or larger than 10 MB.

    Examples
    --------
    >>> read_evidence(b"%PDF-1.4 ... %%EOF").media_type
    'application/pdf'
    """
    if len(content) > MAX_EVIDENCE_BYTES:
        raise InputError("The file is larger than 10 MB.", code="evidence_too_large", field="evidence")
    if content.startswith(_HEAD):
        if _TAIL not in content[-_TAIL_WITHIN:]:
            raise InputError("The PDF is truncated.", code="evidence_unreadable", field="evidence")
        return _build_document(PDF, content)
    try:
        photo = load_photo(content)
    except InputError as error:
        raise InputError(
            "The file is not a readable photo or PDF.",
            code="evidence_unreadable",
            field="evidence",
            remedy="Send JPEG, PNG, WebP or PDF.",
        ) from error
    return _build_document(photo.media_type, photo.content)


def _build_document(media_type: str, content: bytes) -> EvidenceDocument:
    return EvidenceDocument(media_type, hashlib.sha256(content).hexdigest(), content)
