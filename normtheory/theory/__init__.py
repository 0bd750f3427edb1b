"""The mathematics: one module per object of study, pure functions on arrays and symbols.

What an argument may be stands in its entry under Parameters. Anything else, NaN and inf included
unless an entry allows them, raises a ValueError, or a TypeError for a wrong type, that names the
argument, its value and what is allowed. Names are loaded on first use, so that importing this room
costs neither scipy nor sympy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
