"""Where PER alone takes the activations: not to the standard normal distribution."""

import numpy as np

from normtheory.claims.per.minimiser import scale_against_time
from normtheory.explorers.explorer import explorer
from normtheory.figures.scene import Curve, HLine, Panel, Points, VLine
from normtheory.figures.style import PRINTED, TRUE, TRUE_POINT
from normtheory.theory.radial_laws import scaled_normal_error
from normtheory.theory.sliced_energy import scaled_normal_energy

SCALES = np.geomspace(0.02, 6, 121)
TIMES = np.linspace(0, 20, 161)


@explorer(
    "Where does PER push the activations?",
    "per.pushes-to-normal per.variance-to-one per.pretrained-target",
    text="From a scale of {start:.3g} the flow has come to {reached:.3g} at time {steps:.3g}. At "
    "scale {scale:.3g} PER is {value:.4g}, with the repulsion {energy:.4g}.",
    presets={
        "from below": {"start": 0.3, "scale": 0.3},
        "at the target": {"start": 1.0, "scale": 1.0, "steps": 0.0},
        "for long": {"steps": 20.0},
    },
)
def collapse(start, steps, scale):
    """The flow of one activation's length down PER, and PER of N(0, s^2 I) against s beside the
    loss that has its minimum at the target."""
    flow = scale_against_time(start)
    reached = float(flow(steps))
    value, energy = float(scaled_normal_error(scale)), float(scaled_normal_energy(scale))
    left = Panel.of(
        "flow down PER, 64 units",
        ("time, in units of $d$", 0, 20),
        (r"scale $\|h\|\,d^{-1/2}$", 1e-4, 10, "log"),
        HLine([1], **PRINTED, label="variance one", label_at=0.95),
        Curve(TIMES, flow(TIMES), **TRUE),
        Points([steps], [reached], **TRUE_POINT, size=8, drag={"x": "steps"}),
    )
    right = Panel.of(
        r"losses of $N(0, s^2 I)$",
        ("scale $s$", 0.02, 6, "log"),
        ("loss", 0, 4),
        VLine([1], **PRINTED, label="target"),
        Curve(SCALES, scaled_normal_error(SCALES), **TRUE, label="PER", label_at=0.3),
        Curve(
            SCALES,
            scaled_normal_energy(SCALES),
            color="purple",
            dash="--",
            label="with repulsion",
            label_at=0.35,
        ),
        Points([scale], [value], **TRUE_POINT, size=8, drag={"x": "scale"}),
        Points([scale], [energy], color="purple", marker="s", size=7),
    )
    return (left, right), {"reached": reached, "value": value, "energy": energy}
