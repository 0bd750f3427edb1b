"""Standardization loss, Sec. 1 and A.1: what of batch normalization other layers can take over."""

import numpy as np

from normtheory.claims import Claim, Later

folding = Claim(
    id="stdloss.folding",
    source="Sec. 1",
    says="Because BN uses separately estimated normalization statistics at inference, these "
    "parameters may be 'folded in' to the previous layer's weights, ensuring that no extra "
    "operations are spent on normalization during inference",
    verdict="amended",
)


def _relu(h):
    return np.maximum(h, 0)


@folding.amendment("numeric", rejects={"the bias as it was": {"bias": lambda scale, shift, b: b}})
def behind_a_linear_layer(
    weight=lambda scale, w: scale * w, bias=lambda scale, shift, b: scale * b + shift, *, rng
):
    r"""Right behind a linear layer $Wx+b$ it does: $a\,h+c$ with
    $a=\gamma/\sigma$, $c=\beta-a\mu$ is the layer $aW$, $ab+c$."""
    x, w, b = rng.standard_normal((30, 5)), rng.standard_normal((4, 5)), rng.standard_normal(4)
    a, c = rng.standard_normal(4), rng.standard_normal(4)
    folded = x @ weight(a[:, None], w).T + bias(a, c, b)
    return np.allclose(folded, a * (x @ w.T + b) + c, rtol=1e-9), "30 inputs, 4 units"


@folding.counterexample("numeric")
def a_sum_that_feeds_a_skip(gap=1 / 2, *, a=2.0, c=1.0):
    r"""In pre-activation networks it stands behind a sum that the skip uses as well. One unit,
    $h\mapsto h+\mathrm{relu}({a:g}h+{c:g})$, is bent where its output is -{gap:g}; whatever the
    previous layer makes of $h$, without the shift the bend is where the output is 0."""
    h = np.linspace(-2, 2, 4001)
    out = h + _relu(a * h + c)
    bend = h[1:-1][np.abs(np.diff(out, 2)) > 1e-6]
    at = float(bend.mean())
    return abs(at + _relu(a * at + c) + gap) < 4e-3, f"bent at h = {at:.3f}"


def _stream(rng, blocks=4, width=3):
    """Scales, shifts and linear maps of pre-activation blocks."""
    return [
        (
            rng.uniform(0.3, 2, width),
            rng.standard_normal(width),
            rng.standard_normal((width, width)),
        )
        for _ in range(blocks)
    ]


@folding.amendment("numeric", rejects={"the shift as it is": {"move": lambda a, c: c}})
def before_a_skip(
    move=lambda a, c: c / a, weight=lambda a, w: a * w, *, blocks=Later(_stream), rng
):
    r"""It still costs nothing if every scale $a$ is positive and a ReLU follows: the stream carries
    $h+c/a$, whose changes from block to block go into the biases of the branches, and $a$ into the
    weights behind the ReLU, as $\mathrm{relu}(ah+c)=a\,\mathrm{relu}(h+c/a)$."""
    x = rng.standard_normal((20, 3))
    h, moved = x, x + move(*blocks[0][:2])
    ends = [move(a, c) for a, c, _ in blocks] + [0.0]
    for k, (a, c, w) in enumerate(blocks):
        h = h + _relu(a * h + c) @ w.T
        moved = moved + _relu(moved) @ weight(a, w).T + (ends[k + 1] - ends[k])
    return np.allclose(moved, h, rtol=1e-9, atol=1e-9), "20 inputs, 4 blocks of 3 units"


@folding.range("numeric", rejects={"it would do for negative ones": True})
def negative_scales(same=False):
    r"""For a negative scale the ReLU keeps the other half, $\mathrm{relu}(ah+c)\neq
    a\,\mathrm{relu}(h+c/a)$, and the stream would have to change its sign."""
    h = np.linspace(-2, 2, 9)
    return np.allclose(_relu(-2 * h + 1), -2 * _relu(h - 0.5)) == same, "a = -2, c = 1"


scale_redundant = Claim(
    id="stdloss.scale-redundant",
    source="A.1 (A.4, A.5)",
    says="The BN network used an additive shift parameter after the normalization at each layer "
    "(no scale parameter was necessary due to the use of the ReLU nonlinearity)",
    verdict="holds",
)


@scale_redundant.shown("numeric", rejects={"weights as they were": lambda gamma, w: w + 0 * gamma})
def into_the_next_layer(weight=lambda gamma, w: gamma * w, move=lambda gamma, c: c / gamma, *, rng):
    r"""For $\gamma>0$ $\mathrm{relu}(\gamma z+\beta)=\gamma\,\mathrm{relu}(z+\beta/\gamma)$: the
    next layer's weights take the scale over, and the network is the same with another shift."""
    z, w = rng.standard_normal((50, 4)), rng.standard_normal((3, 4))
    gamma, beta = rng.uniform(0.2, 3, 4), rng.standard_normal(4)
    out = _relu(gamma * z + beta) @ w.T
    found = _relu(z + move(gamma, beta)) @ weight(gamma, w).T
    return np.allclose(found, out, rtol=1e-9, atol=1e-12), "50 inputs, 4 units, 3 behind them"


@scale_redundant.range("numeric")
def not_for_relu6(gap=5.0):
    r"""Not for ReLU6, which A.6 keeps the scale for: at $z=\gamma=6$ it gives 6, and $\gamma$ times
    its value without the scale 36; at $z=1$, $\gamma=11$ the two are {gap:g} apart."""

    def relu6(x):
        return np.minimum(np.maximum(x, 0), 6)

    six = relu6(36.0), 6 * relu6(6.0)
    return six == (6, 36) and abs(11 * relu6(1.0) - relu6(11.0) - gap) < 1e-9, "11 against 6"


@scale_redundant.range("numeric")
def not_before_a_sum(ratio=2.0):
    r"""Nor where the normalized branch is added to a skip before the ReLU, as at the end of every
    block of the ResNet-50 of A.5, which has no scale either: $\mathrm{relu}(x+\gamma z)$ at
    $\gamma={ratio:g}$ is no multiple of $\mathrm{relu}(x+z)$."""
    x, z = np.array([1.0, 0.0]), np.array([0.0, 1.0])
    with_scale = _relu(x + ratio * z) / _relu(x + z)
    return np.allclose(with_scale, (1, 2), rtol=1e-9), "(x, z) = (1, 0) and (0, 1)"
