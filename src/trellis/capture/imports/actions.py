"""What can be done with imports: take a file in, say what its columns mean, start, cancel."""

from __future__ import annotations

import codecs
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

import msgspec
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from trellis.accounts import audit
from trellis.accounts.access import require
from trellis.accounts.types import Actor
from trellis.capture.imports import facts, sniff, targets
from trellis.capture.imports.reader import first_rows
from trellis.capture.imports.types import Layout, Options, options_of
from trellis.capture.models import Import
from trellis.core import clock, ids
from trellis.core.errors import Conflict, InvalidInput, NotFound, Unavailable
from trellis.people.consent import PURPOSES
from trellis.sources.models import Source

TASK = "capture.run_import"
UPDATES = ("newest", "empty")


def create(actor: Actor, name: str, file: BinaryIO) -> Import:
    """Keep an uploaded file, find out how it is written, and suggest what its columns mean.

    Raises ``InvalidInput`` where it is empty or no text, ``Unavailable`` where the disk is
    full.
    """
    require(actor, "imports.write")
    folder = settings.TRELLIS_DATA / "imports"
    path = folder / f"{clock.wall():%Y%m%d}-{ids.new_token(9)}.csv"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _keep(file, path)
        layout = sniff.layout_of(_head(path))
        _check_text(path, layout)
        with transaction.atomic():
            source = Import(
                name=name.strip()[:200] or _("Import"),
                path=str(path.relative_to(settings.TRELLIS_DATA)),
                size=path.stat().st_size,
                created_by=actor.label,
            )
            _lay_out(source, layout)
            source.save(force_insert=True)
            audit.record(actor, "import.create", "import", source.pk, source.name)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise Unavailable(
            _("The file could not be kept: %(why)s.") % {"why": error.strerror}
        ) from error
    except Exception:
        path.unlink(missing_ok=True)
        raise
    return source


def _keep(file: BinaryIO, path: Path) -> None:
    """Copy the upload; UTF-16, whose lines cannot be found by bytes, becomes UTF-8."""
    start = file.read(2)
    file.seek(0)
    with path.open("xb") as out:
        path.chmod(0o600)
        if start not in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            shutil.copyfileobj(file, out, 1024 * 1024)
            return
        decoder = codecs.getincrementaldecoder("utf-16")("replace")
        while data := file.read(1024 * 1024):
            out.write(decoder.decode(data).encode())


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(sniff.SAMPLE)


def _check_text(path: Path, layout: Layout) -> None:
    if not layout.columns:
        raise InvalidInput(_("The file is empty."))
    head = _head(path)
    if head.count(b"\x00") > len(head) // 10 or head.startswith((b"PK\x03\x04", b"%PDF")):
        raise InvalidInput(
            _("This is not a CSV file. Save the table as CSV (comma separated) first.")
        )


def _lay_out(source: Import, layout: Layout) -> None:
    """Suggest everything that follows from how the file is written."""
    rows = first_rows(source.file, layout, sniff.ROWS)
    cells = [row.cells for row in rows]
    source.mapping = targets.suggest(layout.columns, cells)
    types = {
        column: sniff.type_of([row[place] for row in cells if place < len(row)])
        for place, column in enumerate(layout.columns)
    }
    source.options = msgspec.to_builtins(Options(layout=layout, types=types))
    source.offset = layout.start
    source.rows_total = _estimate(source, layout, len(rows))


