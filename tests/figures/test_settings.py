"""A user's own settings change no byte of a picture: matplotlib's, numpy's and Python's."""

import hashlib
import json
import os
import sys
from pathlib import Path

import pytest
from matplotlib import rc_context, rcParams, rcParamsDefault
from ran import ran

from normtheory import explorers
from normtheory.experiments import stored
from normtheory.experiments.catalogue import experiment
from normtheory.explorers import still, wire
from normtheory.figures import drawing, lettering
from normtheory.figures.picture import picture, rendered

STORED = "per.fig1"
# as written in a matplotlibrc; a key takes the first that is valid and not its default
TEXTS = (
    *("red", "--", "x", "none", "left", "center", "top", "lower", "in", "minor", "bevel", "round"),
    *("italic", "condensed", "bold", "cm", "sf", "stix", "no_hinting", "latex+dvipng", "flat"),
    *("sphere", "nearest", "data", "serial", "concise", "2001-01-01", "svg", "round_numbers"),
    *("a4", "tight", "html5", "line", "x-large", "window", "tab", "pdflatex", "xpdf", "landscape"),
    *("True", "42", "0.3", "3", "1, 2, 3", "cycler('color', ['red', 'blue'])"),
)


def other(key):
    """Another valid value of one of matplotlib's settings than its default, as text."""
    default, valid = rcParamsDefault[key], rcParams.validate[key]
    texts = TEXTS
    if isinstance(default, bool):
        texts = [str(not default)]
    elif isinstance(default, (int, float)):
        texts = [str(2 * default + 1), str(default / 2), *TEXTS]
    elif isinstance(default, list) and default and isinstance(default[0], (int, float)):
        texts = [", ".join(str(2 * each + 1) for each in default)]
    for text in texts:
        try:
            if valid(text) not in (default, None):
                return text
        except (ValueError, RuntimeError, KeyError):
            continue
    raise AssertionError(f"no other value of {key} than {default!r} is among {texts}")


def pictures():
    """A digest of one picture of each kind: explorer, page of the site, file, stored result."""
    shown = explorers.phase_shift()
    wire._frames.clear()
    kinds = {
        "outline": lettering.outline("$n$")["path"].encode(),
        "frame": json.dumps(wire.frame(shown.scene())).encode(),
        "notebook": shown._repr_mimebundle_()[0]["image/png"],
        "site": still.embed(shown).encode(),
        **{name: drawing.render(shown.scene(), name) for name in drawing.FORMATS},
    }
    result, entry = stored.show(STORED), experiment(STORED)
    kinds["stored"] = result.picture()
    with picture(entry.size) as figure:
        entry.draw(figure, result.arrays, entry.document)
        kinds |= rendered(figure, STORED)
    return {kind: hashlib.sha256(content).hexdigest() for kind, content in kinds.items()}


# what a startup file of IPython may do
STARTUP = """
import io, warnings
import matplotlib.pyplot as plt, numpy as np, torch
np.seterr(all="raise")
np.set_printoptions(precision=2, suppress=True, threshold=3, linewidth=40, legacy="1.13")
torch.set_printoptions(precision=1)
warnings.simplefilter("error")
plt.rcParams["mathtext.default"] = "sf"
plt.figure().text(0, 0, "$n$")
plt.savefig(io.BytesIO(), format="svg")
"""
EVERYTHING = """
for key in set(rcParams) - {"backend"}:
    assert rcParams[key] != rcParamsDefault[key], key
"""


@pytest.fixture(scope="module")
def plain():
    return pictures()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # two of the keys are
def test_no_key_changes_a_picture_of_this_process():
    scene = explorers.phase_shift().scene()
    plain = drawing.render(scene, "svg")
    with rc_context({key: other(key) for key in rcParamsDefault if key != "backend"}):
        wire._frames.clear()
        assert drawing.render(scene, "svg") == plain


def elsewhere(folder, first="", *options, **environment):
    """The pictures as another process in `folder` draws them after a line of code."""
    # beside this file, whose tests are not run there
    path = {"PYTHONPATH": os.pathsep.join(map(str, Path(__file__).parents[1:3]))}
    done = ran(*options, __file__, first, cwd=folder, **path, **environment)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.slow
def test_no_key_of_a_matplotlibrc_changes_a_picture(plain, tmp_path):
    lines = [f"{key}: {other(key)}" for key in rcParamsDefault]
    (tmp_path / "matplotlibrc").write_text("\n".join(lines))
    (tmp_path / "stylelib").mkdir()
    (tmp_path / "stylelib" / "default.mplstyle").write_text("lines.linewidth: 9")
    environment = {"MPLCONFIGDIR": str(tmp_path), "MPLBACKEND": "pdf"}
    # two of the keys are deprecated, and matplotlib says so when it reads the file
    ignored = ("-W", "ignore::DeprecationWarning")
    assert elsewhere(tmp_path, EVERYTHING, *ignored, **environment) == plain


@pytest.mark.slow
def test_no_startup_file_changes_a_picture(plain, tmp_path):
    assert elsewhere(tmp_path, STARTUP) == plain


@pytest.mark.slow
def test_no_option_and_no_variable_of_python_changes_a_picture(plain, tmp_path):
    environment = {"PYTHONHASHSEED": "7", "TZ": "Asia/Kolkata", "LC_ALL": "POSIX", "COLUMNS": "20"}
    environment |= {"NO_COLOR": "1", "PYTHONUTF8": "0"}
    assert elsewhere(tmp_path, "", "-O", "-W", "error", **environment) == plain


if __name__ == "__main__":
    exec(sys.argv[1])
    print(json.dumps(pictures()))
