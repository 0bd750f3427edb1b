"""What all tests share: property tests have no deadline, since a loaded machine is no defect."""

from hypothesis import settings

settings.register_profile("normtheory", deadline=None)
settings.load_profile("normtheory")
