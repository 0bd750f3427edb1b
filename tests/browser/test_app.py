"""``normtheory app`` in a real browser: a token, no code, no other host, explorers that answer."""

import contextlib
from urllib.parse import urlsplit

import lab
import nbformat
import pytest
from nbformat.v4 import new_markdown_cell
from shown import (
    FEW,
    Shown,
    agree,
    check_claims,
    check_tracks,
    each,
    made,
    move_each_slider,
    pages,
)

pytestmark = pytest.mark.browser
NAME = "mixture_kurtosis_formula"
# sends a request to the page's kernel over the page's own way to it, and returns what comes back
# until the kernel has answered the question after it
ASK = """([address, code]) => new Promise((resolve, reject) => {
  const socket = new WebSocket(address);
  const seen = [];
  const send = (type, content) => socket.send(JSON.stringify({
    channel: "shell", parent_header: {}, metadata: {}, content, buffers: [],
    header: { msg_id: type, msg_type: type, session: "test", username: "", version: "5.3",
              date: new Date().toISOString() },
  }));
  socket.onopen = () => {
    send("execute_request", { code, silent: false, store_history: false,
                              user_expressions: {}, allow_stdin: false });
    send("kernel_info_request", {});
  };
  socket.onmessage = ({ data }) => {
    const { header, parent_header: parent } = JSON.parse(data);
    seen.push(`${header.msg_type} to ${parent.msg_id ?? ""}`);
    if (header.msg_type === "kernel_info_reply" && parent.msg_id === "kernel_info_request") {
      resolve(seen);
    }
  };
  socket.onclose = ({ code, reason }) => reject(new Error(`closed: ${code} ${reason}`));
})"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """What the command prints, for a folder that also holds a page of one explorer and pages of all
    of them."""
    folder = tmp_path_factory.mktemp("notebooks")
    cells = (
        new_markdown_cell("# A page\n\nWhere $x^2$ is told. [Next](00_start_here.ipynb)"),
        f"from normtheory import explorers\nexplorers.{NAME}()",
        "print('secret' + 'ive')",
    )
    nbformat.write(lab.notebook(*cells), folder / "page.ipynb")
    for link, names in pages().items():
        nbformat.write(lab.explorer_page(names), folder / f"{link}.ipynb")
    log = tmp_path_factory.mktemp("log") / "log"
    with lab.command(["app", "--dir", str(folder)], log) as printed:
        yield printed


class Visit:
    """A page of the app, what its console said, whom it asked, and its way to the kernel."""

    def __init__(self, browser, address, link):
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.errors, self.hosts, self.sockets = [], set(), []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda m: self.errors.append(m.text) if m.type == "error" else None)
        self.page.on("request", lambda request: self.hosts.add(urlsplit(request.url).hostname))
        self.page.on("websocket", lambda socket: self.sockets.append(socket.url))
        self.page.goto(address)
        self.page.get_by_role("link", name=link, exact=True).click()

    def assert_clean(self):
        assert {host for host in self.hosts if host} == {"127.0.0.1"}
        assert not self.errors, "\n".join(self.errors)


@pytest.fixture(scope="module")
def opened(browser, address):
    """The page of one explorer."""
    visit = Visit(browser, address, "page")
    Shown(visit.page, NAME)
    visit.page.get_by_text("secretive").wait_for()
    yield visit
    visit.context.close()


@pytest.fixture(scope="module")
def every(browser, address, request):
    """A page of explorers, when the last one is there."""
    visit = Visit(browser, address, request.param)
    Shown(visit.page, pages()[request.param][-1])
    yield visit
    visit.context.close()


@pytest.mark.parametrize(
    ("every", "name"),
    each(),
    indirect=["every"],
    scope="module",  # else each explorer would open its page anew
)
def test_an_explorer_is_alive(every, name, keep):
    explorer, shown = made(name), Shown(every.page, name)
    shown.button("defaults")
    shown.settle(explorer.values)
    keep(shown.root, f"app-{name}")
    agree(shown, explorer)
    sliders = list(explorer.parameters)[: 1 if name in FEW else None]
    assert len(list(move_each_slider(shown, explorer, sliders=sliders))) == 2 * len(sliders)
    every.assert_clean()


def test_each_claim_stands_in_its_explorer_and_colours_its_sliders(opened):
    shown = Shown(opened.page, NAME)
    check_claims(shown, made(NAME))
    check_tracks(shown, made(NAME))
    # the app's address follows the sliders, too
    opened.page.wait_for_url(f"**#{NAME}?p=*")
    assert shown.claim("vcl.mixture-moments").locator("summary").count() == 1
    shown.button("reset")
    opened.assert_clean()


def test_without_the_token_there_is_a_login_only(page, address):
    parts = urlsplit(address)
    for path in ("/", "/voila/render/page.ipynb"):
        page.goto(f"{parts.scheme}://{parts.netloc}{path}")
        assert "/login" in page.url
        assert not page.get_by_text("A page").count()
    assert parts.hostname == "127.0.0.1"


@pytest.mark.slow
def test_a_link_opens_the_view(opened):
    page = opened.context.new_page()
    page.goto(f"{opened.page.url}#{NAME}?p=0.4")
    shown = Shown(page, NAME)
    wanted = {**made(NAME).values, "p": 0.4}
    shown.settle(wanted, "the view of the link")
    shown.button("copy link")
    shown.root.get_by_text(f"#{NAME}?p=0.4").wait_for()
    assert "token" not in shown.root.locator(".nt-foot").inner_text()
    page.close()


def test_no_code_is_there_to_read(opened):
    page = opened.page
    assert not page.locator(".jp-CodeCell .jp-InputArea:visible, .jp-Editor:visible").count()
    assert "'ive'" not in page.content() and "import explorers" not in page.content()


def test_no_other_host_is_asked_and_the_console_is_clean(opened):
    opened.assert_clean()


def test_the_page_cannot_run_code(opened, tmp_path):
    (channels,) = [url for url in opened.sockets if url.partition("?")[0].endswith("/channels")]
    mark = tmp_path / "mark"
    # a session of its own: the page's stays connected
    channels = channels.replace("session_id=", "session_id=other-")
    answers = opened.page.evaluate(ASK, [channels, f"open({str(mark)!r}, 'w').close()"])
    assert "kernel_info_reply to kernel_info_request" in answers
    assert not any(answer.endswith("to execute_request") for answer in answers), answers
    assert not mark.exists()


@pytest.mark.parametrize("path", ["api/kernels", "api/sessions", "api/terminals", "api/contents"])
def test_the_server_offers_no_other_way_in(opened, address, path):
    parts = urlsplit(address)
    answer = opened.page.request.post(f"{parts.scheme}://{parts.netloc}/{path}?{parts.query}")
    assert answer.status in (403, 404, 405)


def test_pages_link_to_each_other(opened, address):
    page = opened.page
    link = page.get_by_role("link", name="Next").get_attribute("href")
    assert link == "00_start_here.ipynb"
    parts = urlsplit(page.url)
    with contextlib.closing(page.context.new_page()) as other:
        # the browser has shown its token once; the answer begins before the cells have run
        other.goto(f"{parts.scheme}://{parts.netloc}/voila/render/{link}", wait_until="commit")
        assert "/login" not in other.url


def test_another_template_cannot_be_asked_for(opened):
    hosts = set()
    page = opened.context.new_page()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.goto(f"{opened.page.url}?template=lab", wait_until="domcontentloaded")
    page.close()
    assert {host for host in hosts if host} == {"127.0.0.1"}
