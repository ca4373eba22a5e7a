"""Registries: literal tables where host and plug-ins live together, and this frozen
mapping where an upper domain must add to a lower one (contact references, rule fields,
journey steps)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Generic, TypeVar

from typing_extensions import override

V = TypeVar("V")


class RegistryError(Exception):
    """A key was registered twice, or after the registry was frozen."""


class Registry(Mapping[str, V], Generic[V]):
    """Name to value; filled from ``apps.ready()``, then frozen. Registering twice fails."""

    def __init__(self, noun: str) -> None:
        self.noun = noun
        self._items: dict[str, V] = {}
        self._frozen = False

    def register(self, key: str, value: V) -> V:
        """Add ``value`` under ``key``; raises ``RegistryError`` on a duplicate or too late."""
        if self._frozen:
            raise RegistryError(f"{self.noun} registry is frozen: {key} came too late")
        if key in self._items:
            raise RegistryError(f"{self.noun} {key} is registered twice")
        self._items[key] = value
        return value

    def freeze(self) -> None:
        """Refuse every later registration."""
        self._frozen = True

    @override
    def __getitem__(self, key: str) -> V:
        return self._items[key]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    @override
    def __len__(self) -> int:
        return len(self._items)
