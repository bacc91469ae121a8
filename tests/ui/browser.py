"""The browser that the tests drive: the one on the PATH, or one that this installs where it may.

Run as a script, it makes sure that there is one, or says what to do.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")

ADVICE = """\
The browser tests need Chromium, and none could be installed. Put one on the PATH, for example with
  Debian, Ubuntu:  sudo apt-get install chromium
  macOS:           brew install --cask chromium
or let playwright fetch its own:  .venv/bin/playwright install chromium"""


def find_browser() -> str | None:
    """Return the path of a Chromium: the PATH's, else playwright's own, None where there is neither."""
    for name in NAMES:
        found = shutil.which(name)
        if found is not None:
            return found
    return _playwrights_own()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def install_browser() -> None:
    """Install Debian's Chromium where that is allowed, else playwright's."""
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        quiet = {"stdout": subprocess.DEVNULL, "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}}
        print("Installing Debian's chromium for the browser tests", flush=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False, **quiet)  # type: ignore[call-overload]
        done = subprocess.run(["apt-get", "install", "-y", "-qq", "chromium"], check=False, **quiet)  # type: ignore[call-overload]
        if done.returncode == 0:
            return
    print("Installing playwright's chromium for the browser tests", flush=True)
    subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Return 0 when there is a browser."""
    if find_browser() is None:
        install_browser()
    found = find_browser()
    print(f"Browser: {found}" if found else ADVICE)
    return 0 if found else 1


if __name__ == "__main__":
    sys.exit(main())
