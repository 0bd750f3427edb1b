"""What the five documents say: claims, sentences with their checks, and the ledger of verdicts."""

import lazy_loader

_SURFACE = {
    "badge": ["STATES", "Standing"],
    "claim": ["Claim", "Parameter"],
    "sentence": ["Later"],
    "inspection": ["Inspection", "inspect_activations"],
    "recorded": ["read_activations"],
    "ledger": ["DOCUMENTS", "claims", "select", "verify"],
}

__getattr__, __dir__, __all__ = lazy_loader.attach(__name__, submod_attrs=_SURFACE)
