"""The catalogue: ids are unique and found, patterns match, wrong ones are met with the nearest."""

from importlib import import_module

from refused import refuses

from normtheory.experiments import catalogue


def test_every_id_is_defined_by_its_module_and_nothing_else_is():
    for module in set(catalogue._HOME.values()):
        defined = [entry.id for entry in import_module(module).EXPERIMENTS]
        assert defined == [id for id, home in catalogue._HOME.items() if home == module]


def test_patterns():
    assert catalogue.match([]) == catalogue.ids()
    assert catalogue.match(["vcl.fig2", "vcl.fig1"]) == ("vcl.fig1", "vcl.fig2")
    refuses(ValueError, r"got 'vlc\.fig2': did you mean vcl\.fig2", catalogue.match, ["vlc.fig2"])
    refuses(ValueError, r"got 'zzz\*'", catalogue.match, ["zzz*"])
    refuses(ValueError, "did you mean", catalogue.experiment, "vcl.fig")
