"""What the chosen layers put out in one run of their model: hooks and their bookkeeping."""

import sys
import threading
import warnings
import weakref
from functools import partial

import torch


class Runs:
    """The runs of one model that its regularizer has not been asked about yet.

    A run lasts as long as a call of the model, so that a layer called outside of one (an encoder
    that other models share, recomputation in checkpointing) leaves nothing. The hooks of a model
    hold this object, and it holds the regularizer weakly: a copy of the model is a plain model
    unless its regularizer is copied with it.

    Attributes
    ----------
    finished : list of list
        For each run the outputs of each layer: a list for its calls, or None where it was skipped.
    values : object
        What the regularizer made of them, until the next run.
    missed : str
        Why there is no run.
    kept : set of int
        Layers whose outputs are kept as they are: nothing has changed them in place so far. Others
        are copied, as all are at first.
    """

    def __init__(self):
        self.owner, self.kept, self.changed = _nobody, set(), set()
        self.differentiable = self.training = self.recording = None
        self.inside, self.running_in, self.ran_in = False, None, None
        self.forget("the model has not run since it was regularized")

    def forget(self, reason):
        self.finished, self.values, self.current, self.state = [], None, None, "idle"
        self.missed, self.unread, self.passed, self.stand_ins = reason, 0, False, {}
        self.watched = []

    def attach(self, owner, model, layers):
        """Hook `model` and `layers`; returns what removes the hooks."""
        self.adopt(owner)
        hooks = [model.register_forward_pre_hook(self.begin)]
        for index, layer in enumerate(layers):
            hooks.append(layer.register_forward_hook(partial(self.record, index)))
        hooks.append(model.register_forward_hook(self.end, always_call=True))
        return hooks

    def adopt(self, owner):
        """Work for `owner`: a copy of the regularizer, when the model was copied with it."""
        self.owner = weakref.ref(owner)

    def begin(self, model, arguments):
        # a graph that looks at a state before it sets one is compiled anew in the next step
        if not torch.compiler.is_compiling() and self.state == "running":
            require_thread(self.running_in)
        self.running_in = _thread()
        owner, self.state, self.current = self.owner(), "idle", None
        self.inside = not (torch.compiler.is_exporting() or torch.jit.is_tracing())
        if owner is None or not self.inside:
            return
        differentiable = torch.is_grad_enabled()
        if owner.when == "training" and not (model.training and differentiable):
            how = "without gradients" if model.training else "in evaluation mode"
            self.forget(f"the model last ran {how}, which only when='always' penalises")
            return
        if getattr(model, "_is_replica", False):
            raise RuntimeError(
                "torch.nn.DataParallel runs several replicas of a model, whose outputs one "
                "regularizer cannot tell apart: use DistributedDataParallel"
            )
        if self.stand_ins and self.values is not None:
            self._let_go()
        if self.passed:
            # a step without a penalty is over
            self.read()
        if owner.views in (None, "last"):
            self.finished, self.watched = [], []
        self.listening = True
        before = self.differentiable, self.training
        self.differentiable, self.training = differentiable, model.training
        # there may be other operations in another mode; a graph copies all, and would be compiled
        # once more where it looked at the mode before
        if torch.compiler.is_compiling() or before != (differentiable, model.training):
            self.kept = set()
        self.state, self.current = "running", [[] for _ in owner.layers]

    def record(self, index, layer, arguments, output):
        owner = self.owner()
        if owner is None:
            return
        if self.recording is not None and self.inside:
            self.recording.take(owner.layers[index], _first(output), owner.axes[index])
        if self.state != "running" or self.running_in != _thread():
            if index in self.stand_ins:
                self._give_back(self.stand_ins[index], _first(output))
            return
        if owner.frozen == "skip" and _frozen(layer, self.training):
            self.current[index] = None
            return
        output = _first(output)
        if not isinstance(output, torch.Tensor):
            raise TypeError(
                f"layer {owner.layers[index]!r} must put out a tensor, got "
                f"{type(output).__name__}: regularize a layer inside it"
            )
        if self.listening and output.requires_grad and not torch.compiler.is_compiling():
            self.listening = False
            output.register_hook(partial(_passed, weakref.ref(self)))
        if self._may_change(index, output):
            output = output.clone()
        if self.differentiable and not torch.is_grad_enabled():
            # inside a reentrant checkpoint: it has no graph before the backward pass
            output = output.requires_grad_()
            self.stand_ins.setdefault(index, []).append(output)
        self.current[index].append(output)

    def _may_change(self, index, output):
        """Whether what follows may change the output in place; from now on it is watched."""
        if torch.compiler.is_compiling() or output.grad_fn is None:
            return True
        self.watched.append((index, output, _state(output)))
        return index not in self.kept

    def end(self, model, arguments, output):
        if self.running_in != _thread():
            return  # refused in `begin`
        self.inside = False
        if self.state == "idle" or self.owner() is None:
            return
        if output is None and sys.exc_info()[0] is not None:
            # an error, or checkpointing that has recomputed enough
            self.state, self.current = "idle", None
            self.missed = "the model's last run ended by an error"
            return
        if self.state == "finished":
            raise RuntimeError(
                "a model that calls itself cannot be regularized: wrap it in another"
            )
        self.finished.append(self.current)
        self.ran_in = self.running_in
        self.unread += 1
        self.state, self.current, self.values = "finished", None, None

    def to_penalise(self):
        """The runs to penalise, or raise RuntimeError where there is none or it is not clear."""
        owner = self.owner()
        if not self.finished:
            raise RuntimeError(
                f"there is nothing to penalise: {self.missed} (a compiled model that ran before it "
                "was regularized must be compiled anew)"
            )
        # whatever comes of it, this step is over
        self.passed = True
        if self.unread > 1 and owner.views is None:
            raise RuntimeError(
                f"the model ran {self.unread} times since the last penalty: say "
                "regularize(..., views='sum'), 'mean' or 'last'"
            )
        for record in self.finished:
            silent = [repr(n) for n, calls in zip(owner.layers, record, strict=True) if calls == []]
            if silent:
                raise RuntimeError(
                    f"no output of {', '.join(silent)} to penalise: the layer did not run in the "
                    "model's last run; leave it out with layers="
                )
        if self.watched:
            self._look_for_changes()
        return self.finished

    def _look_for_changes(self):
        self.changed |= {i for i, output, state in self.watched if _state(output) != state}
        late = self.kept & self.changed
        self.kept = (self.kept | {i for i, _, _ in self.watched}) - self.changed
        if late:
            names = ", ".join(repr(self.owner().layers[index]) for index in sorted(late))
            self.forget("what it put out was changed in place")
            raise RuntimeError(
                f"the output of {names} was changed in place, for the first time, before it was "
                "penalised: run the model again, from now on it is copied"
            )

    def read(self):
        """The runs were penalised: their outputs are not needed any more."""
        self.finished, self.watched, self.unread, self.passed = [], [], 0, False

    def _give_back(self, stand_ins, output):
        """Add the penalty's gradient at an output that a reentrant checkpoint recomputes."""
        for each in stand_ins:
            if each.grad is not None and output.requires_grad and torch.equal(each, output):
                gradient, each.grad = each.grad, None
                output.register_hook(lambda network, gradient=gradient: network + gradient)
                return

    def _let_go(self):
        lost = [i for i, each in self.stand_ins.items() if any(x.grad is not None for x in each)]
        names, self.stand_ins = [self.owner().layers[i] for i in lost], {}
        if names:
            warnings.warn(
                f"the penalty of {', '.join(map(repr, names))} had no gradient: the layer runs "
                "under no_grad (frozen='skip' leaves it out), or in a checkpoint with "
                "use_reentrant=True whose output was not differentiated",
                RuntimeWarning,
                stacklevel=2,
            )

    def __deepcopy__(self, memo):
        return Runs()

    def __reduce__(self):
        return Runs, ()


