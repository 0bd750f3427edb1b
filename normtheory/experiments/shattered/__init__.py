"""Experiments of the note on "The Shattered Gradients Problem" (Balduzzi et al. 2017)."""
