"""The LSTM language model of Table 4, and how it is trained on columns of text.

As in the document's reference implementation (the PyTorch word-level language model) the text runs
in parallel columns, the state is carried from one stretch to the next and its gradient is not, and
the rate is quartered whenever the validation perplexity does not improve. PER is added as in
Algorithm 1, without the factor 1/b; the norms are those of Sec. 3.1, means over the batch.
"""

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from normtheory import data
from normtheory.nn import ActivationPenalty, BatchNormLSTM, ProjectedErrorLoss

LAYERS = 2
LOSSES = {
    "L1": lambda: ActivationPenalty(1, reduction="sum"),
    "L2": lambda: ActivationPenalty(2, reduction="sum"),
    "PER": lambda: ProjectedErrorLoss(reduction="sum"),
}


class LanguageModel(nn.Module):
    """Embedding, LSTM layers, decoder. "RE" in `kind`, one of `language.MODELS`, shares the
    embedding with the decoder, "VD" drops units with one mask for a whole stretch; `recurrent`
    is for recurrent batch normalization.
    """

    def __init__(self, kind, configuration, words, *, recurrent=False):
        super().__init__()
        width = configuration["width"]
        self.dropout = configuration["dropout"] if "VD" in kind else 0.0
        self.embedding = nn.Embedding(words, width)
        self.decoder = nn.Linear(width, words)
        nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
        nn.init.uniform_(self.decoder.weight, -0.1, 0.1)
        nn.init.zeros_(self.decoder.bias)
        if "RE" in kind:
            self.decoder.weight = self.embedding.weight
        self.layers = nn.ModuleList(
            BatchNormLSTM(width, width, max_length=configuration["length"])
            if recurrent
            else nn.LSTM(width, width)
            for _ in range(LAYERS)
        )

    def forward(self, tokens, states, generator):
        """Scores (length, b, words), activations of every layer (length, b, width), and states."""
        h = self._dropped(self.embedding(tokens), generator)
        hidden, after = [], []
        for layer, state in zip(self.layers, states, strict=True):
            h, state = layer(h, state)
            hidden.append(h)
            after.append(tuple(part.detach() for part in state))
            h = self._dropped(h, generator)
        return self.decoder(h), hidden, after

    def _dropped(self, h, generator):
        if not self.training or not self.dropout:
            return h
        kept = torch.rand(1, *h.shape[1:], generator=generator) >= self.dropout
        return h * (kept / (1 - self.dropout)).to(h.device)


def columns(configuration, device):
    """Training, validation and test text as columns (tokens, b) on `device`.

    Words are numbered by frequency, so the rarest are left out by their number and become 0,
    "<unk>". The first half of the test part validates.
    """
    text = data.load("wikitext-2", configuration.get("data", {}).get("wikitext-2"))
    half = len(text.test) // 2
    cuts = configuration["train"], configuration["held"], configuration["held"]
    found = []
    for tokens, cut in zip((text.train, text.test[:half], text.test[half:]), cuts, strict=True):
        kept = torch.from_numpy(np.where(tokens < configuration["words"], tokens, 0)[:cut])
        rows = len(kept) // configuration["batch"]
        kept = kept[: rows * configuration["batch"]]
        found.append(kept.view(configuration["batch"], rows).T.contiguous().to(device))
    return found


def trained(kind, method, coefficient, configuration, streams, seed):
    """One training: perplexities ``valid`` and ``test`` of the epoch that validates best, ``curve``
    of all epochs, and the ``coefficient``."""
    train, valid, test = streams
    # all methods start from the same embedding and decoder, and drop the same units
    torch.manual_seed(seed)
    generator = torch.Generator().manual_seed(seed)
    model = LanguageModel(kind, configuration, configuration["words"], recurrent=method == "RBN")
    model = model.to(train.device)
    parameters = list(model.parameters())
    loss = LOSSES[method]() if method in LOSSES else None
    optimizer = torch.optim.SGD(parameters, lr=configuration["rate"], fused=True)
    curve, best = [], {"valid": math.inf, "test": math.inf}
    for _ in range(configuration["epochs"]):
        states = [None] * LAYERS
        for inputs, targets in stretches(train, configuration["length"]):
            optimizer.zero_grad()
            scores, hidden, states = model(inputs, states, generator)
            total = F.cross_entropy(scores.flatten(0, 1), targets.flatten())
            if loss is not None:
                total = total + coefficient * sum(loss(h.flatten(0, 1)) for h in hidden)
            total.backward()
            nn.utils.clip_grad_norm_(parameters, configuration["clip"])
            optimizer.step()
        curve.append(perplexity(model, valid, configuration["length"]))
        if curve[-1] < best["valid"]:
            test_perplexity = perplexity(model, test, configuration["length"])
            best = {"valid": curve[-1], "test": test_perplexity}
        else:
            for group in optimizer.param_groups:
                group["lr"] /= 4
    return {**best, "curve": curve, "coefficient": coefficient}


def stretches(stream, length):
    """Yield inputs and targets, each (at most `length`, b), until the columns end."""
    for start in range(0, len(stream) - 1, length):
        stop = min(start + length, len(stream) - 1)
        yield stream[start:stop], stream[start + 1 : stop + 1]


def perplexity(model, stream, length):
    """exp of the mean cross entropy of the next token, the state carried along the columns."""
    model.eval()
    total, states = 0.0, [None] * LAYERS
    with torch.no_grad():
        for inputs, targets in stretches(stream, length):
            scores, _, states = model(inputs, states, None)
            total += F.cross_entropy(
                scores.flatten(0, 1), targets.flatten(), reduction="sum"
            ).item()
    model.train()
    return math.exp(min(total / stream[1:].numel(), 700.0))
