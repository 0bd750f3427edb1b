"""``normtheory app`` in a real browser: a token, no code, no other host, explorers that answer."""

import contextlib

import pytest
from patience import until
from playwright.sync_api import expect
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
    rarely,
)
from window import Window, faults, new_context

from normtheory.claims import ledger
from normtheory.explorers import controls
from normtheory.pages.site import FIRST

pytestmark = pytest.mark.browser
NAME = FEW[1]
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


@contextlib.contextmanager
def visit(browser, app, link):
    """A page of explorers, by its link on the first page, when the last one is there."""
    window = Window(new_context(browser))
    window.page.goto(app.printed)
    window.page.get_by_role("link", name=link, exact=True).click()
    Shown(window.page, pages()[link][-1])
    yield window
    window.context.close()


@pytest.fixture(scope="module")
def few(browser, app):
    """The page of the few explorers."""
    with visit(browser, app, "few") as window:
        yield window


@pytest.fixture(scope="module")
def opened(browser, app, request):
    """The page of some explorers."""
    if request.param == "few":
        yield request.getfixturevalue("few")
        return
    with visit(browser, app, request.param) as window:
        yield window


@pytest.mark.parametrize(
    ("opened", "name"),
    each(NAME),
    indirect=["opened"],
    scope="module",  # else each explorer would open its page anew
)
def test_an_explorer_is_alive(opened, name, keep):
    explorer, shown = made(name), Shown(opened.page, name)
    shown.button("defaults")
    shown.settle(explorer.values)
    keep(shown.root, f"app-{name}")
    agree(shown, explorer)
    sliders = list(explorer.parameters)[: 1 if name in FEW else None]
    assert len(list(move_each_slider(shown, explorer, sliders=sliders))) == 2 * len(sliders)
    opened.assert_clean()
    opened.assert_local()


def test_each_claim_stands_in_its_explorer_and_colours_its_sliders(few):
    shown = Shown(few.page, NAME)
    check_claims(shown, made(NAME))
    check_tracks(shown, made(NAME))
    # the app's address follows the sliders, too
    few.page.wait_for_url(f"**#{NAME}?*=*")
    assert shown.claim(made(NAME).claims[0].id).locator("summary").count() == 1
    shown.button("reset")
    few.assert_clean()


@pytest.mark.parametrize("path", ["/", "/voila/render/page.ipynb"])
def test_without_the_token_there_is_a_login_only(page, app, path):
    page.goto(f"{app.root}{path}")
    assert "/login" in page.url
    assert not page.get_by_text("A page").count()
    assert app.root.startswith("http://127.0.0.1:")


@pytest.mark.slow
def test_a_link_opens_the_view(few):
    page = few.context.new_page()
    page.goto(f"{few.page.url.partition('#')[0]}#{NAME}?scale=0.4")
    shown = Shown(page, NAME)
    shown.settle({**made(NAME).values, "scale": 0.4}, "the view of the link")
    shown.button("copy link")
    shown.root.get_by_text(f"#{NAME}?scale=0.4").wait_for()
    assert "token" not in shown.root.locator(".nt-foot").inner_text()
    page.close()


def test_no_code_is_there_to_read(few):
    page = few.page
    page.get_by_text("secretive").wait_for()
    assert not page.locator(".jp-CodeCell .jp-InputArea:visible, .jp-Editor:visible").count()
    assert "'ive'" not in page.content() and "import explorers" not in page.content()


def test_the_page_cannot_run_code(few, tmp_path):
    (channels,) = [url for url in few.sockets if url.partition("?")[0].endswith("/channels")]
    mark = tmp_path / "mark"
    # a session of its own: the page's stays connected
    channels = channels.replace("session_id=", "session_id=other-")
    answers = few.page.evaluate(ASK, [channels, f"open({str(mark)!r}, 'w').close()"])
    assert "kernel_info_reply to kernel_info_request" in answers
    assert not any(answer.endswith("to execute_request") for answer in answers), answers
    assert not mark.exists()


@pytest.mark.parametrize("path", ["api/kernels", "api/sessions", "api/terminals", "api/contents"])
def test_the_server_offers_no_other_way_in(few, app, path):
    answer = few.page.request.post(app.printed.replace("/?", f"/{path}?"))
    assert answer.status in (403, 404, 405)


def test_pages_link_to_each_other(few, app):
    link = few.page.get_by_role("link", name="Next").evaluate("node => node.href")
    assert link == f"{app.root}/voila/render/page.ipynb"


@pytest.fixture(scope="module")
def first(browser, app):
    """The app's first page."""
    window = Window(new_context(browser))
    window.page.goto(app.printed)
    yield window
    window.context.close()


