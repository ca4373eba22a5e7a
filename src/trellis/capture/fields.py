"""What rules can read of forms and imports: which of them somebody came through."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _

from trellis.capture.models import Form, Import
from trellis.events import names
from trellis.events.types import IDENTIFY, STANDARD_NAMES, TRACK
from trellis.rules.registry import PROVIDERS, Choice, Field, Narrow
from trellis.rules.types import SIGNAL, TEXT, EventRef, Leaf

NEWEST = 200
"""So many imports are offered."""


def provide() -> Iterable[Field]:
    """Forms sent, and rows of imports, counted as behaviour."""
    forms = Form.objects.order_by("name")
    imports = Import.objects.exclude(started_at__isnull=True).order_by("-id")[:NEWEST]
    yield Field(
        "form.submitted",
        _("sent a form"),
        SIGNAL,
        event=EventRef(TRACK, names.FORM_SUBMITTED),
        narrows=(
            Narrow(
                "form",
                _("form"),
                "form",
                tuple(Choice(row.key, row.name, row.key) for row in forms),
            ),
        ),
        group=_("Forms and imports"),
    )
    yield Field(
        "import.row",
        _("stood in an import"),
        SIGNAL,
        event=EventRef(
            IDENTIFY, STANDARD_NAMES[IDENTIFY], Leaf("prop.import", "not_empty", None, TEXT)
        ),
        narrows=(
            Narrow(
                "import",
                _("import"),
                "import",
                tuple(Choice(str(row.pk), row.name, row.pk) for row in imports),
            ),
        ),
        group=_("Forms and imports"),
    )


def register() -> None:
    """Called once from ``apps.ready``."""
    PROVIDERS.register("capture", provide)
