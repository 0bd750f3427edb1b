"""One step of training as in the paper's experiments: cross entropy, VCL, clipped gradients."""

from torch import nn
from torch.nn import functional as F


def step(model, optimizer, x, y, configuration, *, handle=None, groups=()):
    """Take one step on a mini-batch.

    Parameters
    ----------
    model : Module
    optimizer : Optimizer
    x, y : Tensor, shape (batch, ...) and (batch,)
    configuration : dict
        ``gamma``, the weight of the loss, and ``clip``, the largest norm of a layer's gradient.
    handle : optional
        From `regularize`; None trains without the loss.
    groups : iterable of list of Parameter
        The layers, whose gradients are clipped where the loss is used.
    """
    optimizer.zero_grad()
    loss = F.cross_entropy(model(x), y)
    if handle is None:
        loss.backward()
    else:
        (loss + configuration["gamma"] * handle.penalty()).backward()
        for group in groups:
            nn.utils.clip_grad_norm_(group, configuration["clip"])
    optimizer.step()
