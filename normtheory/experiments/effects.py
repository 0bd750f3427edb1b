"""The smallest effects of interest that several experiments share.

They are declared for what a reader would do with them, and not from what any run gave.
"""

from normtheory.experiments.findings import Effect

POINT = Effect(1.0, "for less than one test image in a hundred nobody changes a network")
HALF_POINT = Effect(0.5, "the papers' tables argue with differences of half a point")
STEP_TIME = Effect(0.05, "a twentieth of a step is within what machines differ by")
LOSS = Effect(0.05, "0.05 nats change the probability of the right class by a twentieth")
KURTOSIS = Effect(0.03, "3 % of the kurtosis, 0.1 where it is 3, moves no histogram visibly")
DISTANCE = Effect(0.08, "a tenth of what a point mass is away from the normal distribution")
OCTAVE = Effect(0.25, "a quarter of an octave of variance is a tenth in scale")
CORRELATION = Effect(0.05, "0.05 of a correlation is not seen in a picture of gradients")
