"""Copy the pinned browser libraries into the package: ``python tools/vendor_assets.py``.

Needs npm, and only here: what it makes is committed, so neither installing nor running
Trellis needs Node. ``manifest.json`` names each package with its version, the integrity of
its archive and the SHA-256 of each file taken from it; ``tests/web/test_vendored.py`` checks
the committed files against it. Change a version there, run this with ``--update``, and
review the difference.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import brotli

STATIC = Path(__file__).resolve().parent.parent / "src/trellis/web/static"
VENDOR = STATIC / "vendor"
MANIFEST = VENDOR / "manifest.json"
SQUEEZE_FROM = 40_000
"""Bytes from which a file also gets a Brotli twin, which the web process prefers."""


def sha256(data: bytes) -> str:
    """The hex digest that stands in the manifest."""
    return hashlib.sha256(data).hexdigest()


def fetch(name: str, version: str, folder: Path) -> Path:
    """Download the archive of a package with npm; returns its path."""
    done = subprocess.run(
        ["npm", "pack", f"{name}@{version}", "--json", "--pack-destination", str(folder)],
        check=True,
        capture_output=True,
        text=True,
    )
    return folder / str(json.loads(done.stdout)[0]["filename"])


def integrity(archive: Path) -> str:
    """The Subresource-Integrity form of an archive's SHA-512, as npm prints it."""
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return "sha512-" + base64.b64encode(digest).decode()


def read(archive: Path, member: str) -> bytes:
    """One file of an npm archive, by its path in the package."""
    with tarfile.open(archive) as tar:
        found = tar.extractfile(f"package/{member}")
        if found is None:
            raise SystemExit(f"{archive.name} has no {member}")
        return found.read()


def write(target: Path, data: bytes) -> None:
    """Write a file and, where it is large text, its Brotli twin."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(data)
    if len(data) >= SQUEEZE_FROM and target.suffix in {".css", ".js", ".svg"}:
        target.with_name(target.name + ".br").write_bytes(brotli.compress(data, quality=11))


def sprite(archive: Path, names: list[str]) -> bytes:
    """One SVG with a ``<symbol id="i-NAME">`` for each icon."""
    symbols = []
    for name in names:
        text = read(archive, f"icons/outline/{name}.svg").decode()
        inner = text[text.index(">", text.index("<svg")) + 1 : text.rindex("</svg>")]
        inner = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none" ?/>', "", inner)
        inner = re.sub(r"\s*\n\s*", "", inner)
        symbols.append(f'<symbol id="i-{name}" viewBox="0 0 24 24">{inner}</symbol>')
    body = "\n".join(symbols)
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'.encode()


def vendor(package: dict[str, Any], folder: Path, *, update: bool) -> None:
    """Take over the files of one package; stops where a checksum differs."""
    name, version = package["name"], package["version"]
    archive = fetch(name, version, folder)
    found = integrity(archive)
    if update:
        package["integrity"] = found
    elif found != package["integrity"]:
        raise SystemExit(f"{name}@{version}: the archive is not the one in the manifest")
    target = VENDOR / f"{name.lstrip('@').replace('/', '-')}-{version}"
    shutil.rmtree(target, ignore_errors=True)
    for entry in package["files"]:
        icons = entry.get("icons")
        data = sprite(archive, icons) if icons else read(archive, entry["from"])
        if update:
            entry["sha256"] = sha256(data)
        elif sha256(data) != entry["sha256"]:
            raise SystemExit(f"{name}@{version}: {entry['to']} differs from the manifest")
        write(target / entry["to"], data)
    print(f"{name}@{version}: {len(package['files'])} files")


def main() -> int:
    """Re-create ``static/vendor`` from the manifest."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--update", action="store_true", help="write new checksums")
    options = parser.parse_args()
    manifest = json.loads(MANIFEST.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as folder:
        for package in manifest["packages"]:
            vendor(package, Path(folder), update=options.update)
    MANIFEST.write_text(json.dumps(manifest, indent=2) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
