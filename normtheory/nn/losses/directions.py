"""What losses draw in each call: directions for projections, pairs of samples."""

from typing import Any, Unpack

import torch
from torch import Tensor

from normtheory.nn.arguments import require_generator
from normtheory.nn.losses.activation_loss import POSITIONS, ActivationLoss, Options, Spatial
from normtheory.nn.precision import by_number, numbered, tell_compiler
from normtheory.theory import arguments as require


class Drawing(ActivationLoss):
    """A loss that draws from a generator in each call.

    Parameters
    ----------
    kind : {"slices", "pairs"}
        The setting that says how many are drawn.
    number : int or None
        So many; None if nothing is drawn.
    generator : torch.Generator
        Where from, on its own device; None if nothing is drawn.
    spatial : {None, "features", "samples"}
        What positions are, see `ActivationLoss.positions`.
    """

    settings = ("spatial",)

    def __init__(self, kind, number, generator, spatial, **options):
        super().__init__(**options)
        self.positions = None if spatial is None else require.choice("spatial", spatial, POSITIONS)
        if number is not None:
            number = require.integer(kind, number, minimum=1)
            require_generator(generator, f"{kind}={number} are drawn from it in each call")
        elif generator is not None:
            raise ValueError(f"generator must be left out without {kind}, got {generator!r}")
        setattr(self, kind, number)
        self.generator = generator
        self._enlist()

    @property
    def spatial(self) -> Spatial:
        """What positions are, as asked for."""
        return self.positions

    def group(self) -> tuple[Any, ...]:
        return self._number, *super().group()

    def drawn(self, kind: str, points: Tensor, *shape: int) -> Tensor:
        """``DRAWS[kind]`` of this shape for each layer of points (layers, samples, units)."""
        where = {"dtype": points.dtype, "device": points.device}
        # a tensor of its own for each: a compiler takes equal calls for one
        like = [torch.empty(0, **where) for _ in range(len(points))]
        return torch.stack([_draw(each, kind, list(shape), self._number) for each in like])

    def projected(self, points: Tensor) -> Tensor:
        """Points (layers, samples, units) on each layer's directions, (layers, samples, slices)."""
        return points @ self.drawn("directions", points, self.slices, points.shape[2]).mT

    def _enlist(self):
        self._number = None if self.generator is None else numbered(self.generator)
        tell_compiler()

    def __setstate__(self, state):
        super().__setstate__(state)
        self._enlist()


class Sliced(Drawing):
    """A loss with a term for each of `slices` random directions, drawn anew in each call."""

    each = "slice"
    settings = ("slices", *Drawing.settings)

    def __init__(
        self,
        slices: int,
        *,
        generator: torch.Generator,
        spatial: Spatial = None,
        **options: Unpack[Options],
    ) -> None:
        slices = require.integer("slices", slices, minimum=1)
        super().__init__("slices", slices, generator, spatial, **options)


def _directions(slices, d, generator, dtype):
    """Uniform unit vectors (slices, d)."""
    theta = torch.randn(slices, d, generator=generator, device=generator.device, dtype=dtype)
    return theta / torch.linalg.vector_norm(theta, dim=1, keepdim=True)


def _partners(count, b, generator, dtype):
    """For each of b samples `count` others, (count, b): cyclic shifts of a random order."""
    order = torch.randperm(b, generator=generator, device=generator.device)
    shifts = torch.randperm(b - 1, generator=generator, device=generator.device)[:count] + 1
    places = torch.arange(b, device=generator.device)
    partners = order.new_empty(count, b)
    partners[:, order] = order[(places + shifts[:, None]) % b]
    return partners


DRAWS = {"directions": _directions, "pairs": _partners}


# one operation, which a compiled graph and torch.vmap take as it is
@torch.library.custom_op("normtheory::draw", mutates_args=())
def _draw(like: torch.Tensor, kind: str, shape: list[int], number: int) -> torch.Tensor:
    """What ``DRAWS[kind]`` draws on the generator's device, put where `like` is."""
    return DRAWS[kind](*shape, by_number(number), like.dtype).to(like.device)


@_draw.register_fake
def _(like, kind, shape, number):
    return like.new_empty(shape, dtype=None if kind == "directions" else torch.int64)
