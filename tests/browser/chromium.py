"""Which Chromium the browser tests drive: the system's, Playwright's own, or one installed now."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

# the first is the same engine without a window: a third less work in these tests
NAMES = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
# without a profile, a GPU or a sandbox that containers lack, and without calls to other hosts
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
HOW_TO_GET_ONE = (
    "install Chromium or Chrome (Debian: apt-get install chromium-headless-shell), or run "
    f"`{Path(sys.executable).parent.name}/playwright install chromium` in the environment, "
    "or name a browser's file in the variable CHROMIUM"
)
_PATIENCE_SECONDS = 600


def find():
    """The path of a Chromium that is there, or None.

    Raises
    ------
    ValueError
        If the variable CHROMIUM names no file.
    """
    named = os.environ.get("CHROMIUM")
    if named:
        if not Path(named).is_file():
            raise ValueError(f"CHROMIUM must name a browser's file, got {named!r}")
        return named
    for name in (*NAMES, *_PLACES):
        path = shutil.which(name)
        if path:
            return path
    return _playwrights_own()


def install():
    """Install a Chromium where that is allowed, and return its path, or None where it is not."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in _installations():
        print(f"browser tests: {' '.join(command)}", flush=True)
        try:
            subprocess.run(command, check=True, timeout=_PATIENCE_SECONDS, env=environment)
        except (OSError, subprocess.SubprocessError) as error:
            print(f"browser tests: {error}", file=sys.stderr)
    return find()


def _installations():
    if Path("/etc/debian_version").exists() and os.geteuid() == 0 and shutil.which("apt-get"):
        yield ["apt-get", "update"]
        for name in NAMES[:2]:  # not every release has the first
            if find() is None:
                yield ["apt-get", "install", "--yes", "--no-install-recommends", name]
    if find() is None:
        yield [sys.executable, "-m", "playwright", "install", "chromium"]


def _playwrights_own():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).is_file() else None
