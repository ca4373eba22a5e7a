"""Writes the pinned requirements from what is installed: `make lock` after changing *.in.

requirements/runtime.txt is what runtime.in needs, requirements/dev.txt what dev.in needs on
top; dev.txt repeats the runtime pins, so that one file installs everything. predict.txt is
what the optional extra needs, alone.
"""

from __future__ import annotations

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

FOLDER = Path(__file__).resolve().parent.parent / "requirements"


def wanted(name: str) -> list[Requirement]:
    """The requirements of a .in file, those it includes too."""
    found = []
    for line in (FOLDER / name).read_text("utf-8").splitlines():
        text = line.split("#")[0].strip()
        if included := re.match(r"-r (\S+)", text):
            found += wanted(included.group(1))
        elif text:
            found.append(Requirement(text))
    return found


def pins(roots: list[Requirement]) -> dict[str, str]:
    """Name and version of everything the roots need, extras included."""
    pinned: dict[str, str] = {}
    done: set[tuple[str, str]] = set()
    queue = [(root, extra) for root in roots for extra in ["", *root.extras]]
    while queue:
        requirement, extra = queue.pop()
        key = (canonicalize_name(requirement.name), extra)
        if key in done:
            continue
        done.add(key)
        found = distribution(requirement.name)
        pinned[found.metadata["Name"]] = found.version
        for text in found.requires or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": extra}):
                queue += [(needed, name) for name in ["", *needed.extras]]
    return pinned


def main() -> None:
    """Write the files."""
    for name in ("runtime", "predict", "dev"):
        found = pins(wanted(f"{name}.in"))
        lines = [f"{key}=={found[key]}" for key in sorted(found, key=str.lower)]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
