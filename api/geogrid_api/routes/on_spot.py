"""Report incidents that were handled on the spot (即查即改)."""

from __future__ import annotations

import hashlib
from http import HTTPStatus
from typing import Final

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.datastructures import FormData, UploadFile

from geogrid.errors import InputError
from geogrid.incidents.photo_processing import MAX_PHOTO_BYTES
from geogrid.model import Actor, PhotoKind
from geogrid.services import on_spot as service
from geogrid.services.idempotency import IdempotentRequest
from geogrid.services.incidents import Receipt
from geogrid.step_engine import MAX_NOTE
from geogrid_api.app_state import AppState, StateDep
from geogrid_api.problem_details import AUTH_ERRORS, problem_responses
from geogrid_api.request_preconditions import IdempotencyKey
from geogrid_api.routes.incidents import ReportBody, ReporterDep, make_report
from geogrid_api.schemas.incidents import ReportResponse, make_etag, make_report_response

router = APIRouter(prefix="/v1", tags=["incidents 事件"])

_MAX_PHOTOS: Final = 6
_MAX_FIELDS: Final = 10
_MAX_FIELD_BYTES: Final = 64_000
_FILES: Final = {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}
_FORM: Final = {
    "type": "object",
    "properties": {
        "report": {
            "type": "string",
            "contentMediaType": "application/json",
            "description": "The report as JSON, as in POST /v1/incidents.",
        },
        "note": {"type": "string", "maxLength": MAX_NOTE, "description": "Note on the handling."},
        "before": {**_FILES, "description": "Photos before the handling: JPEG, PNG or WebP."},
        "after": {**_FILES, "description": "Photos after the handling."},
    },
    "required": ["report", "before", "after"],
    "additionalProperties": False,
}


_FIELDS: Final = ("report", "note", *PhotoKind)


@router.post(
    "/incidents/handled",
    status_code=HTTPStatus.CREATED,
    max_body_size=_MAX_PHOTOS * MAX_PHOTO_BYTES + 1_000_000,
    responses=problem_responses(
        *AUTH_ERRORS,
        HTTPStatus.BAD_REQUEST,
        HTTPStatus.CONFLICT,
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        HTTPStatus.UNPROCESSABLE_ENTITY,
    ),
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def report_handled(
    request: Request, state: StateDep, actor: ReporterDep, response: Response, idempotency_key: IdempotencyKey = None
) -> ReportResponse:
    """Report an incident that you have handled on the spot, with photos before and after.

    The incident is closed at once. A random share waits as `fed_back` for the check by another user.
    """
    async with request.form(max_files=_MAX_PHOTOS, max_fields=_MAX_FIELDS, max_part_size=_MAX_FIELD_BYTES) as form:
        body, note, photos = _parse_report(form), _get_text(form, "note"), await _read_photos(form)
    handled = service.HandledReport(make_report(body, state), note, photos)
    idempotency = _make_idempotent(idempotency_key, body, handled)
    receipt = await run_in_threadpool(_store_report, state, handled, actor, idempotency)
    response.headers["Location"] = f"/v1/incidents/{receipt.incident.id}"
    response.headers["ETag"] = make_etag(receipt.incident)
    return _make_response(receipt)


def _store_report(
    state: AppState, handled: service.HandledReport, actor: Actor, idempotency: IdempotentRequest[Receipt] | None
) -> Receipt:
    snapshot = state.snapshots.current
    return service.receive_handled_report(
        state.store, snapshot.locator, state.rules, handled, actor, themes=snapshot.themes, idempotency=idempotency
    )


def _parse_report(form: FormData) -> ReportBody:
    """Return the report in a form.

    Raises
    ------
    InputError
        If the form has an unknown field.
    RequestValidationError
        If the report does not match its schema.
    """
    if not set(form) <= set(_FIELDS):
        raise InputError(
            "The form has an unknown field.",
            code="field_unknown",
            field="form",
            remedy=f"The fields are {', '.join(_FIELDS)}.",
        )
    try:
        return ReportBody.model_validate_json(_get_text(form, "report"))
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RequestValidationError(
            [{**fault, "loc": ("body", "report", *fault["loc"])} for fault in faults]
        ) from None


def _get_text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


async def _read_photos(form: FormData) -> list[service.SentPhoto]:
    """Return the photos of a form.

    Raises
    ------
    InputError
        If a photo is too large.
    """
    photos = [
        service.SentPhoto(await file.read(MAX_PHOTO_BYTES + 1), kind)
        for kind in PhotoKind
        for file in form.getlist(kind)
        if isinstance(file, UploadFile)
    ]
    if any(len(photo.content) > MAX_PHOTO_BYTES for photo in photos):
        raise InputError("The photo is larger than 10 MB.", code="photo_too_large", field="photos")
    return photos


def _make_idempotent(
    key: str | None, body: ReportBody, handled: service.HandledReport
) -> IdempotentRequest[Receipt] | None:
    """Return the idempotency key with a hash of the fields: the bytes of a repeated form differ."""
    if key is None:
        return None
    content = hashlib.sha256(f"{body.model_dump_json()}\n{handled.note}".encode())
    for photo in handled.photos:
        content.update(f"\n{photo.kind}\n".encode() + hashlib.sha256(photo.content).digest())
    return IdempotentRequest(key, content.hexdigest(), lambda receipt: _make_response(receipt).model_dump_json())


def _make_response(receipt: Receipt) -> ReportResponse:
    return make_report_response(receipt.incident, receipt.duplicates)
