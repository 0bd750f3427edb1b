"""Pictures that the browser computes against Python's, over presets and random settings."""

import re
from pathlib import Path

import numpy as np
import pytest
from shown import made

from normtheory.claims.words import filled
from normtheory.explorers import controls, formula, wire

pytestmark = pytest.mark.browser
FOLDER = Path(formula.__file__).parent / "formulas"
TOPICS = {
    name: path.stem
    for path in sorted(FOLDER.glob("*.js"))
    if path.stem != "numbers"
    for name in re.findall(r"^export function (\w+)", path.read_text("utf-8"), re.MULTILINE)
}
CLOSE = 1e-8, 1e-9  # relative; what a fixed point that repels makes of a last bit
# one wrong constant, sign or exponent in each formula
MUTANTS = {
    "mixture_kurtosis_formula": ("+ 6 * (1 - 2 * p)", "+ 6 * (1 - 3 * p)"),
    "phase_shift": ("yy * gap[0] - xy * gap[1]", "yy * gap[0] + xy * gap[1]"),
    "sample_variance": ("(n - 3) / (n * (n - 1))", "(n - 2) / (n * (n - 1))"),
    "ratio_bound": ("1 - 3 * epsilon", "1 - 2 * epsilon"),
    "few_modes": ("moment(4) / moment(2) ** 2", "moment(4) / moment(2)"),
    "trained_loss": ("(3 * Math.sqrt(3)) / 16", "(3 * Math.sqrt(3)) / 8"),
    "moment_estimation": ("[1, -4, 6, -4, 1]", "[1, -4, 6, -4, 2]"),
    "batchnorm_noise": ("Math.sqrt(n / 2)", "Math.sqrt(n)"),
    "gradient_decay": ("branch * factor) / (1 + branch)", "branch * factor) / (2 + branch)"),
    "selu_moments": ("twice - 2 * once + below", "twice - once + below"),
    "lp_normalization": ("** (1 / p)", "** (1 / (2 * p))"),
    "projection_cost": ("(8 * b + 2)", "8 * b"),
    "weight_norm_cost": ("8 * fan_in + 5", "8 * fan_in + 4"),
    "fisher_blocks": ("spread ** (share - 0.5)", "spread ** (share - 0.4)"),
    "standardization_loss": ("mu ** 2 / 2", "mu ** 2"),
    "phase_map": ("- 6 * alpha * difference ** 2", "- 5 * alpha * difference ** 2"),
}
RUN = """async ([source, name, given, settings]) => {
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const found = (await import(address))[name];
  return settings.map((values) => {
    const { look = 0, arrays, labels = {}, text, standings } = found(values, given);
    const plain = ([key, value]) => [key, Array.isArray(value) ? value.map(String) : `${value}`];
    const entries = (named) => Object.fromEntries(Object.entries(named).map(plain));
    const told = ([name, numbers]) => [name, entries(numbers)];
    const drawn = Object.entries(arrays()).map(([key, array]) => plain([key, [...array]]));
    const answer = { look, labels, text: told(text()), standings: standings().map(told) };
    return { ...answer, arrays: Object.fromEntries(drawn) };
  });
}"""
FILLED = "([template, values]) => values.map((each) => modules.words.filled(template, each))"


# typed settings, for the cases that no slider reaches
TYPED = {
    "phase_shift": [{"gap_x": 5e-324}],
    "phase_map": [{"p": 1e-10, "sigma2": 1.1}],
    "mixture_kurtosis_formula": [{"p": 1e-10, "sigma2": 1.1}],
}


def settings(explorer, rng, random):
    """Presets, what is typed, every slider at its ends and its middle, and random ones."""
    found = list(explorer.presets.values())
    found += [{**explorer.values, **typed} for typed in TYPED.get(explorer.name, [])]
    for each in explorer.parameters.values():
        found += [{**explorer.values, each.name: stop} for stop in controls.milestones(each)]
    for _ in range(random):
        found.append({p.name: p.draw(rng) for p in explorer.parameters.values()})
    return found


