"""The options of a leaf: which ones fit, and their reading."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from trellis.rules import types
from trellis.rules.operators import Operator
from trellis.rules.reading import Note, span, window
from trellis.rules.registry import PROPS, Field

_HELD = ("eq", "ne", "in", "not_in", "given", "not_given", "withdrawn")
_COMPARED = ("eq", "in", "gt", "gte", "lt", "lte", "between")
"""Operators that may ask since when: where only the present value is known, those that name
it; where the former ones are, every comparison."""


def options_for(field: Field, operator: Operator) -> tuple[str, ...]:
    """The names of the options that a leaf of this field and operator may have; ``by`` is
    one that it must have."""
    fits = {
        "within": operator.windowed,
        "not_since": operator.ordered or operator.renounced,
        "after": operator.ordered,
        "by": operator.paired,
        "same": operator.paired,
        "of": bool(field.narrows),
        "channel": bool(field.consent),
        "for": operator.key in _COMPARED
        if field.past is not None
        else operator.key in _HELD and _has_since(field),
        "zone": field.type == types.DATE and (field.zoned or bool(field.json_key)),
        "salt": field.type == types.RANDOM,
    }
    return tuple(name for name, fit in fits.items() if fit)


def _has_since(field: Field) -> bool:
    return bool(field.since) or field.type in (types.SEGMENT, types.CONSENT)


class Options:
    """Reads the options of one leaf."""

    def __init__(
        self, problem: Note, fields: Mapping[str, Field], field: Field, operator: Operator
    ) -> None:
        self.problem = problem
        self.fields = fields
        self.field = field
        self.operator = operator

    def read(self, data: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The options as the leaf has them."""
        allowed = options_for(self.field, self.operator)
        readers: dict[str, tuple[str, Callable[[Any, str], Any]]] = {
            "within": ("within", lambda found, place: window(self.problem, found, place)),
            "not_since": ("not_since", self._signal),
            "after": ("after", self._signal),
            "by": ("by", self._signal),
            "same": ("same", self._property),
            "of": ("of", self._of),
            "channel": ("channel", self._channel),
            "for": ("held", lambda found, place: span(self.problem, found, place)),
            "zone": ("zone", self._zone),
            "salt": ("salt", self._salt),
        }
        found: dict[str, Any] = {}
        for name, (attribute, read) in readers.items():
            place = f"{path}.{name}" if path else name
            if name not in data:
                if name == "by" and self.operator.paired:
                    self.problem(place, _("is missing"))
            elif name not in allowed:
                self.problem(place, _("does not fit this operator"))
            else:
                found[attribute] = read(data[name], place)
        return found

    def _signal(self, key: Any, path: str) -> str:
        if not isinstance(key, str) or f"signal.{key}" not in self.fields:
            self.problem(path, _("there is no signal %(key)s") % {"key": key})
            return ""
        return key

    def _property(self, name: Any, path: str) -> str:
        if not _is_text(name) or len(name) > 64:
            self.problem(path, _("must be the name of a property"))
            return ""
        return str(name)

    def _channel(self, channel: Any, path: str) -> str:
        if not isinstance(channel, str) or not 0 < len(channel) <= 12:
            self.problem(path, _("must be the name of a channel"))
            return ""
        return channel

    def _zone(self, zone: Any, path: str) -> str:
        if zone not in ("contact", "instance") or self.fields is PROPS:
            self.problem(path, _("must be one of %(all)s") % {"all": "contact, instance"})
            return ""
        return "contact" if zone == "contact" else ""

    def _salt(self, salt: Any, path: str) -> str:
        if not isinstance(salt, str) or len(salt) > 40 or "\x00" in salt:
            self.problem(path, _("must be a text"))
            return ""
        return salt

    def _of(self, data: Any, path: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if not isinstance(data, Mapping):
            self.problem(path, _("must be an object"))
            return ()
        narrows = {narrow.key: narrow for narrow in self.field.narrows}
        found = []
        for key, given in data.items():
            place = f"{path}.{key}"
            values = given if isinstance(given, list) else [given]
            if key not in narrows:
                self.problem(place, _("is not known here"))
            elif not 0 < len(values) <= 50 or not all(map(_is_text, values)):
                self.problem(place, _("must be a text"))
            elif narrows[key].choices is not None and (
                bad := [item for item in values if narrows[key].choice(item) is None]
            ):
                self.problem(
                    place, _("%(value)s is not one of the choices") % {"value": f'"{bad[0]}"'}
                )
            else:
                found.append((str(key), tuple(dict.fromkeys(values))))
        return tuple(sorted(found))


def _is_text(item: Any) -> bool:
    return isinstance(item, str) and 0 < len(item) <= types.MAX_TEXT and "\x00" not in item
