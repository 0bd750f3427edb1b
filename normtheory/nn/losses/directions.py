"""Random directions, on which the activations of a layer are projected."""

import itertools
import weakref

import torch

from normtheory.nn.arguments import require_generator
from normtheory.nn.losses.activation_loss import POSITIONS, ActivationLoss
from normtheory.theory.arguments import require_choice, require_integer

# a compiled graph holds numbers and tensors, no generators: it asks for them by number
_GENERATORS = weakref.WeakValueDictionary()
_NUMBERS = itertools.count()


class Sliced(ActivationLoss):
    """A loss that projects activations on random directions, drawn anew in each call.

    Parameters
    ----------
    slices : int
    generator : torch.Generator
        Where directions are drawn from, on its own device.
    spatial : {None, "features", "samples"}
        What positions are, see `ActivationLoss.positions`.
    """

    def __init__(self, slices, generator, spatial, dim, reduction):
        super().__init__(dim=dim, reduction=reduction)
        self.positions = None if spatial is None else require_choice("spatial", spatial, POSITIONS)
        self.slices, self.generator = slices, generator
        if slices is not None:
            self.slices = require_integer("slices", slices, minimum=1)
            require_generator(generator, f"slices={slices} are drawn from it in each call")
        self._enlist()

    @property
    def spatial(self):
        """What positions are, as asked for."""
        return self.positions

    def group(self):
        return self.slices, self.positions, self._number, *super().group()

    def projected(self, points):
        """Points (layers, samples, units) on each layer's directions, (layers, samples, slices)."""
        kind = {"dtype": points.dtype, "device": points.device}
        theta = [
            # a tensor of its own: a compiler takes equal calls for one
            _directions(torch.empty(0, **kind), self.slices, points.shape[2], self._number)
            for _ in range(len(points))
        ]
        return points @ torch.stack(theta).mT

    def _enlist(self):
        self._number = None
        if self.generator is not None:
            self._number = next(_NUMBERS)
            _GENERATORS[self._number] = self.generator

    def __setstate__(self, state):
        super().__setstate__(state)
        self._enlist()

    def extra_repr(self):
        slices = "" if self.slices is None else f"slices={self.slices}, "
        return f"{slices}spatial={self.positions!r}, {super().extra_repr()}"


# one operation, which a compiled graph and torch.vmap take as it is
@torch.library.custom_op("normtheory::directions", mutates_args=())
def _directions(like: torch.Tensor, slices: int, d: int, number: int) -> torch.Tensor:
    """Uniform unit vectors (slices, d), drawn on the generator's device."""
    generator = _GENERATORS[number]
    where = {"device": generator.device, "dtype": like.dtype}
    theta = torch.randn(slices, d, generator=generator, **where)
    return (theta / torch.linalg.vector_norm(theta, dim=1, keepdim=True)).to(like.device)


@_directions.register_fake
def _(like, slices, d, number):
    return like.new_empty(slices, d)
