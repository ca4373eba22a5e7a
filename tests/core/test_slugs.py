"""Keys out of names in every script of the product."""

from __future__ import annotations

import pytest

from trellis.core.slugs import slug


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Visited prices", "visited-prices"),
        ("北京客户", "bei-jing-ke-hu"),
        ("Постоянные клиенты", "postoyannye-klienty"),
        ("Fidelització d’estiu", "fidelitzacio-destiu"),
        ("Año nuevo", "ano-nuevo"),
        ("VIP 客户 2026", "vip-ke-hu-2026"),
        ("!!!", ""),
        ("", ""),
    ],
)
def test_a_name_becomes_a_key(name: str, key: str) -> None:
    assert slug(name) == key


def test_a_key_is_cut_without_a_hyphen_at_its_end() -> None:
    assert slug("abc def", 4) == "abc"
