"""Axes, ticks, titles, labels, colours, sliders and presets are decisions: no computation finds
them, so that a digest of each explorer's is stored, and none changes unnoticed.

After a change that is meant, ``python tests/explorers/test_looks.py`` stores the new ones.
"""

import hashlib
import json
from pathlib import Path

import pytest

from normtheory import explorers

STORED = Path(__file__).with_name("looks.txt")
LAYER = ("kind", "color", "dash", "marker", "width", "size", "alpha", "label", "label_at", "align")
PANEL = ("title", "xlabel", "ylabel", "xlim", "ylim", "xscale", "yscale", "legend", "equal")
TICKS = ("xticks", "yticks")
SLIDER = ("name", "meaning", "default", "domain", "closed", "typical", "choices", "integer", "log")


def look(name):
    """A digest of what an explorer shows beside its numbers, at all presets."""
    explorer = getattr(explorers, name)()
    seen = [explorer.title, explorer.presets]
    seen += [[getattr(p, field) for field in SLIDER] for p in explorer.parameters.values()]
    for values in explorer.presets.values():
        scene = explorer.scene(**values)
        seen += [scene.size, scene.columns, scene.widths]
        for panel in scene.panels:
            seen.append([getattr(panel, field) for field in PANEL + TICKS])
            seen += [[layer.look().get(field) for field in LAYER] for layer in panel.layers]
    return hashlib.sha256(json.dumps(seen, default=float).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", explorers.catalogue())
def test_a_look_changes_on_purpose(name):
    stored = dict(line.split() for line in STORED.read_text().splitlines())
    assert look(name) == stored[name], "if that was meant: python tests/explorers/test_looks.py"


if __name__ == "__main__":
    STORED.write_text("".join(f"{name} {look(name)}\n" for name in explorers.catalogue()))
