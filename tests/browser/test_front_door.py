"""``normtheory lab`` as a newcomer meets it: the address it prints opens the first notebook."""

import os
import re
import subprocess
import sys
import time
from urllib.parse import urlsplit

import lab
import pytest

from normtheory.cli.lab import FIRST

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """What the command prints when there is no display and the home is empty."""
    environment = os.environ | {"HOME": str(tmp_path_factory.mktemp("home"))}
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"):
        environment.pop(name, None)
    log = tmp_path_factory.mktemp("log") / "log"
    command = [sys.executable, "-m", "normtheory", "lab", "--dir", str(log.with_name("copies"))]
    with log.open("w") as out:
        server = subprocess.Popen(
            [*command, "--port", str(lab.free_port())], env=environment, stderr=out
        )
    try:
        yield printed_address(server, log)
    finally:
        server.terminate()
        server.wait(30)


def printed_address(server, log, seconds=60):
    end = time.monotonic() + seconds
    while time.monotonic() < end and server.poll() is None:
        found = re.search(r"http://127\.0\.0\.1:\S+token=\S+", log.read_text())
        if found:
            return found[0]
        time.sleep(0.1)
    raise AssertionError(f"no address was printed:\n{log.read_text()}")


def test_the_address_opens_the_first_notebook_and_asks_nothing_of_other_hosts(page, address):
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.goto(address)
    page.locator(".jp-Notebook .jp-MarkdownOutput").first.wait_for(timeout=60_000)
    assert page.locator(".lm-TabBar-tabLabel", has_text=FIRST).count()
    page.wait_for_timeout(3000)
    assert {host for host in hosts if host} == {"127.0.0.1"}
    assert not page.get_by_text("Jupyter news", exact=False).count()


def test_without_its_token_the_address_shows_a_login_only(page, address):
    page.goto(address.partition("?")[0])
    assert "/login" in page.url
    assert not page.locator(".jp-Notebook").count()
