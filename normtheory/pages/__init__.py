"""Notebooks as pages for people who want no code: a live app, and a static site."""
