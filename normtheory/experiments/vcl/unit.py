"""Figure 2: a single linear unit trained with VCL and no other loss on a 2-D Gaussian mixture.

The paper gives neither the mixture, the subset size n, the learning rate nor the number of steps.
Ours has one covariance for both components, so correlated that the LDA direction, the merging
direction and the difference of the means are three different directions; n runs over several
values, since the answer depends on it.
"""

import numpy as np
import torch

from normtheory.experiments.experiment import Experiment, Scale
from normtheory.experiments.findings import Finding
from normtheory.figures.vcl import draw_unit
from normtheory.nn import VarianceConstancyLoss
from normtheory.theory.mixture_directions import angle_between, lda_direction, merging_direction
from normtheory.theory.mixtures import mixture

TOY = {
    "p": [0.1, 0.25],
    "merges": [True, False],  # what Theorem 2 says of each p: below or above 0.2113
    "mean": [4.0, 0.0],
    "covariance": [[1.0, 0.6], [0.6, 1.0]],
    "n": [5, 10, 20, 50],
    "steps": 8000,
    "rate": 0.1,
    "momentum": 0.9,
    "clip": 1.0,
    "points": 400,
    "sample": 20000,
}


def run(configuration, seed, device):
    """Train one unit for every pair of p and n.

    Returns
    -------
    dict
        ``theta`` (P, N, 2), ``beta`` (P, N), ``angle_lda`` and ``angle_merging`` (P, N) in
        degrees, ``fisher`` (P, N): the unit's ratio of between- to within-variance over the
        largest possible; ``counts`` (P, N, 2, bins): activations by component in the bins
        ``edges``; ``points`` and ``minority``: a sample to draw; and ``lda``, ``merging`` (P, 2).
    """
    weights, sizes = np.array(configuration["p"]), np.array(configuration["n"])
    mean = np.array(configuration["mean"])
    within = np.array(configuration["covariance"])
    # neither direction depends on the mixture's weight
    clouds = mixture(weights[0], mean, np.zeros(2), within)
    lda, merging = lda_direction(clouds), merging_direction(clouds)
    generator = torch.Generator().manual_seed(seed)
    trained = [_train(configuration, int(n), generator, device) for n in sizes]
    theta = np.stack([directions for directions, _ in trained], axis=1)  # (P, N, 2)
    beta = np.stack([beta for _, beta in trained], axis=1)  # (P, N)
    points, minority = _sample(configuration, configuration["sample"], generator)
    edges = np.linspace(-4.5, 4.5, 61)
    counts = np.zeros((len(weights), len(sizes), 2, len(edges) - 1), dtype=np.int64)
    for row in range(len(weights)):
        for column in range(len(sizes)):
            activation = points[row] @ theta[row, column]
            activation = (activation - activation.mean()) / activation.std()
            for part in (0, 1):
                chosen = activation[minority[row] == part]
                counts[row, column, part] = np.histogram(chosen, edges)[0]
    between = (theta @ mean) ** 2
    best = mean @ np.linalg.solve(within, mean)
    shown = configuration["points"]
    return {
        "p": weights,
        "n": sizes,
        "merges": np.array(configuration["merges"]),
        "theta": theta,
        "beta": beta,
        "angle_lda": _angles(theta, lda),
        "angle_merging": _angles(theta, merging),
        "fisher": between / np.einsum("...i,ij,...j", theta, within, theta) / best,
        "edges": edges,
        "counts": counts,
        "points": points[:, :shown].astype(np.float32),
        "minority": minority[:, :shown],
        "lda": np.tile(lda, (len(weights), 1)),
        "merging": np.tile(merging, (len(weights), 1)),
    }