def test_the_first_page_has_one_live_explorer_with_one_slider(first):
    name, slider = FIRST
    shown, explorer = Shown(first.page, name), made(name)
    assert first.page.locator(".nt-explorer").count() == 1
    assert [c.get_attribute("data-name") for c in shown.root.locator(".nt-control").all()] == [
        slider
    ]
    shown.press(slider, "Home")
    low = controls.positions(explorer.parameters[slider])[0]
    shown.settle({slider: low})
    assert shown.text() == explorer.scene(**{slider: low}).text
    # what the ledger says of its claim is in it: the app has no page for each
    told = shown.root.locator(".nt-badge").first.locator("summary")
    assert told.inner_text() == f"all about {explorer.claims[0].id}"
    assert not shown.root.locator("a[href]").count()
    first.assert_clean()
    first.assert_local()


def test_each_tile_of_the_first_page_opens_an_explorer_or_its_entry(browser, app):
    window = Window(new_context(browser))
    page = window.page
    page.goto(app.printed)
    assert page.locator(".nt-tile a[href]").count() + page.locator(
        ".nt-tile details"
    ).count() == len(ledger.claims())
    claim = ledger.claim("vcl.kurtosis-tails")
    folded = page.locator(f'.nt-tile details:has(summary[title^="{claim.id},"])')
    assert not folded.locator("li").first.is_visible()
    folded.locator("summary").press("Enter")
    expect(folded.locator("li").first).to_be_visible()
    assert folded.locator("li").count() == len(claim.sentences)
    # a word is sought in what is seen of a tile
    for word, seen in (("heavy tails", True), (folded.locator("h3").first.inner_text(), False)):
        page.locator(".nt-filter input").fill(word)
        assert folded.is_visible() == seen
    window.assert_clean()
    window.context.close()


@pytest.mark.parametrize("size", [(1280, 800), *rarely((390, 844))])
def test_the_first_screen_shows_picture_and_slider(browser, app, size, keep):
    window = Window(
        new_context(browser, viewport=dict(zip(("width", "height"), size, strict=True)))
    )
    page = window.page
    page.goto(app.printed)
    shown = Shown(page, FIRST[0])
    keep(page, f"app-first-{size[0]}")
    for part in (shown.root.locator(".nt-scroll"), shown.control(FIRST[1])):
        box = part.bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= size[1]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for _ in range(9):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.type") == "range":
            break
    assert page.evaluate("document.activeElement.type") == "range"
    window.context.close()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_axe_finds_no_fault_on_the_first_page(browser, app, width, scheme):
    viewport = {"width": width, "height": 844}
    window = Window(new_context(browser, viewport=viewport, color_scheme=scheme))
    window.page.goto(app.printed)
    Shown(window.page, FIRST[0])
    for folded in window.page.locator(".nt-tile summary").all()[:3]:
        folded.click()
    told = faults(window.page)
    window.context.close()
    assert not told, told


@pytest.mark.slow
def test_a_page_that_is_left_while_it_computes_leaves_no_traceback_in_the_log(browser, app):
    window = Window(new_context(browser))
    page = window.page
    page.goto(app.printed)
    before = len(app.log.read_text())
    page.get_by_role("link", name="slow", exact=True).click()
    page.get_by_text("computing").wait_for()
    page.goto(app.printed)
    until(lambda: "Kernel died" in app.log.read_text()[before:], "the end of its kernel")
    # what a kernel that is asked to end would print, and Voila of the cells that follow
    assert "ERROR" not in app.log.read_text()[before:].replace("ERROR | Kernel died", "")
    assert "Traceback" not in app.log.read_text()[before:]
    window.context.close()


@pytest.mark.slow
def test_the_first_pages_wall_is_filtered_and_opens_explorers_where_claims_fail(first):
    page, claims = first.page, ledger.claims()
    tiles = page.locator(".nt-tile")
    assert tiles.count() == len(claims)
    page.locator('.nt-filter [data-verdict="refuted"]').click()
    refuted = [claim for claim in claims if claim.verdict == "refuted"]
    expect(page.locator(".nt-tile:visible")).to_have_count(len(refuted))
    page.locator(".nt-filter select").select_option("vcl")
    theirs = [claim for claim in refuted if claim.document == "vcl"]
    expect(page.locator(".nt-tile:visible")).to_have_count(len(theirs))
    page.locator('.nt-filter [data-verdict="refuted"]').click()
    page.locator(".nt-filter input").fill("a few")
    page.locator('.nt-tile:visible a[title^="vcl.few-modes,"]').click()
    shown = Shown(page, "few_modes")
    claim = ledger.claim("vcl.few-modes")
    shown.settle(made("few_modes").complete(claim.breaks), "the counterexample")
    assert shown.claim(claim.id).locator(".nt-mark").get_attribute("data-state") == "fails"
    page.go_back()
