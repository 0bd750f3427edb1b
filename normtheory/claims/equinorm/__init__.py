"""Equilibrium normalization of weights (EquiNorm), Sec. 4 to 6: every statement that a derivation
or a count can decide."""

# in the order in which they are listed
CLAIMS = """
    zero-mean positive-sum gradient full-case figure1 expressivity single-pass output-scale
    young same-norm positive-inputs input-normalization denominator stride zero-padding
    batch-noise model-sizes group-size error-bars
"""
