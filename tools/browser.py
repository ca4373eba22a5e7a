"""Makes sure there is a Chromium for the tests in a browser, and that Playwright runs: its
driver needs libatomic, which the smallest Debian lacks.

    .venv/bin/python tools/browser.py

In this order: one that is installed; Debian's, as root or by a sudo that asks no password;
the one Playwright downloads.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def there() -> bool:
    """Whether Playwright's driver runs, and a Chromium is on PATH or was got by Playwright."""
    driver = [sys.executable, "-m", "playwright", "--version"]
    if subprocess.run(driver, capture_output=True, check=False).returncode:
        return False
    if any(shutil.which(name) for name in NAMES):
        return True
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return os.path.exists(playwright.chromium.executable_path)


def attempt(*command: str) -> bool:
    """Run a command; whether there is a Chromium afterwards."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        subprocess.run(command, env=env, stdin=subprocess.DEVNULL, check=True)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"browser: {error}", flush=True)
    return there()


def main() -> int:
    """Find or install; 1 and a sentence where neither worked."""
    if there():
        return 0
    print("browser: no Chromium that tests can drive; installing one …", flush=True)
    get = "apt-get -qq install -y --no-install-recommends chromium libatomic1"
    install = f"apt-get -qq update && {get}"
    if shutil.which("apt-get"):
        rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
        if attempt(*rights, "sh", "-c", install):
            return 0
    if attempt(sys.executable, "-m", "playwright", "install", "chromium"):
        return 0
    print(
        "browser: Chromium could not be installed. Install it (on Debian, as root:"
        " apt-get install chromium libatomic1), and run make test again.",
        file=sys.stderr,
    )
    return 1


if __name__ == "__main__":
    sys.exit(main())
