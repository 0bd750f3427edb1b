"""The transformer of `transformer`, and how it is trained and timed: characters in, scores of the
next one out.

Blocks of causal attention and of a rectified MLP stand on a residual stream. Normalization stands
where each of them reads the stream (pre-LN) or after each sum (post-LN); a loss on the activations
stands where pre-LN would, so that a trained network has nothing left there.
"""

import math
from functools import partial

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from normtheory import data
from normtheory.experiments.systems import LOSSES
from normtheory.experiments.training import timed
from normtheory.nn import SphereDivergenceLoss, regularize

_NORMS = {"pre-LN": nn.LayerNorm, "post-LN": nn.LayerNorm, "RMSNorm": nn.RMSNorm}


class _Block(nn.Module):
    """What `read` makes of the stream, mixed, is added to it; `after` is what post-LN does then."""

    def __init__(self, width, mixing, norm, post):
        super().__init__()
        self.read = nn.Identity() if post else norm(width)
        self.mixing = mixing
        self.after = norm(width) if post else nn.Identity()

    def forward(self, stream):
        return self.after(stream + self.mixing(self.read(stream)))


class _Attention(nn.Module):
    """Causal self-attention."""

    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.inward, self.outward = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, h):
        b, t, d = h.shape
        q, k, v = self.inward(h).view(b, t, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.outward(mixed.transpose(1, 2).reshape(b, t, d))


class Transformer(nn.Module):
    """Scores (b, t, characters) of the characters after `tokens` (b, t), with "width", "heads",
    "layers" and "length" of the configuration."""

    def __init__(self, method, configuration, characters):
        super().__init__()
        width, norm = configuration["width"], _NORMS.get(method, _nothing)
        self.embedding = nn.Embedding(characters, width)
        self.place = nn.Embedding(configuration["length"], width)
        blocks = partial(_Block, width, norm=norm, post=method == "post-LN")
        self.blocks = nn.Sequential(
            *(
                blocks(mixing)
                for _ in range(configuration["layers"])
                for mixing in (_Attention(width, configuration["heads"]), _perceptron(width))
            )
        )
        self.last = nn.Identity() if method == "post-LN" else norm(width)
        self.decoder = nn.Linear(width, characters)

    def forward(self, tokens):
        places = torch.arange(tokens.shape[1], device=tokens.device)
        stream = self.embedding(tokens) + self.place(places)
        return self.decoder(self.last(self.blocks(stream)))

    def readings(self):
        """Names of what reads the residual stream: where a loss stands."""
        return [*(f"blocks.{number}.read" for number in range(len(self.blocks))), "last"]


def _nothing(width):
    return nn.Identity()


def _perceptron(width):
    return nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))


class Trainee:
    """A transformer with Adam at a `rate` and, where the method is a loss, that loss with its
    `weight`; of one seed all methods start from the same draw."""

    def __init__(self, method, configuration, characters, device, *, rate, weight, seed):
        torch.manual_seed(seed)
        self.model = Transformer(method, configuration, characters).to(device)
        self._handle, self._weight = None, weight
        if method in LOSSES:
            loss = LOSSES[method][1]()
            if method == "sphere":  # all pairs of tokens would cost more than the network
                drawn = torch.Generator(device).manual_seed(seed)
                loss = SphereDivergenceLoss(pairs=configuration["pairs"], generator=drawn)
            readings, width = self.model.readings(), configuration["width"]
            own = isinstance(loss, nn.Module)
            losses = {name: loss if own else loss(width) for name in readings}
            self._handle = regularize(self.model, losses, dim=-1)
        parameters = [*self.model.parameters()]
        parameters += [] if self._handle is None else [*self._handle.parameters()]
        self._optimizer = torch.optim.Adam(parameters, lr=rate, fused=True)

    def step(self, inputs, targets):
        """One step of Adam; the cross entropy before it, as a tensor."""
        self._optimizer.zero_grad()
        loss = F.cross_entropy(self.model(inputs).flatten(0, 1), targets.flatten())
        penalty = 0.0 if self._handle is None else self._weight * self._handle.penalty()
        (loss + penalty).backward()
        self._optimizer.step()
        return loss.detach()

    def infer(self, inputs, targets):
        """The cross entropy as a trained network gives it."""
        self.model.eval()
        with torch.no_grad():
            loss = F.cross_entropy(self.model(inputs).flatten(0, 1), targets.flatten())
        self.model.train()
        return loss


def texts(configuration, device):
    """Training, validation and test text as token numbers on `device`, and how many characters
    there are; the halves of the test text validate and test."""
    text = data.load("tiny-shakespeare", configuration.get("data", {}).get("tiny-shakespeare"))
    half, held = len(text.test) // 2, configuration["held"]
    parts = text.train, text.test[:half][:held], text.test[half:][:held]
    return [torch.from_numpy(part).to(device) for part in parts], len(text.vocabulary)


def stretches(text, configuration, generator):
    """Yield inputs and targets (b, t) of one step each, from anywhere in the text."""
    length, batch = configuration["length"], configuration["batch"]
    within = torch.arange(length + 1)
    for _ in range(configuration["steps"]):
        start = torch.randint(len(text) - length, (batch, 1), generator=generator)
        tokens = text[(start + within).to(text.device)]
        yield tokens[:, :-1], tokens[:, 1:]


def perplexity(trainee, text, configuration):
    """exp of the mean cross entropy of the next character, stretch by stretch, or of `_MOST` where
    a network left the numbers."""
    length = configuration["length"]
    rows = (len(text) - 1) // length
    inputs, targets = (text[k : k + rows * length].view(rows, length) for k in (0, 1))
    loss = trainee.infer(inputs, targets).item()
    return math.exp(min(loss, _MOST)) if math.isfinite(loss) else math.exp(_MOST)


# nats: more than any text has, and a number
_MOST = 20.0


def trained(method, configuration, streams, characters, device, seed, rate, weight):
    """Perplexities of the validation and of the test text after the steps."""
    train, *texts = streams
    trainee = Trainee(
        method, configuration, characters, device, rate=rate, weight=weight, seed=seed
    )
    generator = torch.Generator().manual_seed(seed)
    for inputs, targets in stretches(train, configuration, generator):
        trainee.step(inputs, targets)
    return [perplexity(trainee, text, configuration) for text in texts]


def costs(methods, configuration, streams, characters, device, seed):
    """Time of a training step, and of inference on one stretch, over that of the first method."""
    train, *_ = streams
    generator = torch.Generator().manual_seed(seed)
    (inputs, targets) = next(stretches(train, configuration, generator))
    trainees = [
        Trainee(method, configuration, characters, device, rate=1e-4, weight=1e-4, seed=seed)
        for method in methods
    ]
    rounds, count = configuration["rounds"], configuration["timed"]
    found = []
    for steps, rows in (
        ([trainee.step for trainee in trainees], len(inputs)),
        ([trainee.infer for trainee in trainees], 1),
    ):
        times = timed(steps, inputs[:rows], targets[:rows], rounds, count)
        found.append(np.median(times / times[:, :1], axis=0))
    return found
