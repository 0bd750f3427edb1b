"""Bad arguments that only torch knows are refused by name, as in `normtheory.theory.arguments`."""

import inspect

import torch

from normtheory.theory import arguments as require


def require_module(name, value):
    """Return `value`, or raise TypeError unless it is a torch.nn.Module that takes hooks."""
    if not isinstance(value, torch.nn.Module):
        raise TypeError(f"{name} must be a torch.nn.Module, got {type(value).__name__}")
    if isinstance(value, torch.jit.ScriptModule):
        raise TypeError(
            f"{name} must be a torch.nn.Module, got a ScriptModule, which takes no hook"
        )
    return value


def require_arguments(name, function, /, **arguments):
    """Return `function`, or raise TypeError unless it can be called with `arguments` in order."""
    try:
        inspect.signature(function).bind(*arguments.values())
    except TypeError:
        called = f"f({', '.join(arguments)})"
        raise TypeError(f"{name} is called as {called}, got {function!r}") from None
    except ValueError:  # one in C does not say
        pass
    return function


def require_tensor(name, value):
    """Return `value`, or raise TypeError unless it is a tensor of floating-point numbers."""
    if not isinstance(value, torch.Tensor):
        raise TypeError(f"{name} must be a tensor, got {type(value).__name__}")
    if not value.dtype.is_floating_point:
        raise TypeError(f"{name} must hold floating-point numbers, got {value.dtype}")
    return value


def require_axes(name, value, wanted="at least two axes"):
    """Raise unless `value` is a non-empty floating-point tensor of two axes or more."""
    require_tensor(name, value)
    if value.dim() < 2:
        raise ValueError(f"{name} must have {wanted}, got {tuple(value.shape)}")
    if value.numel() == 0:
        raise ValueError(f"{name} must not be empty, got shape {tuple(value.shape)}")


def require_generator(generator, why="randomness is an argument"):
    """Return `generator`, or raise TypeError unless it is a torch.Generator."""
    if not isinstance(generator, torch.Generator):
        raise TypeError(
            f"generator must be a torch.Generator ({why}), got {type(generator).__name__}"
        )
    return generator


def require_process_group(value):
    """Return `value`, or raise TypeError unless it is a torch.distributed.ProcessGroup."""
    distributed = torch.distributed
    if not (distributed.is_available() and isinstance(value, distributed.ProcessGroup)):
        raise TypeError(
            "process_group must be a torch.distributed.ProcessGroup, such as "
            f"torch.distributed.group.WORLD, got {type(value).__name__}"
        )
    return value


def require_pair(name, value, minimum=1):
    """`value`, one integer or two, or raise unless each is at least `minimum`."""
    if not isinstance(value, tuple | list):
        return require.integer(name, value, minimum=minimum)
    if len(value) != 2:
        raise ValueError(f"{name} must be an integer or two, got {value!r}")
    return tuple(require.integer(name, each, minimum=minimum) for each in value)


# what torch takes where it wants a device
Device = torch.device | str | int | None


def placement(device, dtype):
    """The keywords of a new parameter, or raise unless they are a device and a dtype, or None."""
    try:
        device = device if device is None else torch.device(device)
    except (RuntimeError, TypeError, ValueError) as error:
        raise ValueError(f"device must be one that torch knows, got {device!r}") from error
    if dtype is not None and not (isinstance(dtype, torch.dtype) and dtype.is_floating_point):
        raise TypeError(f"dtype must be a torch.dtype of floating-point numbers, got {dtype!r}")
    return {"device": device, "dtype": dtype}
