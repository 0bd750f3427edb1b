"""Axes, ticks, titles, labels, colours, sliders and presets are decisions: no computation finds
them."""

import json

import pytest
from digests import changes_on_purpose, digest

from normtheory import explorers

NAMES = explorers.catalogue()
LAYER = ("kind", "color", "dash", "marker", "width", "size", "alpha", "label", "label_at", "align")
PANEL = ("title", "xlabel", "ylabel", "xlim", "ylim", "xscale", "yscale", "legend", "equal")
TICKS = ("xticks", "yticks")
SLIDER = ("name", "meaning", "default", "domain", "closed", "typical", "choices", "integer", "log")


def told(name):
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
    return digest(json.dumps(seen, default=float))


@pytest.mark.parametrize("name", NAMES)
def test_a_look_changes_on_purpose(name):
    changes_on_purpose(__file__, name, told(name))
