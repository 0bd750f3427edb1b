"""Gradients by hand are for first derivatives: asking for more must not be answered wrongly."""

import functools

import torch


def first_order(backward):
    """Make a `Function.backward` refuse to be differentiated.

    `torch.autograd.function.once_differentiable` does not see that the gradient depends on the
    activations: it would pass as a constant, silently.
    """

    @functools.wraps(backward)
    def refusing(ctx, *upstream):
        if torch.is_grad_enabled():
            raise RuntimeError(
                "this loss has first derivatives only: call backward without create_graph"
            )
        return backward(ctx, *upstream)

    return refusing
