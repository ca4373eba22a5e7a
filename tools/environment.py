"""Makes .venv and installs the pinned requirements, with Python's standard library alone.

    python3 tools/environment.py runtime|predict|dev

Debian leaves out what `python3 -m venv` needs to install pip, so pip's own wheel lies beside
this file. Nothing is done where .venv already has what requirements/*.txt say.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".venv"
PYTHON = HOME / "bin" / "python"
STAMP = HOME / "installed.json"
PIP = next((ROOT / "tools").glob("pip-*.whl"))
OLDEST = (3, 11)
COVERS = {
    "runtime": ["runtime"],
    "predict": ["runtime", "predict"],
    "dev": ["runtime", "predict", "dev"],
}
"""dev.txt holds the pins of the others too."""


def digest(kind: str) -> str:
    """What an installation of this kind depends on."""
    parts = [sys.version.encode(), str(ROOT).encode(), PIP.name.encode()]
    parts += [(ROOT / "requirements" / f"{kind}.txt").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def installed() -> dict[str, str]:
    """What is installed, by kind; nothing where .venv is missing or of a dead Python."""
    try:
        subprocess.run([PYTHON, "-c", ""], check=True, capture_output=True)
        return dict(json.loads(STAMP.read_text("utf-8")))
    except (OSError, ValueError, subprocess.CalledProcessError):
        return {}


def pip(*words: str) -> None:
    """Run the pip that lies beside this file in .venv; ends the program where it fails."""
    command = [PYTHON, PIP / "pip", "install", "-qq", "--no-input", *words]
    quiet = ["--disable-pip-version-check", "--no-warn-script-location", "--prefer-binary"]
    if subprocess.run([*command, *quiet], check=False).returncode != 0:
        sys.exit(
            "setup: pip could not install what Trellis needs (its words stand above)."
            " Check the network and the disk, and run the same command again."
        )


def main() -> int:
    """Install one kind of requirements, if that was not done yet."""
    kind = sys.argv[1] if len(sys.argv) == 2 else ""
    if kind not in COVERS:
        sys.exit(__doc__)
    if HOME.is_symlink():
        return 0  # an environment that is kept elsewhere
    if sys.version_info < OLDEST:
        sys.exit(f"setup: Trellis needs Python 3.11 or newer, and this is {sys.version}.")
    wanted = {part: digest(part) for part in COVERS[kind]}
    have = installed()
    if all(have.get(part) == value for part, value in wanted.items()):
        return 0
    print(f"setup: installing into {HOME} (once; this downloads packages) …", flush=True)
    if not have:
        shutil.rmtree(HOME, ignore_errors=True)
        venv.EnvBuilder(with_pip=False, symlinks=True).create(HOME)
    STAMP.unlink(missing_ok=True)
    files = [kind] if kind == "dev" else COVERS[kind]
    pins = [
        word for name in files for word in ("-r", str(ROOT / "requirements" / f"{name}.txt"))
    ]
    pip(*pins, str(PIP))
    pip("--no-deps", "--editable", str(ROOT))
    STAMP.write_text(json.dumps({**have, **wanted}), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
