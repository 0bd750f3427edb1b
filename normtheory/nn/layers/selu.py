"""Scaled exponential linear units and alpha dropout for any mean and variance."""

import torch
from torch import Tensor, nn

from normtheory.nn.arguments import require_generator, require_tensor
from normtheory.theory import arguments as require


class SELU(nn.Module):
    r"""The scaled ELU, :math:`\lambda(\max(0, x) + \min(0, \alpha(e^x - 1)))`, of a chosen target.

    Its constants make (mean, variance) a fixed point of a layer whose weights sum to `omega` with
    squares that sum to `tau`. At (0, 1) they are those of `torch.nn.SELU`.

    Parameters
    ----------
    mean, variance : float
        What a layer should keep.
    omega, tau : float
        Sum of a unit's weights and of their squares.
    inplace : bool

    Attributes
    ----------
    alpha, lam : float

    Raises
    ------
    ValueError
        If no positive constants exist for the target.

    Notes
    -----
    Klambauer et al., 2017; constants from `normtheory.theory.fixed_point_constants`, which says
    when they exist. That a fixed point exists does not make it attractive.

    Examples
    --------
    >>> import torch
    >>> x = torch.linspace(-3, 3, 7)
    >>> bool(torch.equal(SELU()(x), torch.nn.SELU()(x)))
    True
    >>> unit = SELU(0.0, 4.0)
    >>> round(unit.alpha, 4), round(unit.lam, 4)
    (2.404, 1.0702)
    """

    def __init__(
        self,
        mean: float = 0.0,
        variance: float = 1.0,
        *,
        omega: float = 0.0,
        tau: float = 1.0,
        inplace: bool = False,
    ) -> None:
        super().__init__()
        # scipy's optimisation takes longer to import than all of this room
        from normtheory.theory.selu_constants import fixed_point_constants

        constants = fixed_point_constants(mean, variance, omega=omega, tau=tau)
        self.mean, self.variance, self.omega, self.tau = map(float, (mean, variance, omega, tau))
        self.alpha, self.lam = constants
        self.inplace = require.flag("inplace", inplace)

    def forward(self, input: Tensor) -> Tensor:
        elu = torch.ops.aten.elu_ if self.inplace else torch.ops.aten.elu
        return elu(require_tensor("input", input), self.alpha, self.lam)

    def extra_repr(self) -> str:
        shown = ("mean", "variance", "omega", "tau")
        numbers = ", ".join(f"{name}={getattr(self, name):g}" for name in shown)
        return f"{numbers}, inplace=True" if self.inplace else numbers


class AlphaDropout(nn.Module):
    r"""Dropout to the floor :math:`-\lambda\alpha` that keeps a chosen mean and variance.

    Parameters
    ----------
    p : float
        Probability in [0, 1) that an entry is dropped.
    mean, variance : float
        Of the input, kept by the output; the floor is that of `SELU` with this target.
    generator : torch.Generator, optional
        By default torch's own, as for `torch.nn.AlphaDropout`.

    Raises
    ------
    ValueError
        If `p` is outside [0, 1), or there is no `SELU` with the target.

    Notes
    -----
    Klambauer et al., 2017. At (0, 1) it is `torch.nn.AlphaDropout`, seed for seed.

    Examples
    --------
    >>> import torch
    >>> layer = AlphaDropout(0.5, mean=0.0, variance=4.0)
    >>> x = 2 * torch.randn(10**6, generator=torch.Generator().manual_seed(0))
    >>> y = layer(x)
    >>> bool(abs(y.mean()) < 0.02), bool(abs(y.var() - 4) < 0.1)
    (True, True)
    """

    def __init__(
        self,
        p: float = 0.5,
        mean: float = 0.0,
        variance: float = 1.0,
        *,
        generator: torch.Generator | None = None,
    ) -> None:
        super().__init__()
        self.p = require.between("p", p, 0, 1, closed="low")
        self.generator = generator if generator is None else require_generator(generator)
        from normtheory.theory.selu_constants import alpha_dropout_affine, fixed_point_constants

        alpha, lam = fixed_point_constants(mean, variance)
        self.mean, self.variance = float(mean), float(variance)
        self.floor = -alpha * lam
        self.scale, self.offset = alpha_dropout_affine(p, mean, variance, alpha=alpha, lam=lam)

    def forward(self, input: Tensor) -> Tensor:
        require_tensor("input", input)
        if not self.training or self.p == 0:
            return input
        keep = torch.empty_like(input).bernoulli_(1 - self.p, generator=self.generator)
        # a·x + b where kept, a·floor + b where dropped
        floor = self.scale * self.floor
        return torch.addcmul(
            torch.add(keep.mul(-floor), floor + self.offset), input, keep, value=self.scale
        )

    def extra_repr(self) -> str:
        return f"p={self.p:g}, mean={self.mean:g}, variance={self.variance:g}"
