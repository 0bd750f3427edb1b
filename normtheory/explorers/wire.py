"""A scene on its way to the browser: float32 arrays behind each other, and what they mean."""

import hashlib
import json

import numpy as np

from normtheory.figures import drawing
from normtheory.figures.picture import LOCK

_frames = {}
_KEPT = 64


def key(scene):
    """Names the scene's frame: scenes of one key share axes, ticks, titles and mathtext."""
    panels = [panel.frame() for panel in scene.panels]
    labels = {layer.label for panel in scene.panels for layer in panel.layers}
    math = sorted(label for label in labels if "$" in label)
    plain = json.dumps([scene.size, scene.columns, scene.widths, panels, math], default=float)
    return hashlib.sha256(plain.encode()).hexdigest()[:16]


def frame(scene, name=None):
    """The scene's frame with its key (`name`, if it is known); matplotlib draws each one once."""
    name = name or key(scene)
    with LOCK:
        if name not in _frames:
            if len(_frames) >= _KEPT:
                del _frames[next(iter(_frames))]
            _frames[name] = {"key": name, **drawing.frame(scene)}
        return _frames[name]


def picture(scene):
    """The layers of a scene.

    Returns
    -------
    look : dict
        ``frame`` (its key), ``text`` and ``panels``: for each panel a list of layers, each with
        its look and ``arrays``, ``{name: [start, stop]}`` into the data.
    data : bytes
        All arrays as float32, little-endian.
    """
    chunks, panels, start = [], [], 0
    for panel in scene.panels:
        layers = []
        for layer in panel.layers:
            places = {}
            for name, values in layer.arrays().items():
                chunks.append(pack(values))
                places[name] = [start, start + len(values)]
                start += len(values)
            layers.append({**layer.look(), "arrays": places})
        panels.append(layers)
    return {"frame": key(scene), "text": scene.text, "panels": panels}, b"".join(chunks)


def pack(values):
    """An array as float32, little-endian; what float32 cannot hold becomes infinite."""
    with np.errstate(over="ignore", under="ignore"):
        return values.astype("<f4").tobytes()
