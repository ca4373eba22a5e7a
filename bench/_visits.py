"""What arrives: visits of four events by known devices, some strangers, some who say who
they are."""

from __future__ import annotations

import random

from bench.data import NAMES

NEW, IDENTIFY = 0.05, 0.03
"""Shares: visits of strangers, and events that say who somebody is."""


def facts(number: int, contacts: int, seed: int) -> list[object]:
    """``number`` facts of now."""
    from trellis.core import clock

    chance = random.Random(seed)
    now = clock.now().timestamp()
    out: list[object] = []
    while len(out) < number:
        who = chance.random()
        contact = 1 + int(contacts * who * (0.1 + 0.9 * who))
        is_new = chance.random() < NEW
        device = f"n{chance.getrandbits(48)}" if is_new else f"d{contact}"
        out.extend(_event(chance, contact, device, is_new, now) for _ in range(4))
    return out[:number]


def _event(
    chance: random.Random, contact: int, device: str, is_new: bool, now: float
) -> object:
    from trellis.events.types import Fact

    ids: tuple[tuple[str, str], ...] = (("anonymous_id", device),)
    traits: dict[str, object] = {}
    kind, name, _ = chance.choices(NAMES, [share for _, _, share in NAMES])[0]
    if chance.random() < IDENTIFY and (is_new or contact % 10 < 3):
        kind, name = "identify", "Identified"
        if is_new:
            ids = (("email", f"{device}@example.com"), *ids)
            traits = {"email": f"{device}@example.com"}
        else:
            ids = (("user_id", f"u{contact}"), *ids)
            traits = {"employees": chance.randrange(500)}
    path = chance.randrange(16)
    return Fact(
        message_id=f"{chance.getrandbits(64):x}",
        type=kind,
        name=name,
        at=now,
        stamp=int(now * 1000),
        ids=ids,
        traits=traits,
        props={
            "path": f"/p/{path}",
            "title": f"Page {path}",
            "url": f"https://shop.example/p/{path}",
            "amount": chance.randrange(90),
        },
        origin="t.js",
        key_id=1,
    )
