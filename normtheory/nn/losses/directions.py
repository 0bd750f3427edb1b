"""Random directions, and activations as the points that are projected on them."""

import torch

SPATIAL = ("features", "samples")


def random_directions(points, slices, generator):
    """Uniform unit vectors (slices, d), drawn on the generator's device, put where `points` is."""
    dtype = torch.float64 if points.dtype == torch.float64 else torch.float32
    shape = slices, points.shape[1]
    theta = torch.randn(shape, generator=generator, device=generator.device, dtype=dtype)
    theta = theta.to(points.device)
    return theta / torch.linalg.vector_norm(theta, dim=1, keepdim=True)


def as_vectors(input, spatial):
    """Activations as points (b, d): of a feature map all units, or one point per position."""
    if input.dim() == 2:
        return input
    if spatial == "features":
        return input.flatten(1)
    return input.movedim(1, -1).flatten(0, -2)


def require_generator(generator):
    """Return `generator`, or raise TypeError unless it is a torch.Generator."""
    if not isinstance(generator, torch.Generator):
        raise TypeError(
            "generator must be a torch.Generator (randomness is an argument), got "
            f"{type(generator).__name__}"
        )
    return generator
