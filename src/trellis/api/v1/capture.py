"""Forms and imports: where leads enter."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, BinaryIO, cast

from django.http import HttpRequest, StreamingHttpResponse
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from trellis.accounts.access import require
from trellis.api import etag
from trellis.api.auth import caller
from trellis.api.paging import Id, Json
from trellis.api.v1.contacts import plain
from trellis.capture.forms import actions as forms
from trellis.capture.forms import queries as form_queries
from trellis.capture.imports import actions as imports
from trellis.capture.imports import queries as import_queries
from trellis.capture.models import Form, Import
from trellis.core.errors import NotFound

forms_router = Router(tags=["forms"])
imports_router = Router(tags=["imports"])


class FormOut(Schema):
    """A hosted form at ``/f/<key>/``."""

    id: int
    key: str
    name: str
    title: str
    intro: str
    fields: list[Json]
    consent_text: str
    consent_required: bool
    button: str
    thanks: str
    redirect_url: str
    published: bool
    locale: str
    created_at: datetime
    updated_at: datetime
    version: int

    @staticmethod
    def resolve_version(form: Form) -> int:
        """Another one after each change of what people edit."""
        return forms.version_of(form)


class FormLine(Schema):
    """A form with how often it was sent."""

    form: FormOut
    submitted: int


class FormChange(Schema):
    """What changes; what is left out stays."""

    name: str | None = Field(None, max_length=120)
    title: str | None = Field(None, max_length=200)
    intro: str | None = Field(None, max_length=10_000)
    fields: list[Json] | None = Field(None, max_length=40)
    consent_text: str | None = Field(None, max_length=4_000)
    consent_required: bool | None = None
    button: str | None = Field(None, max_length=60)
    thanks: str | None = Field(None, max_length=4_000)
    redirect_url: str | None = Field(None, max_length=400)
    locale: str | None = Field(None, max_length=10)

    def values(self) -> Json:
        """What was given."""
        given = self.dict(exclude_unset=True)
        return {key: value for key, value in given.items() if value is not None}


class FormIn(FormChange):
    """A form to make; it is not published yet."""

    name: str = Field(max_length=120)
    key: str = Field("", max_length=64)


class ImportOut(Schema):
    """A CSV import. ``state``: uploaded, running, done, failed (why), cancelled."""

    id: int
    name: str
    size: int
    mapping: dict[str, str]
    options: Json
    state: str
    why: str
    rows_total: int
    rows_read: int
    rows_accepted: int
    rows_rejected: int
    created_at: datetime
    created_by: str
    finished_at: datetime | None


class ImportConfig(Schema):
    """Column → target, and what to do with the rows."""

    mapping: dict[str, str] = Field(default_factory=dict, max_length=1_000)
    options: Json = Field(default_factory=dict)


@forms_router.get("", response=list[FormLine], summary="List forms")
def list_forms(request: HttpRequest) -> Any:
    """Scope: forms.read."""
    caller(request, "forms.read")
    return form_queries.forms()


@forms_router.post("", response={201: FormOut}, summary="Make a form")
def create_form(request: HttpRequest, body: FormIn) -> Status[Form]:
    """Scope: forms.write."""
    values = {key: value for key, value in body.values().items() if key not in {"name", "key"}}
    return Status(201, forms.create(caller(request), body.name, key=body.key, values=values))


@forms_router.get("/{form_id}", response=FormOut, summary="Read a form")
def read_form(request: HttpRequest, form_id: Id) -> Form:
    """Scope: forms.read."""
    caller(request, "forms.read")
    return forms.get(form_id)


@forms_router.patch(
    "/{form_id}", response=FormOut, summary="Change a form", openapi_extra=etag.CHANGES
)
def change_form(request: HttpRequest, form_id: Id, body: FormChange) -> Form:
    """Scope: forms.write."""
    return forms.update(caller(request), form_id, body.values(), etag.seen(request))


@forms_router.post("/{form_id}/publish", response=FormOut, summary="Publish a form")
def publish_form(request: HttpRequest, form_id: Id) -> Form:
    """Refused without consent text. Scope: forms.write."""
    return forms.publish(caller(request), form_id)


@forms_router.post("/{form_id}/unpublish", response=FormOut, summary="Close a form")
def unpublish_form(request: HttpRequest, form_id: Id) -> Form:
    """Scope: forms.write."""
    return forms.unpublish(caller(request), form_id)


@forms_router.delete(
    "/{form_id}", response={204: None}, summary="Archive a form", openapi_extra=etag.CHANGES
)
def archive_form(request: HttpRequest, form_id: Id) -> Status[None]:
    """Scope: forms.write."""
    forms.archive(caller(request), form_id, etag.seen(request))
    return Status(204, None)


@imports_router.get("", response=list[ImportOut], summary="List imports")
def list_imports(
    request: HttpRequest,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
) -> list[Import]:
    """Newest first; ``before`` is the id of the last one seen. Scope: imports.read."""
    caller(request, "imports.read")
    return import_queries.newest(limit, before)


@imports_router.post("", response={201: ImportOut}, summary="Upload a CSV file")
def upload(request: HttpRequest, file: Annotated[UploadedFile, File()]) -> Status[Import]:
    """Answers how it is written and what its columns seem to mean. Scope: imports.write."""
    made = imports.create(caller(request), file.name or "", cast(BinaryIO, file))
    return Status(201, made)


@imports_router.get("/{import_id}", response=ImportOut, summary="Read an import")
def read_import(request: HttpRequest, import_id: Id) -> Import:
    """Scope: imports.read."""
    caller(request, "imports.read")
    return _import(import_id)


@imports_router.put("/{import_id}", response=ImportOut, summary="Configure an import")
def configure(request: HttpRequest, import_id: Id, body: ImportConfig) -> Import:
    """Before it starts. Scope: imports.write."""
    return imports.configure(caller(request), _import(import_id).pk, body.mapping, body.options)


@imports_router.get("/{import_id}/trial", response=Json, summary="Try an import")
def trial(request: HttpRequest, import_id: Id) -> Any:
    """The first rows, read without writing anything. Scopes: imports.read and
    contacts.see_private."""
    require(caller(request, "imports.read"), "contacts.see_private")
    return plain(import_queries.preview(_import(import_id)))


@imports_router.post("/{import_id}/start", response={202: ImportOut}, summary="Start")
def start(request: HttpRequest, import_id: Id) -> Status[Import]:
    """Scope: imports.write."""
    return Status(202, imports.start(caller(request), _import(import_id).pk))


@imports_router.post("/{import_id}/cancel", response=ImportOut, summary="Cancel")
def cancel(request: HttpRequest, import_id: Id) -> Import:
    """What was read stays. Scope: imports.write."""
    return imports.cancel(caller(request), _import(import_id).pk)


@imports_router.get(
    "/{import_id}/rejected", response={200: None}, summary="Refused rows as CSV"
)
def refused(request: HttpRequest, import_id: Id) -> StreamingHttpResponse:
    """With number and reason, to mend and import again. Scopes: imports.read and
    contacts.see_private."""
    require(caller(request, "imports.read"), "contacts.see_private")
    lines = import_queries.fault_lines(_import(import_id))
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")


def _import(import_id: Id) -> Import:
    found = Import.objects.filter(pk=import_id).first()
    if found is None:
        raise NotFound("There is no such import.", import_id=import_id)
    return found
