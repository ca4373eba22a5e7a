"""The spool: what it acknowledged comes back, in order, once."""

from __future__ import annotations

import errno
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from trellis.events.collect import Group
from trellis.tracking import spool
from trellis.tracking.spool import Spool, drain, waiting


def group(name: str) -> Group:
    """A group with one fact."""
    return Group(
        received=1.0, rows=[(1, name.encode())], counts=[("accepted", "api", 1)], refused=[]
    )


class Store:
    """Remembers what was stored; fails after ``good`` calls."""

    def __init__(self, good: int = 1_000) -> None:
        self.names: list[str] = []
        self.good = good

    def __call__(self, groups: Sequence[Group]) -> None:
        if not self.good:
            raise ConnectionError("away")
        self.good -= 1
        self.names.extend(g.rows[0][1].decode() for g in groups)


def test_groups_come_back_in_order_and_their_files_go(tmp_path: Path) -> None:
    one = Spool(tmp_path)
    one.append([group("a"), group("b")])
    one.close()
    one.append([group("c")])
    one.close()
    store = Store()
    assert drain(tmp_path, store) == 3
    assert store.names == ["a", "b", "c"]
    assert waiting(tmp_path) == []


def test_a_segment_somebody_writes_to_is_left_alone(tmp_path: Path) -> None:
    busy = Spool(tmp_path)
    busy.append([group("a")])
    assert drain(tmp_path, Store()) == 0
    busy.close()
    assert drain(tmp_path, Store()) == 1


def test_a_torn_record_at_the_end_was_never_acknowledged(tmp_path: Path) -> None:
    one = Spool(tmp_path)
    one.append([group("a")])
    one.close()
    (path,) = waiting(tmp_path)
    for torn in (b"\x05", b"\xff\x00\x00\x00\x00\x00\x00\x00half"):
        path.write_bytes(path.read_bytes() + torn)
    store = Store()
    drain(tmp_path, store)
    assert store.names == ["a"]


def test_a_damaged_record_stops_there(tmp_path: Path) -> None:
    one = Spool(tmp_path)
    one.append([group("a"), group("b")])
    one.close()
    (path,) = waiting(tmp_path)
    data = bytearray(path.read_bytes())
    data[-3] ^= 0xFF
    path.write_bytes(data)
    store = Store()
    drain(tmp_path, store)
    assert store.names == ["a"]


def test_an_interrupted_drain_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spool, "_STEP", 2)
    one = Spool(tmp_path)
    one.append([group(name) for name in "abcdef"])
    one.close()
    store = Store(good=2)
    with pytest.raises(ConnectionError):
        drain(tmp_path, store)
    assert store.names == ["a", "b", "c", "d"]
    store.good = 9
    drain(tmp_path, store)
    assert store.names == ["a", "b", "c", "d", "e", "f"]


def test_a_full_disk_keeps_nothing_of_the_group_and_all_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Spool(tmp_path)
    one.append([group("a")])

    def full(file: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(OSError, match="No space"):
            one.append([group("lost")])
    one.append([group("b")])
    one.close()
    store = Store()
    drain(tmp_path, store)
    assert store.names == ["a", "b"]


def test_a_file_made_a_moment_before_a_crash_is_no_trouble(tmp_path: Path) -> None:
    (tmp_path / f"000-1{spool.SUFFIX}").write_bytes(b"TRS")
    assert drain(tmp_path, Store()) == 0
    assert waiting(tmp_path) == []


def test_a_segment_that_cannot_be_stored_is_set_aside(tmp_path: Path) -> None:
    one = Spool(tmp_path)
    one.append([group("a")])
    one.close()
    spool.set_aside(tmp_path)
    assert waiting(tmp_path) == []
    assert len(list(tmp_path.glob(f"*{spool.BROKEN}"))) == 1
