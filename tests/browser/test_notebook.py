"""Explorers in Notebook 7, and links to a view in both applications."""

import lab
import pytest
from shown import FEW, Shown, made, move_each_slider
from window import Window

from normtheory.explorers import controls

pytestmark = pytest.mark.browser
NAMES = FEW[:2]  # a simulation of seconds follows each move of the third


@pytest.fixture(scope="module")
def application(request):
    return request.param


@pytest.fixture(scope="module")
def address(application, jupyter):
    """Of a notebook with a few explorers."""
    jupyter.put(application, lab.explorer_page(NAMES))
    return jupyter.address(application, application)


@pytest.fixture(scope="module")
def opened(profile, address):
    """Its page, when its cells have run; what it reports before that is the application's own:
    Notebook 7.6.5 misses a schema."""
    window = Window(profile)
    lab.connect(window.page, address)
    own = frozenset(window.errors)
    lab.run(window.page)
    yield window.page
    window.page.close()
    window.assert_clean(own)


@pytest.mark.slow
@pytest.mark.parametrize("application", ["notebook"], indirect=True, scope="module")
def test_notebook_7_moves_pictures_by_keyboard_and_resets_them(opened, keep):
    page = opened
    assert page.locator("#jp-NotebookLogo").count() == 1
    for name in NAMES:
        explorer = made(name)
        shown = Shown(page, name)
        shown.button("reset")  # which lets a refinement start
        shown.settle(explorer.values)
        keep(shown.root, f"notebook-{name}")
        first = list(explorer.parameters)[:1]
        assert len(list(move_each_slider(shown, explorer, sliders=first))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("application", lab.PLACES, indirect=True, scope="module")
def test_a_copied_link_recreates_the_view(opened):
    page = opened
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    shown = Shown(page, "ratio_bound")
    shown.press("n", "End")
    shown.press("law", "End")
    parameters = made("ratio_bound").parameters
    ends = {name: controls.positions(parameters[name])[-1] for name in ("n", "law")}
    wanted = {**made("ratio_bound").values, **ends}
    shown.button("copy link")
    shown.root.get_by_text("copied http").wait_for()
    link = page.evaluate("navigator.clipboard.readText()")
    assert "token" not in link
    page.goto("about:blank")
    # the browser has shown its token already; without the tabs that other pages of the server left
    place, _, view = link.partition("#")
    lab.run_all(page, f"{place}{'&' if '?' in place else '?'}reset#{view}")
    again = Shown(page, "ratio_bound")
    again.settle(wanted, "the view of the link")
    assert Shown(page, "collapse").values() == made("collapse").values


@pytest.mark.slow
@pytest.mark.parametrize("application", lab.PLACES, indirect=True, scope="module")
def test_a_wrong_link_is_refused_in_one_sentence(opened, address):
    page = opened
    page.goto("about:blank")
    lab.run_all(page, f"{address}#ratio_bound?n=1")
    shown = Shown(page, "ratio_bound")
    problem = shown.root.locator(".nt-error")
    shown.wait_until(lambda: "n must be a whole number" in problem.inner_text(), "the sentence")
    assert shown.values() == made("ratio_bound").values
    assert page.locator(".nt-error").all_inner_texts().count("") == len(NAMES) - 1
