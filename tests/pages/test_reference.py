"""The reference has an entry for every public function and class, and its docstrings can be set."""

import pytest

from normtheory import nn, theory
from normtheory.pages import reference


@pytest.mark.parametrize("room", [theory, nn])
def test_everything_that_can_be_called_has_an_entry(room):
    name = room.__name__.rpartition(".")[2]
    page = reference.pages()[f"reference-{name}"]
    for each in room.__all__:
        thing = getattr(room, each)
        kind = "autoclass" if isinstance(thing, type) else "autofunction"
        assert (f"\n.. {kind}:: {room.__name__}.{each}\n" in page) == callable(thing), each


def test_without_torch_there_is_no_page_of_its_room(monkeypatch):
    monkeypatch.setattr(reference, "find_spec", lambda name: None)
    assert list(reference.pages()) == ["reference", "reference-theory"]


def test_bars_are_bars_but_in_code_and_examples():
    lines = ["E|x - Z| and `a|b` and :math:`|c|`", "    >>> print('|x|')"]
    reference._escape(None, "function", "f", None, {}, lines)
    assert lines == [r"E\|x - Z\| and `a|b` and :math:`|c|`", "    >>> print('|x|')"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:The mapping interface for autodoc")
def test_no_docstring_is_anything_that_sphinx_complains_about(tmp_path):
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    for name, text in reference.pages().items():
        (tmp_path / f"{name}.md").write_text(text)
    (tmp_path / "index.md").write_text("# Site\n\n```{toctree}\nreference\n```\n")
    settings = {"extensions": ["myst_nb", *reference.EXTENSIONS]}
    with docutils_namespace():
        application = Sphinx(
            srcdir=tmp_path,
            confdir=None,
            outdir=tmp_path / "html",
            doctreedir=tmp_path / "trees",
            buildername="html",
            confoverrides=settings,
            warningiserror=True,
            status=None,
        )
        application.build()
    text = (tmp_path / "html" / "reference-theory.html").read_text()
    assert "δ(|x| - δ/2) beyond" in text
