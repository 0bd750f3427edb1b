"""``normtheory lab`` as a newcomer meets it: the address it prints opens the first notebook."""

from urllib.parse import urlsplit

import lab
import pytest

from normtheory.cli.lab import FIRST

pytestmark = pytest.mark.browser


def test_the_address_opens_the_first_notebook_and_asks_nothing_of_other_hosts(page, jupyter):
    hosts = set()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    lab.connect(page, jupyter.printed)
    page.locator(".jp-Notebook .jp-MarkdownOutput").first.wait_for()
    assert page.locator(".lm-TabBar-tabLabel", has_text=FIRST).count()
    assert {host for host in hosts if host} == {"127.0.0.1"}
    assert not page.get_by_text("Jupyter news", exact=False).count()


def test_without_its_token_the_address_shows_a_login_only(page, jupyter):
    page.goto(jupyter.printed.partition("?")[0])
    assert "/login" in page.url
    assert not page.locator(".jp-Notebook").count()
