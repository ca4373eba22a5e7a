"""Django forms with the look of Trellis."""

from __future__ import annotations

from typing import Any

from django import forms


class Styled:
    """Gives the widgets of a form their classes, and errors their ARIA links."""

    fields: Any

    def style(self) -> None:
        """Call once all fields are there."""
        for field in self.fields.values():
            widget = field.widget
            if isinstance(widget, forms.Select):
                widget.attrs.setdefault("class", "form-select")
            elif not isinstance(widget, forms.CheckboxInput | forms.RadioSelect):
                widget.attrs.setdefault("class", "form-control")


class StaffForm(Styled, forms.Form):
    """A plain form of a staff page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.style()
