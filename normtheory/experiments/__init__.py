"""Training runs: configuration in, arrays out, one module per document."""

import lazy_loader

_SURFACE = {
    "courses": ["course"],
    "live": ["digits_run"],
    "vcl.live": ["unit_run"],
    "vcl.live_law": ["law_run"],
    "race": ["learners"],
    "stored": ["show"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE)
