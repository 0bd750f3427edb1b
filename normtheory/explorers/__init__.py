"""Sliders on claims: claims and figures in, widgets out."""