def _estimate(source: Import, layout: Layout, sampled: int) -> int:
    head = _head(source.file)[layout.start :]
    lines = head.count(b"\n") or sampled
    return max(sampled, (source.size - layout.start) * lines // max(1, len(head)))


def configure(
    actor: Actor, import_id: int, mapping: Mapping[str, str], options: Mapping[str, Any]
) -> Import:
    """Say what the columns mean and what to do with the rows, before the start.

    ``options`` are the fields of ``types.Options``; ``layout`` may hold ``encoding``,
    ``delimiter`` and ``header`` to read the file another way. Raises ``InvalidInput``.
    """
    require(actor, "imports.write")
    with transaction.atomic():
        source = _locked(import_id)
        if source.state != "uploaded":
            raise Conflict(_("This import was started already."))
        given = dict(options)
        if wanted := given.pop("layout", None):
            _read_another_way(source, wanted)
        merged = {**source.options, **given}
        try:
            settled = msgspec.convert(merged, Options)
        except msgspec.ValidationError as error:
            raise InvalidInput(str(error)) from None
        source.mapping = _mapping(settled.layout, source.mapping, mapping)
        _check(source.mapping, settled)
        source.options = msgspec.to_builtins(settled)
        source.save()
    return source


def _read_another_way(source: Import, wanted: Mapping[str, Any]) -> None:
    old = options_of(source.options).layout
    encoding = str(wanted.get("encoding") or old.encoding)
    if encoding not in sniff.ENCODINGS or encoding == "utf-16":
        raise InvalidInput(_("Trellis does not read this encoding."))
    header = wanted.get("header", old.header)
    found = sniff.layout_of(_head(source.file), encoding, header=bool(header))
    if (found.encoding, found.header) != (old.encoding, old.header):
        _lay_out(source, found)


def _mapping(
    layout: Layout, old: Mapping[str, str], given: Mapping[str, str]
) -> dict[str, str]:
    if unknown := sorted(set(given) - set(layout.columns)):
        raise InvalidInput(_("The file has no column %(name)s.") % {"name": unknown[0]})
    return {column: given.get(column, old.get(column, "")) for column in layout.columns}


def _check(mapping: Mapping[str, str], options: Options) -> None:
    chosen = [target for target in mapping.values() if target]
    for target in chosen:
        if not targets.is_target(target):
            raise InvalidInput(_("%(name)s is no field.") % {"name": target})
        if chosen.count(target) > 1:
            raise InvalidInput(_("Two columns go to %(name)s.") % {"name": target})
    if not any(targets.identifies(target) for target in chosen):
        raise InvalidInput(_("One column must be the email, the phone or an id."))
    if options.update not in UPDATES:
        raise InvalidInput(_("update must be newest or empty."))
    if unknown := sorted(set(options.types.values()) - set(facts.TYPES)):
        raise InvalidInput(_("%(name)s is no type of a column.") % {"name": unknown[0]})
    _check_consent(chosen, options)
    if options.source and not Source.objects.filter(key=options.source).exists():
        raise InvalidInput(_("There is no source %(name)s.") % {"name": options.source})


def _check_consent(chosen: list[str], options: Options) -> None:
    if unknown := sorted(set(options.consent) - set(PURPOSES)):
        raise InvalidInput(_("There is no purpose %(name)s.") % {"name": unknown[0]})
    says = bool(options.consent) or any(target in targets.CONSENTS for target in chosen)
    if says and not options.wording.strip():
        raise InvalidInput(_("A consent needs the wording these people agreed to."))


def start(actor: Actor, import_id: int) -> Import:
    """Begin to read; the work is done by a job, or by ``run.run``."""
    require(actor, "imports.write")
    with transaction.atomic():
        source = _locked(import_id)
        if source.state != "uploaded":
            raise Conflict(_("This import was started already."))
        _check(source.mapping, options_of(source.options))
        source.state, source.started_at = "running", clock.now()
        source.save(update_fields=["state", "started_at"])
        audit.record(actor, "import.start", "import", source.pk, source.name)
        app.configure_task(TASK, lock=f"import-{source.pk}").defer(import_id=source.pk)
    return source


def cancel(actor: Actor, import_id: int) -> Import:
    """Stop before the next chunk. What was read stays; cancelling twice changes nothing."""
    require(actor, "imports.write")
    with transaction.atomic():
        source = _locked(import_id)
        if source.state in ("uploaded", "running"):
            source.state, source.finished_at = "cancelled", clock.now()
            source.save(update_fields=["state", "finished_at"])
            audit.record(actor, "import.cancel", "import", source.pk, source.name)
    return source


def delete_file(actor: Actor, import_id: int) -> None:
    """Delete the uploaded file of an import that has ended; its result stays."""
    require(actor, "imports.write")
    with transaction.atomic():
        source = _locked(import_id)
        if source.state in ("uploaded", "running"):
            raise Conflict(_("This import has not ended. Cancel it first."))
        source.file.unlink(missing_ok=True)
        source.path = ""
        source.save(update_fields=["path"])
        audit.record(actor, "import.delete_file", "import", source.pk, source.name)


def tidy(before: datetime) -> int:
    """Delete the files of imports that ended before then: they hold personal data that is
    in the contacts now. Returns how many there were; results and faulty rows stay."""
    done = Import.objects.filter(finished_at__lt=before).exclude(path="")
    for source in done:
        source.file.unlink(missing_ok=True)
    return done.update(path="")


def _locked(import_id: int) -> Import:
    source = Import.objects.select_for_update().filter(pk=import_id).first()
    if source is None:
        raise NotFound(_("There is no such import."))
    return source
