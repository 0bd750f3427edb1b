"""Experiments of the suite itself: what a practitioner asks and no document answers."""
