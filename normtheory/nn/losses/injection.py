"""Gradients of a penalty added where the network's own gradient passes, in one operation.

Autograd would build a second tensor as large as the activations and add the two. For large
activations that doubles the bytes moved; so a penalty leaves what it has to add with its inputs,
and a hook on each adds it while the network's gradient goes by. The penalty's own node comes
first: autograd does not touch the gradient of an input before all its consumers are done.
"""

import torch


class Injection:
    """What one backward pass has to add to the gradient of one tensor."""

    def __init__(self, input):
        self.shape, self.stride, self.device = input.shape, input.stride(), input.device
        self.dtype = input.dtype
        self.task, self.add = None, None
        input.register_hook(self)

    def put(self, add):
        """Leave `add`, a function from a gradient to a new one, for the running backward pass."""
        self.task, self.add = torch._C._current_graph_task_id(), add

    def __call__(self, gradient):
        task, add = self.task, self.add
        self.task = self.add = None
        if add is None or task != torch._C._current_graph_task_id():
            return None
        if torch.is_grad_enabled():
            raise RuntimeError(
                "the penalty's gradient cannot be differentiated again: backward without "
                "create_graph, or call the loss itself on the activations"
            )
        if gradient is None:
            gradient = torch.empty_strided(
                self.shape, self.stride, dtype=self.dtype, device=self.device
            ).zero_()
        return add(gradient)


def injections(inputs, at_least):
    """One for each input that needs a gradient and has `at_least` so many entries, else None."""
    if torch.compiler.is_compiling():
        return [None] * len(inputs)
    return [Injection(h) if h.requires_grad and h.numel() >= at_least else None for h in inputs]


def add_product(first, second, gradient):
    """``gradient + first * second`` in the dtype of `gradient`, as one operation."""
    if gradient.dtype != first.dtype:
        return (gradient + first * second).to(gradient.dtype)
    return torch.addcmul(gradient, first, second)
