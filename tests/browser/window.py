"""A page of the browser, and what it reported, asked for and was refused meanwhile."""

from urllib.parse import urlsplit

import patience

SECONDS = 60  # of a free machine, for each thing that Playwright waits for


def new_context(browser, **options):
    """A profile of its own, as patient as the machine's speed asks for."""
    context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}} | options)
    context.set_default_timeout(1000 * SECONDS * patience.slowness())
    return context


class Window:
    """A new page in a browser's context.

    Attributes
    ----------
    page : Page
    errors, missing, sockets : list of str
        What its console reported, which addresses had no answer, and its ways to a kernel.
    hosts : set of str
        Whom it asked for something.
    """

    def __init__(self, context):
        self.context = context
        self.page = page = context.new_page()
        self.errors, self.missing, self.sockets, self.hosts = [], [], [], set()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        page.on("request", lambda asked: self.hosts.add(urlsplit(asked.url).hostname))
        page.on("response", lambda r: self.missing.append(r.url) if r.status >= 400 else None)
        page.on("websocket", lambda socket: self.sockets.append(socket.url))

    def assert_clean(self, own=()):
        """Raises AssertionError after an error in the console but the application's own."""
        errors = [error for error in self.errors if error not in own]
        assert not errors, "the page reported errors:\n" + "\n".join(errors)

    def assert_local(self):
        """Raises AssertionError when another host was asked for something."""
        assert {host for host in self.hosts if host} <= {"127.0.0.1"}


def faults(page):
    """What axe-core finds wrong with a page, a line each."""
    from axe_playwright_python.sync_playwright import Axe  # half a megabyte of script

    found = Axe().run(page).response
    assert found["passes"]
    return "\n".join(
        f"{fault['id']}: {node['target']} {node['failureSummary']}"
        for fault in found["violations"]
        for node in fault["nodes"]
    )