def require_thread(expected):
    """Raise RuntimeError unless this is the thread that is expected, or none is known."""
    if expected is not None and not torch.compiler.is_compiling() and expected != _thread():
        raise RuntimeError(
            "the model runs, or its penalty is read, in several threads, whose outputs one "
            "regularizer cannot tell apart: give each thread copies of model and regularizer"
        )


def _thread():
    """This thread, or None in a compiled graph, which does not know."""
    return None if torch.compiler.is_compiling() else threading.get_ident()


def _passed(runs, gradient):
    """Note that a backward pass came by; of a weak reference, the graph would keep itself alive."""
    if runs() is not None:
        runs().passed = True


def _first(output):
    """The first of several outputs (an LSTM's hidden states), without padding if it has none."""
    if isinstance(output, torch.nn.utils.rnn.PackedSequence):
        return output.data
    if isinstance(output, torch.Tensor) and output.is_nested:
        # what torch's transformer makes of padded tokens in evaluation mode
        return torch.cat(output.unbind())
    return _first(output[0]) if isinstance(output, tuple | list) and output else output


def _state(output):
    """What changes with every operation in place."""
    return output.grad_fn, output._version


def _frozen(layer, training):
    """Whether a layer does not learn, or is not in training where the model is."""
    learns = [parameter.requires_grad for parameter in layer.parameters()]
    return (training and not layer.training) or (len(learns) > 0 and not any(learns))


def _nobody():
    return None
