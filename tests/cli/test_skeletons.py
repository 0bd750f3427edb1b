"""``normtheory explorer new`` and ``experiment new``, wrong IDs of all three commands, and the
worked examples of CONTRIBUTING."""

import ast
import importlib.util
import re
import shutil
from pathlib import Path

import pytest

from normtheory import cli
from normtheory.claims import ledger
from normtheory.cli import claim, experiment, explorer, skeleton
from normtheory.experiments.experiment import stack
from normtheory.experiments.findings import REPRODUCED
from normtheory.figures.picture import picture
from tests.refused import refuses

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
LISTS = {"explorers": "explorers/__init__.py", "experiments": "experiments/catalogue.py"}


@pytest.fixture
def clone(tmp_path):
    """What the two commands read of a clone: the rooms' folders and their lists."""
    names = ["tests/claims/ids.txt", *(f"normtheory/{name}" for name in LISTS.values())]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    for room in LISTS:
        for folder in (ROOT / "normtheory" / room).iterdir():
            if folder.is_dir():
                (tmp_path / "normtheory" / room / folder.name).mkdir()
    return tmp_path


def load(path):
    """The module in a file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def listing(clone, room):
    return load(clone / "normtheory" / LISTS[room])


def judged(entry):
    """The answers of an experiment at smoke scale, once each has refused its mutant; drawn, too."""
    scale = entry.scale("smoke")
    seeds = [
        entry.run(scale.configuration, seed, "cpu") for seed in range(entry.scale("toy").seeds)
    ]
    with picture(entry.size) as figure:
        entry.draw(figure, stack(seeds), entry.document)
        assert figure.axes[0].get_xlabel()
    for finding in entry.findings:
        assert finding.judge([finding.mutant(dict(each)) for each in seeds]).verdict != REPRODUCED
    return {j.finding.name: j.verdict for j in entry.judge(stack(seeds), "toy")}


@pytest.mark.parametrize(
    ("id", "module"),
    [
        ("selu.alpha-dropout", "selu/alpha_dropout"),
        ("weightnorm.mean-only", "weightnorm_mean_only"),
    ],
)
def test_an_explorers_skeleton_moves_and_fails_where_its_claim_does(id, module, clone):
    path = explorer.new(id, clone)
    assert path == clone / f"normtheory/explorers/{module}.py"
    made = getattr(load(path), path.stem)()
    shown = ledger.claim(id)
    assert [each.name for each in shown.parameters] == list(made.parameters)
    states = {made.standings(**at)[0][1] for at in made.presets.values()}
    assert ("fails" in states) == (shown.verdict != "holds")
    for parameter in made.parameters.values():
        low, high = parameter.typical or (0, 0)
        at = parameter.choices[-1] if parameter.choices else low + 0.9 * (high - low)
        at = round(at) if parameter.integer else at
        assert made.scene(**{parameter.name: at}).text != made.scene().text
    names = listing(clone, "explorers").catalogue()
    before = listing(ROOT, "explorers").catalogue()
    assert [name for name in names if name != path.stem] == before and path.stem in names
    refuses(ValueError, "ID must name a new module", explorer.new, id, clone)


@pytest.mark.parametrize(
    ("id", "module"),
    [("per.two-words", "per/two_words"), ("selu.9-lives", "selu_experiment_9_lives")],
)
def test_an_experiments_skeleton_runs_is_drawn_and_is_judged(id, module, clone):
    path = experiment.new(id, clone)
    assert path == clone / f"normtheory/experiments/{module}.py"
    (entry,) = load(path).EXPERIMENTS
    assert entry.id == id and judged(entry) == {"positive": REPRODUCED}
    catalogue = listing(clone, "experiments")
    dotted = module.replace("/", ".")
    assert catalogue._HOME[id] == f"normtheory.experiments.{dotted}"
    before = listing(ROOT, "experiments").ids()
    assert tuple(each for each in catalogue.ids() if each != id) == before
    refuses(ValueError, "ID must name a new module", experiment.new, id, clone)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (["explorer", "new", "vcl.no-such-claim"], "no claim is called"),
        (["explorer", "new", "vcl.phase-shift"], "ID must name a new"),
        (["explorer", "new", "adam.step"], "ID must be one of vcl,"),
        (["experiment", "new", "vcl.fig2"], "ID must be new"),
        (["experiment", "new", "vcl.Two"], "and a name like two-words"),
        (["experiment", "new", "vcl.unit"], "ID must name a new module"),
        (["claim", "new", "vcl.few-modes"], "ID must be new"),
        (["claim", "new", "adam.step"], "ID must be one of vcl,"),
        (["claim", "new", "vcl.Few_modes"], "and a name like two-words"),
        (["claim", "new", "vcl.tables"], "ID must name a new module"),
    ],
)
def test_an_id_that_cannot_be_is_one_line_and_writes_nothing(command, told, clone, capsys):
    rooms = [ROOT / "normtheory" / name for name in ("claims", *LISTS)]
    before = [sorted(room.rglob("*.py")) for room in rooms]
    assert cli.main(command) == 2
    err = capsys.readouterr().err
    assert told in err and err.count("\n") == 1
    assert [sorted(room.rglob("*.py")) for room in rooms] == before


def test_a_claim_without_parameters_has_no_sliders(clone):
    bare = next(each.id for each in ledger.claims() if not each.parameters)
    refuses(ValueError, "ID must be a claim with parameters", explorer.new, bare, clone)


@pytest.mark.parametrize("kind", [claim, explorer, experiment])
def test_without_a_clone_there_is_no_place_for_it(kind, tmp_path):
    refuses(ValueError, "is written into a clone", kind.new, "vcl.one-more", tmp_path)


def test_a_list_keeps_its_order_whatever_its_entries_look_like(tmp_path):
    path = tmp_path / "list.py"
    path.write_text('a = {\n    "vcl.a": (\n        "b",\n    ),\n    "per": ("c",),\n}\n')
    wanted = 'a = {\n    "vcl.a": (\n        "b",\n    ),\n    new\n    "per": ("c",),\n}\n'
    assert skeleton.listed(path, "vcl", "new") == wanted


def example(kind):
    """The filled-in module behind the line that shows the command, run."""
    ((command, text),) = re.findall(
        rf"`normtheory ({kind} new \S+)`, filled in[^:]*:\n\n```python\n(.*?)```", PAGE, re.DOTALL
    )
    names = {}
    exec(compile(text, f"CONTRIBUTING.md, {kind}", "exec"), names)
    return command.split()[-1], names


def test_the_worked_examples_of_contributing_do_what_they_say(monkeypatch):
    id, names = example("claim")
    mean = names["mean_of_n"]
    row = ledger.check(mean)
    assert id == mean.id and row.supported and len(row.sentences) == 1
    assert mean.standing(n=8) == ("holds", "a mean of 8 has 0.125 of a value's variance")
    everything = (*ledger.claims(), mean)
    monkeypatch.setattr(ledger, "claims", lambda document=None: everything)

    id, names = example("explorer")
    made = names["mean_of_n"]()
    assert [each.id for each in made.claims] == [id]
    assert made.scene(n=8).text == "A mean of 8 has 0.125 of the variance of one value."

    id, names = example("experiment")
    (entry,) = names["EXPERIMENTS"]
    assert entry.id == id and judged(entry) == {"slope": REPRODUCED}


def entries(text):
    """Keys and values of all dictionaries in a module's text."""
    found = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Dict)]
    pairs = (pair for node in found for pair in zip(node.keys, node.values, strict=True))
    return {(ast.unparse(key), ast.unparse(value)) for key, value in pairs if key}


@pytest.mark.parametrize("document", ledger.DOCUMENTS)
@pytest.mark.parametrize("name", LISTS.values())
def test_a_list_with_one_more_has_all_others_still(document, name):
    path = ROOT / "normtheory" / name
    after = entries(skeleton.listed(path, document, f'"{document}.new": ("one-more",),'))
    one_more = {(f"'{document}.new'", "('one-more',)")}
    assert after == entries(path.read_text("utf-8")) | one_more