def _train(configuration, n, generator, device):
    weights = configuration["p"]
    steps, clip = configuration["steps"], configuration["clip"]
    start = torch.randn(len(weights), 2, generator=generator)
    theta = torch.nn.Parameter((start / start.norm(dim=1, keepdim=True)).to(device))
    # a unit each is a network of its own, hence the sum over units
    loss = VarianceConstancyLoss(len(weights), n=n, reduction="sum", device=device)
    optimizer = torch.optim.SGD(
        [theta, *loss.parameters()], lr=configuration["rate"], momentum=configuration["momentum"]
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    chunk = 200
    for step in range(steps):
        if step % chunk == 0:
            points, _ = sample_mixture(configuration, chunk * 2 * n, generator)
            stream = points.view(len(weights), chunk, 2 * n, 2).unbind(1)
        activation = (stream[step % chunk].to(device) * theta[:, None]).sum(-1).T  # (2n, P)
        optimizer.zero_grad()
        loss(activation).backward()
        for parameter in (theta, *loss.parameters()):
            size = parameter.grad.reshape(len(weights), -1).norm(dim=1)
            shape = (-1,) + (1,) * (parameter.dim() - 1)
            parameter.grad /= (size / clip).clamp(min=1).view(shape)
        optimizer.step()
        schedule.step()
    return theta.detach().cpu().double().numpy(), loss.beta.detach().cpu().double().numpy()


def sample_mixture(configuration, count, generator):
    """`count` points for every weight in `p`, float32 (weights, count, 2), and which are of the
    minority, bool (weights, count)."""
    root = torch.linalg.cholesky(torch.tensor(configuration["covariance"]))
    weights = torch.tensor(configuration["p"])[:, None]
    noise = torch.randn(len(weights), count, 2, generator=generator) @ root.T
    minority = torch.rand(len(weights), count, generator=generator) < weights
    return noise + minority[..., None] * torch.tensor(configuration["mean"]), minority


def _sample(configuration, count, generator):
    points, minority = sample_mixture(configuration, count, generator)
    return points.double().numpy(), minority.numpy()


def _angles(directions, reference):
    """Angles in degrees between the lines through `directions` (P, N, 2) and `reference`."""
    return np.degrees([[angle_between(theta, reference) for theta in row] for row in directions])


def _angle_finding(p, n, merges):
    """The unit at (p, n) ends nearer to its direction than half way to the next candidate."""
    angle = "angle_merging" if merges else "angle_lda"
    direction = "merging direction" if merges else "LDA direction"

    def measure(arrays):
        row, column = list(arrays["p"]).index(p), list(arrays["n"]).index(n)
        return arrays[angle][row, column]

    def swapped(arrays):
        return {
            **arrays,
            "angle_lda": arrays["angle_merging"],
            "angle_merging": arrays["angle_lda"],
        }

    return Finding(
        name=f"p{p:g}-n{n}",
        sentence=(
            "p = 0.1: the projection is such that the two clusters unite"
            if merges
            else "p = 0.25: the projection discriminates perfectly between the clusters"
        ),
        quantity=f"at n = {n}, angle to the {direction}",
        unit="degrees",
        measure=measure,
        # LDA direction and difference of the means are 31 degrees apart
        region=(0.0, 15.0),
        mutant=swapped,
    )


_SMOKE = {**TOY, "steps": 300, "n": [10, 50], "sample": 2000, "points": 100}
_UNSTATED = "mixture, n, learning rate and steps are ours: the paper states none of them"

EXPERIMENTS = (
    Experiment(
        id="vcl.fig2",
        title="A linear unit trained with VCL alone",
        source="Littwin & Wolf 2018, Figure 2",
        says=(
            "On a 2-D mixture the unit merges the clusters at p = 0.1 and separates them at "
            "p = 0.25."
        ),
        scales={
            "smoke": Scale(
                configuration=_SMOKE,
                seeds=2,
                seconds=1,
                deviations=(_UNSTATED, "300 steps"),
            ),
            "toy": Scale(configuration=TOY, seeds=10, seconds=15, deviations=(_UNSTATED,)),
            "paper": Scale(
                configuration={**TOY, "steps": 40000},
                seeds=10,
                seconds=75,
                deviations=(_UNSTATED,),
            ),
        },
        run=run,
        draw=draw_unit,
        size=(9.6, 6.0),
        findings=tuple(
            _angle_finding(p, n, merges)
            for p, merges in ((0.1, True), (0.25, False))
            for n in (10, 50)
        ),
    ),
)