def compare(page, explorer, source, random):
    """Raises AssertionError unless the browser's pictures are Python's, number by number."""
    wanted = settings(explorer, np.random.default_rng(0), random)
    given = explorer.spec["formula"]["given"]
    answers = page.evaluate(RUN, [source, explorer.name, given, wanted])
    looks = [explorer.scene(**values) for values in explorer.looks]
    for values, answer in zip(wanted, answers, strict=True):
        scene = explorer.scene(**values)
        look = looks[answer["look"]]
        assert wire.key(scene) == wire.key(look), f"the axes at {values}"
        for i, (panel, like) in enumerate(zip(scene.panels, look.panels, strict=True)):
            for j, (layer, known) in enumerate(zip(panel.layers, like.layers, strict=True)):
                label = answer["labels"].get(f"{i}.{j}", known.label)
                assert layer.look() == known.look() | {"label": label}, f"{i}.{j} at {values}"
        constant = look.arrays()
        for key, expected in scene.arrays().items():
            found = np.array(answer["arrays"].pop(key, constant[key]), float)
            message = f"{key} at {values}"
            np.testing.assert_allclose(found, expected, *CLOSE, err_msg=message)
        assert not answer["arrays"]
        said(answer["text"], explorer.formula.texts, scene.text, values)
        standings = zip(
            explorer.claims, answer["standings"], explorer.standings(**values), strict=True
        )
        for claim, found, (_, _, reason) in standings:
            said(found, claim.at.cases, reason, values)


def said(answer, templates, words, values):
    """Raises AssertionError unless a case's sentence and the numbers it prints are Python's."""
    name, numbers = answer
    assert templates[name] == words.template, values
    for key, expected in words.numbers.items():
        found = numbers.get(key, values.get(key))
        if isinstance(expected, str):
            assert found == expected, (key, values)
        else:
            message = f"{key} at {values}"
            np.testing.assert_allclose(float(found), float(expected), *CLOSE, err_msg=message)


@pytest.mark.parametrize("name", TOPICS)
@pytest.mark.parametrize("random", [8, pytest.param(200, marks=pytest.mark.slow)])
def test_the_browser_computes_pythons_picture(modules, name, random):
    explorer = made(name)
    assert explorer.formula.topic == TOPICS[name]
    compare(modules, explorer, formula.source(TOPICS[name]), random)


@pytest.mark.parametrize(
    "form", ["d", "s", "g", ".1g", ".3g", ".4g", "+.3g", ".0f", ".3f", ".2e", ".1%"]
)
def test_numbers_are_written_as_python_writes_them(modules, form):
    rng = np.random.default_rng(0)
    values = [0, 1, 2, -3, 10**6, 10**9, *rng.integers(-9999, 9999, 100).tolist()]
    if form not in ("d", "s"):
        # halves, which Python rounds to even, and every size
        values += [0.5, 1.5, 2.5, 0.125, 0.0625, 0.00015, 12345.5, 99999.5, -0.0005, 1e22]
        values += (rng.standard_normal(300) * 10.0 ** rng.integers(-9, 9, 300)).tolist()
    values = [str(v) for v in values] if form == "s" else values
    numbers = [{"x": value} for value in values]
    template = f"x = {{x:{form}}}"
    told = modules.evaluate(FILLED, [template, numbers])
    assert told == [filled(template, each) for each in numbers]


@pytest.mark.parametrize(
    "forms", [("g", ".1g"), (".3g", ".4g"), (".3f", ".3f"), (".0%", ".1f"), ("d", ".2e")]
)
def test_numbers_that_differ_get_the_digits_that_python_gives_them(modules, forms):
    template = "Eq. 3: {{x:{}}} against {{y:{}}}, of 3 at most".format(*forms)
    rng = np.random.default_rng(0)
    pairs = []
    for apart in 10.0 ** -np.arange(1, 16):
        for x in (3.0, 0.03, 5e-13, *rng.lognormal(0, 3, 20)):
            x = round(x) if "d" in forms else x
            pairs.append({"x": x, "y": x * (1 + apart)})
    told = modules.evaluate(FILLED, [template, pairs])
    assert told == [filled(template, each) for each in pairs]


@pytest.mark.parametrize("name", TOPICS)
def test_a_wrong_formula_is_rejected(modules, name):
    right, wrong = MUTANTS[name]
    source = formula.source(TOPICS[name])
    assert right in source
    explorer = made(name)
    with pytest.raises(AssertionError):
        compare(modules, explorer, source.replace(right, wrong), random=5)
