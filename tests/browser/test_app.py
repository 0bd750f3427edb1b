"""``normtheory app`` in a real browser: a token, no code, no other host, explorers that answer."""

import contextlib
import os
import subprocess
import sys
from urllib.parse import urlsplit

import lab
import nbformat
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from test_explorers import KERNEL, Shown
from test_front_door import printed_address

from normtheory import explorers
from normtheory.explorers import controls

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
  setTimeout(() => reject(new Error(`no answer but ${seen}`)), 30000);
})"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """What the command prints, for a folder that also holds a page of one explorer."""
    folder = tmp_path_factory.mktemp("notebooks")
    cells = [
        new_markdown_cell("# A page\n\nWhere $x^2$ is told. [Next](00_start_here.ipynb)"),
        new_code_cell(f"from normtheory import explorers\nexplorers.{NAME}()"),
        new_code_cell("print('secret' + 'ive')"),
    ]
    nbformat.write(new_notebook(cells=cells, metadata=KERNEL), folder / "page.ipynb")
    log = tmp_path_factory.mktemp("log") / "log"
    environment = os.environ | {"PYTHONPATH": str(lab.ROOT), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "normtheory", "app", "--dir", str(folder), "--no-browser"]
    with log.open("w") as out:
        server = subprocess.Popen(
            [*command, "--port", str(lab.free_port())], env=environment, stderr=out
        )
    try:
        yield printed_address(server, log)
    finally:
        server.terminate()
        server.wait(30)


@pytest.fixture(scope="module")
def opened(browser, address):
    """The page of one explorer: itself, what its console said, whom it asked, its kernel's way."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    errors, hosts, sockets = [], set(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if m.type == "error" else None)
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.on("websocket", lambda socket: sockets.append(socket.url))
    page.goto(address)
    page.get_by_role("link", name="page", exact=True).click()
    page.locator(".nt-explorer canvas[data-painted]").wait_for(timeout=90_000)
    page.get_by_text("secretive").wait_for()
    yield page, errors, hosts, sockets
    context.close()


def test_without_the_token_there_is_a_login_only(page, address):
    parts = urlsplit(address)
    for path in ("/", "/voila/render/page.ipynb"):
        page.goto(f"{parts.scheme}://{parts.netloc}{path}")
        assert "/login" in page.url
        assert not page.get_by_text("A page").count()
    assert parts.hostname == "127.0.0.1"


def test_the_keyboard_moves_the_picture_to_pythons_data_and_reset_restores_it(opened):
    page = Shown(opened[0], NAME)
    explorer = getattr(explorers, NAME)()
    start = page.at_rest()
    for name, parameter in explorer.parameters.items():
        stop = controls.positions(parameter)[-1]
        page.press(name, "End")
        page.wait_until(lambda: page.data()[0][name] == stop, f"{name} = {stop}")  # noqa: B023
        page.at_rest()
        _, arrays = page.data()
        for key, expected in explorer.scene(**{name: stop}).arrays().items():
            # the browser computes this one
            np.testing.assert_allclose(arrays[key], expected.astype("f4"), 2e-7, 1e-11, err_msg=key)
        page.button("reset")
        page.wait_until(lambda: page.pixels() == start, f"reset after {name}")


def test_a_link_opens_the_view(opened, keep):
    page = opened[0].context.new_page()
    page.goto(f"{opened[0].url}#{NAME}?p=0.4")
    shown = Shown(page, NAME)
    wanted = {**getattr(explorers, NAME)().values, "p": 0.4}
    shown.wait_until(lambda: shown.data()[0] == wanted, "the view of the link")
    keep(shown.root, f"app-{NAME}")
    shown.button("copy link")
    shown.root.get_by_text(f"#{NAME}?p=0.4").wait_for()
    assert "token" not in shown.root.locator(".nt-foot").inner_text()
    page.close()


def test_no_code_is_there_to_read(opened):
    page = opened[0]
    assert not page.locator(".jp-CodeCell .jp-InputArea:visible, .jp-Editor:visible").count()
    assert "'ive'" not in page.content() and "import explorers" not in page.content()


def test_no_other_host_is_asked_and_the_console_is_clean(opened):
    _, errors, hosts, _ = opened
    assert {host for host in hosts if host} == {"127.0.0.1"}
    assert not errors, "\n".join(errors)


def test_the_page_cannot_run_code(opened, tmp_path):
    page, _, _, sockets = opened
    (channels,) = [url for url in sockets if url.partition("?")[0].endswith("/channels")]
    mark = tmp_path / "mark"
    # a session of its own: the page's stays connected
    channels = channels.replace("session_id=", "session_id=other-")
    answers = page.evaluate(ASK, [channels, f"open({str(mark)!r}, 'w').close()"])
    assert "kernel_info_reply to kernel_info_request" in answers
    assert not any(answer.endswith("to execute_request") for answer in answers), answers
    assert not mark.exists()


@pytest.mark.parametrize("path", ["api/kernels", "api/sessions", "api/terminals", "api/contents"])
def test_the_server_offers_no_other_way_in(opened, address, path):
    parts = urlsplit(address)
    answer = opened[0].request.post(f"{parts.scheme}://{parts.netloc}/{path}?{parts.query}")
    assert answer.status in (403, 404, 405)


def test_pages_link_to_each_other(opened, address):
    page = opened[0]
    link = page.get_by_role("link", name="Next").get_attribute("href")
    assert link == "00_start_here.ipynb"
    parts = urlsplit(page.url)
    with contextlib.closing(page.context.new_page()) as other:
        # the browser has shown its token once; the answer begins before the cells have run
        other.goto(f"{parts.scheme}://{parts.netloc}/voila/render/{link}", wait_until="commit")
        assert "/login" not in other.url


def test_another_template_cannot_be_asked_for(opened):
    hosts = set()
    page = opened[0].context.new_page()
    page.on("request", lambda request: hosts.add(urlsplit(request.url).hostname))
    page.goto(f"{opened[0].url}&template=lab", wait_until="domcontentloaded")
    page.wait_for_timeout(500)
    page.close()
    assert {host for host in hosts if host} == {"127.0.0.1"}
