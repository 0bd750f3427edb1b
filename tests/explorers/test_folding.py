"""Text that is folded away: all of it is there, and none of it is taken for HTML."""

from normtheory import explorers


def test_what_is_folded_is_the_text_of_the_sweep():
    sweep = explorers.phase_map().sweep()
    folded = sweep.folded()
    assert repr(folded) == repr(sweep)
    shown = folded._repr_html_()
    assert shown.startswith("<details><summary>Merge, separate, or neither?: ")
    assert f"{len(sweep.lines)} settings" in shown
    assert sweep.lines[-1][1] in shown


def test_text_is_no_html():
    shown = explorers.folded("a < b", "x <b>2</b>", 3)._repr_html_()
    assert "<summary>a &lt; b</summary>" in shown
    assert "x &lt;b&gt;2&lt;/b&gt;\n3</pre>" in shown
