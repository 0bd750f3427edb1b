"""In how many bits statistics are computed."""


def in_full_precision(input):
    """`input`, in float32 where it was stored in fewer bits."""
    return input.float() if input.dtype.itemsize < 4 else input
