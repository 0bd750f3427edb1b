"""The mathematics: one module per object of study, pure functions on arrays and symbols.

Names are loaded on first use, so that importing this room costs neither scipy nor sympy.
"""

import lazy_loader

# module -> the names people call
_SURFACE = {
    "montecarlo": ["Estimate", "estimate"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE)
