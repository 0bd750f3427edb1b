"""The README's picture that moves: the first page's explorer, its slider going down and up again.

``make picture`` writes it: the same pixels from the same code.
"""

import io
import itertools
import sys
from pathlib import Path

import matplotlib as mpl
from PIL import Image, ImageDraw, ImageFont

from normtheory import explorers
from normtheory.figures import drawing
from normtheory.figures.style import INKS
from normtheory.pages.site import FIRST

STOPS = [k / 50 for k in range(25, 0, -1)]  # of the slider, from where the claim holds
PAUSE, STEP = 1500, 90  # milliseconds at both ends, and between
_FONT = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
_HEAD, _LEFT, _RIGHT = 96, 24, 420  # pixels: height above the picture, ends of the slider
_COLORS = {"holds": INKS["green"], "fails": INKS["vermilion"]}
_WORDS = {"holds": "✓ holds here", "fails": "✗ fails here"}


def frames(stops=STOPS):
    """The pictures of the way down, or of some stops of it, as PIL has them."""
    name, slider = FIRST
    explorer = getattr(explorers, name)()
    states = {stop: explorer.standings(**{slider: stop})[0] for stop in STOPS}
    return [_frame(explorer, slider, stop, states) for stop in stops]


def _frame(explorer, slider, stop, states):
    """One setting: title, slider on its coloured track, badge, and the picture below."""
    rendered = drawing.render(explorer.scene(**{slider: stop}), "png", dpi=drawing.DPI)
    picture = Image.open(io.BytesIO(rendered)).convert("RGB")
    image = Image.new("RGB", (picture.width, picture.height + _HEAD), "white")
    image.paste(picture, (0, _HEAD))
    pen = ImageDraw.Draw(image)
    large, small = (ImageFont.truetype(_FONT, size) for size in (17, 14))
    pen.text((_LEFT, 10), explorer.title, "black", large)
    meaning = explorer.parameters[slider].meaning
    pen.text((_LEFT, 38), f"{meaning}: {stop:.2f}", "black", small)

    def place(value):
        return _LEFT + (_RIGHT - _LEFT) * (value - STOPS[-1]) / (STOPS[0] - STOPS[-1])

    for high, low in itertools.pairwise(STOPS):
        pen.rectangle((place(low), 70, place(high), 77), _COLORS[states[high][1]])
    pen.ellipse((place(stop) - 9, 64, place(stop) + 9, 83), INKS["blue"], "white", 2)
    _, state, reason = states[stop]
    pen.text((_RIGHT + 40, 38), _WORDS[state], _COLORS[state], large)
    pen.text(
        (_RIGHT + 40, 64), reason.partition(": ")[2].removeprefix("not here, "), "black", small
    )
    return image


def write(path):
    """Write the animation, down and up again for ever, as WebP without loss."""
    down = frames()
    up = down[-2:0:-1]
    pauses = [PAUSE, *[STEP] * (len(down) - 2), PAUSE, *[STEP] * len(up)]
    first, *rest = down + up
    first.save(path, save_all=True, append_images=rest, duration=pauses, loop=0, lossless=True)


if __name__ == "__main__":
    write(*sys.argv[1:])
