"""``normtheory lab`` as a newcomer meets it: the address it prints opens the first notebook."""

import pytest

from normtheory.cli.lab import FIRST

pytestmark = pytest.mark.browser


def test_the_address_opens_the_first_notebook_and_asks_nothing_of_other_hosts(jupyterlab):
    page = jupyterlab.page
    front, first = (
        page.locator(".lm-TabBar-tab", has_text=name) for name in ("samples.ipynb", FIRST)
    )
    first.click()
    page.locator(".jp-Notebook .jp-MarkdownOutput:visible").first.wait_for()
    front.click()
    assert not page.get_by_text("Jupyter news", exact=False).count()
    jupyterlab.assert_local()


def test_without_its_token_the_address_shows_a_login_only(page, jupyter):
    page.goto(jupyter.printed.partition("?")[0])
    assert "/login" in page.url
    assert not page.locator(".jp-Notebook").count()
