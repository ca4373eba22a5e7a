"""What the demo site shows: the catalogue that the demo company left in the settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import Http404

from trellis.core.models import Instance

Item = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Site:
    """The catalogue with look-ups. Absent where no demo company was loaded."""

    data: Item

    @property
    def products(self) -> list[Item]:
        """Everything for sale, in the order of the catalogue."""
        return list(self.data["products"])

    def product(self, key: str) -> Item:
        """One product; 404 where there is none."""
        return _pick(self.products, key)

    def article(self, key: str) -> Item:
        """One article; 404 where there is none."""
        return _pick(list(self.data["articles"]), key)

    def by_category(self) -> list[tuple[str, str, list[Item]]]:
        """Key, label and products of each category that has any."""
        return [
            (key, label, [item for item in self.products if item["category"] == key])
            for key, label in self.data["categories"].items()
        ]


def open_site() -> Site:
    """The site of this instance; 404 outside a sandbox and where no demo was loaded."""
    if not settings.TRELLIS_SANDBOX:
        raise Http404("The demo site is served in a sandbox only.")
    instance = Instance.objects.filter(id=1).only("settings").first()
    data = instance.settings.get("demo_site") if instance else None
    if not data:
        raise Http404("No demo company was loaded.")
    return Site(data=data)


def _pick(items: list[Item], key: str) -> Item:
    for item in items:
        if item["id"] == key:
            return item
    raise Http404(key)
