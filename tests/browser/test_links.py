"""Links to a view on a page without a kernel: what the address says is what the sliders show."""

import pytest
from playwright.sync_api import expect
from shown import Shown, made, rarely

pytestmark = pytest.mark.browser
# several sliders between tables, one list alone, a formula
NAMES = ("trained_phases", "equilibrium_expressivity", "few_modes")


@pytest.fixture(scope="module")
def address(still_page):
    return still_page([made(name) for name in NAMES])


def settings(explorer):
    """Settings that the page holds: one slider moved from the defaults, or of a formula all."""
    if explorer.formula:
        return [{"n": 7, "upper": 0.123, "middle": 0.4}]
    first = next(iter(explorer.parameters))
    return [{first: explorer.spec["controls"][0]["positions"][-1]}]


@pytest.mark.parametrize("name", [NAMES[0], *rarely(*NAMES[1:])])
def test_a_link_opens_the_view(page, address, name):
    explorer = made(name)
    for changed in settings(explorer):
        wanted = {**explorer.values, **changed}
        link = "&".join(f"{key}={value}" for key, value in changed.items())
        page.goto("about:blank")
        page.goto(f"{address}#{name}?{link}")
        shown = Shown(page, name)
        shown.settle(wanted, f"the view of {link}")
        assert shown.root.locator(".nt-text").inner_text() == explorer.scene(**wanted).text
        assert "ends there" not in shown.root.locator(".nt-note").inner_text()
        for other in set(NAMES) - {name}:
            assert Shown(page, other).values() == made(other).values


def test_the_explorer_of_a_link_is_in_view(page, address):
    page.goto(f"{address}#{NAMES[-1]}")
    last = page.locator(".nt-explorer[data-settled]").nth(len(NAMES) - 1)
    last.wait_for()
    assert last.evaluate(
        "node => node.getBoundingClientRect().top < innerHeight"
        " && node.getBoundingClientRect().bottom > 0"
    )


def test_an_address_that_changes_is_followed(page, address):
    page.goto(address)
    shown = Shown(page, "few_modes")
    page.evaluate("location.hash = '#few_modes?n=9'")
    shown.settle({"n": 9}, "the new address")
    page.evaluate("location.hash = '#few_modes'")
    shown.settle(made("few_modes").values, "the defaults")
    assert shown.root.locator(".nt-text").inner_text() == made("few_modes").scene().text


def test_a_link_that_a_chat_has_encoded_opens_the_view(page, address):
    page.goto(f"{address}#few_modes%3Fn=9%26upper%3D0.25")
    Shown(page, "few_modes").settle({"n": 9, "upper": 0.25}, "the setting of the link")
    page.goto("about:blank")
    page.goto(f"{address}#few_modes%3fn=9%E0")
    expect(page.locator(".nt-error").first).to_contain_text("the link names few_modes%3fn=9%E0")


def test_going_back_to_an_address_without_a_setting_shows_the_start(page, address):
    page.goto(address)
    shown, start = Shown(page, "few_modes"), made("few_modes").values
    page.evaluate("location.hash = '#few_modes?n=9'")
    shown.settle({"n": 9}, "the new address")
    page.go_back()
    shown.settle(start, "going back")
    page.go_forward()
    shown.settle({"n": 9}, "going forward")


def test_a_setting_between_the_steps_of_a_page_is_kept_and_one_beyond_them_is_told(page, address):
    page.goto(f"{address}#trained_phases?separation=2.01&ratio=0.3333")
    shown = Shown(page, "trained_phases")
    shown.settle({"separation": 2.01, "ratio": 0.3333}, "the setting")
    note = shown.root.locator(".nt-note")
    assert "interpolates" in note.inner_text()
    page.evaluate("location.hash = '#trained_phases?separation=150&ratio=0.3333'")
    end = made("trained_phases").parameters["separation"].typical[1]
    shown.settle({"separation": end, "ratio": 0.3333}, "where the page ends")
    assert f"separation = {end:g} and not 150" in note.inner_text()


def test_a_typed_value_between_the_steps_of_a_page_is_kept(page, address):
    page.goto(address)
    shown = Shown(page, "trained_phases")
    shown.press("p", "End")
    shown.type("p", "0.3333")
    shown.settle({"p": 0.3333}, "what was typed")


def test_the_address_follows_the_sliders_and_reloading_and_going_back_restore_them(page, address):
    page.goto(address)
    shown = Shown(page, "few_modes")
    assert "#" not in page.url, "before anything is moved"
    shown.type("upper", "0.123456")
    shown.press("n", "End")
    page.wait_for_url("**#few_modes?upper=0.123456&n=20")
    wanted = {"upper": 0.123456, "n": 20}
    page.reload()
    Shown(page, "few_modes").settle(wanted, "reloading")
    page.goto("about:blank")
    page.go_back()
    Shown(page, "few_modes").settle(wanted, "going back")
    # one whose pictures are interpolated, too
    other = Shown(page, "trained_phases")
    other.press("p", "End")
    other.settle()
    page.wait_for_url(f"**#trained_phases?p={other.values()['p']:g}*")


def test_a_link_to_an_explorer_that_is_not_here_is_said(page, address):
    page.goto(f"{address}#few_mods?n=7")
    problem = page.locator(".nt-error").first
    expect(problem).to_contain_text("the link names few_mods, and the explorers here are")
    expect(problem).to_be_in_viewport()
    page.evaluate("location.hash = '#fewer'")
    expect(problem).to_contain_text("fewer")
    page.evaluate("location.hash = '#few_modes?n=9'")
    expect(problem).to_be_empty()


def test_a_wrong_link_is_refused_in_one_sentence(page, address):
    page.goto(f"{address}#few_modes?upper=2")
    shown = Shown(page, "few_modes")
    problem = shown.root.locator(".nt-error")
    for wrong in ("upper=2", "n=0", "n=1e", "m=2", "n=1000000000", "n=1e308"):
        # the first was opened, the others come while the page is shown
        page.evaluate("link => { location.hash = link; }", f"#few_modes?{wrong}")
        name, _, value = wrong.partition("=")
        expect(problem).to_contain_text(name if name == "m" else f'got "{value}"')
        assert "\n" not in problem.inner_text()
        assert shown.values() == made("few_modes").values
