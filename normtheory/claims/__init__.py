"""What the five documents say: claims with evidence, and the ledger of verdicts."""

import lazy_loader

_SURFACE = {
    "claim": ["Claim", "Evidence", "Outcome", "Parameter", "Standing"],
    "ledger": ["DOCUMENTS", "claims", "select", "verify"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE)
