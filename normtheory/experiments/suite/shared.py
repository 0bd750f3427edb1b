"""What the maps of the atlas share: methods, task, scales, and how their findings are told."""

from functools import partial

from normtheory.experiments.effects import POINT, above
from normtheory.experiments.experiment import Difference, Experiment, Finding, Images, Scale

LOSSES = ("VCL", "PER", "sphere", "standardization")
METHODS = ("none", "none+start", "BN", "LN", "GN", "RMSNorm", *LOSSES, "EquiNorm", "WN", "SELU")
# more than half of the test rows; guessing has a tenth
LEARNS = 0.5
LEARNING = Difference("learning", "", "more than half of the test rows right")
SIX_LAYERS = Difference("network", "", "6 rectified layers of 64 units, He's weights")
TESTED = Images(449)

# on the bundled digits
digits = partial(Experiment, source="this suite, after all five documents", data=("digits",))


def scales(setting, *, smoke, toy, paper, tested=("accuracy",)):
    """Scales by name; each is a configuration, what differs beside `setting`, and a seed's seconds.

    Seven seeds are the fewest that could decide when the maps were planned.
    """
    images = dict.fromkeys(tested, TESTED)

    def scale(configuration, differences, seconds, seeds=7, tested=images):
        differences = (*setting, *differences)
        return Scale(configuration, differences, seeds=seeds, seconds=seconds, tested=tested)

    return {"smoke": scale(*smoke, seeds=2, tested={}), "toy": scale(*toy), "paper": scale(*paper)}


def telling(words, region, **shared):
    """A maker of findings about one kind of number: of a name, a sentence, what the quantity says
    after `words`, a measure, and a region where it is another one."""

    def told(name, sentence, quantity, measure, region=region, **own):
        quantity = f"{words}, {quantity}"
        return Finding(
            **{"name": name, "sentence": sentence, "quantity": quantity, "measure": measure},
            **{"region": region, **shared, **own},
        )

    return told


points_at_own_rate = telling("test accuracy at the rate best on rows held out", above(POINT))


def learning_exchanged(arrays):
    """What learns does not, and the other way round."""
    return {**arrays, "accuracy": 2 * LEARNS - arrays["accuracy"]}
