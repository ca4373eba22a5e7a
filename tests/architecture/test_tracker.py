"""The tracker script: small, and built from the sources that stand beside it."""

from __future__ import annotations

import gzip
import hashlib
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT = ROOT / "src/trellis/web/public/data/t.js"
SOURCES = ROOT / "tracker/src"
MOST_BYTES = 6 * 1024


def test_the_script_is_at_most_6_kb_packed() -> None:
    assert len(gzip.compress(BUILT.read_bytes(), 9)) <= MOST_BYTES


def test_the_script_was_built_from_these_sources() -> None:
    digest = hashlib.sha256()
    for file in sorted(SOURCES.iterdir()):
        digest.update(file.read_bytes())
    found = re.search(r"[0-9a-f]{16}", BUILT.read_text("utf-8").splitlines()[0])
    assert found is not None, "the script has no banner"
    assert found.group(0) == digest.hexdigest()[:16], "run: cd tracker && npm run build"
