"""One explorer in each host, in Debian's Firefox: its slider moves picture, text and badges."""

import firefox
import lab
import pytest
from patience import until
from shown import made

from normtheory.explorers import controls

pytestmark = [pytest.mark.browser, pytest.mark.slow]
NAME = "collapse"
SETTLED = """title => JSON.parse(
  document.querySelector(`.nt-explorer[aria-label="${title}"]`)?.dataset.settled ?? "null")"""
MOVE = """(title, name) => {
  const row = `.nt-explorer[aria-label="${title}"] .nt-control[data-name="${name}"] input`;
  const range = document.querySelector(row);
  range.value = range.max;
  range.dispatchEvent(new Event("input"));
}"""
SHOWN = """title => {
  const root = document.querySelector(`.nt-explorer[aria-label="${title}"]`);
  const canvas = root.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return {
    text: root.querySelector(".nt-text").textContent,
    marks: [...root.querySelectorAll(".nt-mark")].map((node) => node.dataset.state),
    colours: new Set(new Uint32Array(data.buffer)).size,
  };
}"""
FOLLOW = "text => [...document.links].find((link) => link.textContent.trim() === text).click()"


@pytest.fixture(scope="module")
def fox(tmp_path_factory):
    path = firefox.find() or firefox.install()
    assert path, f"there is no Firefox to test with: {firefox.HOW_TO_GET_ONE}"
    with firefox.started(path, tmp_path_factory.mktemp("firefox")) as started:
        yield started


@pytest.fixture(params=["site", "lab", "app"])
def host(request, fox):
    """The explorer's host, where the explorer is alive or on its way."""
    use = request.getfixturevalue
    if request.param == "site":
        fox.open(use("still_page")([made(NAME)]))
    elif request.param == "app":
        fox.open(use("app").printed)
        fox.evaluate(FOLLOW, "few")
    else:
        server = use("jupyter")
        server.put("firefox", lab.explorer_page([NAME]))
        fox.open(server.address("firefox"))
        until(lambda: fox.evaluate(lab.READY, "firefox.ipynb"), "a kernel that listens", 120)
        fox.evaluate(f"() => void ({lab.RUN})()")
    if request.param != "site":
        fox.errors.clear()  # what the application has of its own
    return fox


def test_a_slider_moves_picture_text_and_badges(host):
    explorer = made(NAME)
    name = next(iter(explorer.parameters))
    end = controls.positions(explorer.parameters[name])[-1]

    def settled(values):
        at = lambda: host.evaluate(SETTLED, explorer.title)  # noqa: E731
        until(lambda: at() == values, lambda: f"{values} settled, not {at()}", 120)
        return host.evaluate(SHOWN, explorer.title)

    first = settled(explorer.values)
    assert first["text"] == explorer.scene().text and first["colours"] > 10
    host.evaluate(MOVE, explorer.title, name)
    shown = settled({**explorer.values, name: end})
    assert shown["text"] == explorer.scene(**{name: end}).text != first["text"]
    assert shown["marks"] == [state for _, state, _ in explorer.standings(**{name: end})]
    assert not host.errors
