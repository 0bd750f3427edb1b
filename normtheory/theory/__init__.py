"""The mathematics: one module per object of study, pure functions on arrays and symbols.

Names are loaded on first use, so that importing this room costs neither scipy nor sympy.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
