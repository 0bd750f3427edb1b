"""Every explorer, made once: what a module asks of it leaves it as it was."""

import functools

import pytest

from normtheory import explorers


@functools.cache
def made(name):
    return getattr(explorers, name)()


@pytest.fixture(params=explorers.catalogue())
def explorer(request):
    return made(request.param)


@pytest.fixture(name="made")
def maker():
    return made
