"""Stored results in a notebook: picture, findings and provenance, without running anything."""

import json

import numpy as np
import pytest
from refused import refuses

from normtheory import experiments
from normtheory.experiments import report, stored
from normtheory.experiments.catalogue import experiment, ids
from normtheory.experiments.report import stored_path

ID = "vcl.fig2"
COPIED = (ID,)
RECORD = json.loads(report.stored_path(ID).read_text(encoding="utf-8"))


def test_the_text_tells_every_finding_with_its_numbers():
    text = repr(experiments.show(ID))
    assert RECORD["caption"] in text
    assert f"{len(RECORD['seeds'])} seeds" in text
    for finding in RECORD["findings"]:
        low, high = finding["interval"]
        line = f"{finding['quantity']}: {finding['value']:.3g} degrees [{low:.3g}, {high:.3g}]"
        assert f": {finding['sentence']}\n    {line}\n" in text
        assert f"\n{finding['verdict']}" in text
    assert "earlier configuration" not in text


def test_text_and_table_say_what_stands_in_the_record(copied, rewrite):
    first, *others = RECORD["findings"]
    first = {**first, "value": 12.25, "document": 11.5, "sentence": "a | b * c"}
    rewrite(copied / f"{ID}.json", findings=[first, *others])
    shown = experiments.show(ID, copied)
    assert ": 12.2 degrees [" in repr(shown)
    assert "(document: 11.5)" in repr(shown)
    assert r"| a \| b \* c |" in shown._repr_markdown_()
    assert "| 11.5 |" in shown._repr_markdown_()


def test_results_of_another_configuration_say_so(copied, rewrite):
    rewrite(copied / f"{ID}.json", fingerprint="0" * 16)
    assert "of an earlier configuration" in repr(experiments.show(ID, copied))


def test_a_notebook_gets_the_picture_with_words_for_it_and_the_table(monkeypatch):
    calls = []
    monkeypatch.setattr("IPython.display.display", lambda *given, **how: calls.append((given, how)))
    experiments.show(ID)._ipython_display_()
    (((picture,), how), ((table,), _)) = calls
    assert picture["image/png"].startswith(b"\x89PNG")
    assert how["metadata"]["image/png"]["alt"] == picture["text/plain"]
    assert experiment(ID).says in picture["text/plain"]
    assert table["text/markdown"].count("| **reproduced** |") == sum(
        finding["verdict"] == "reproduced" for finding in RECORD["findings"]
    )


def test_the_picture_is_drawn_from_the_stored_arrays():
    shown = experiments.show(ID)
    assert shown.picture(dpi=40) == experiments.show(ID).picture(dpi=40)
    shown.arrays["counts"] = np.zeros_like(shown.arrays["counts"])
    assert shown.picture(dpi=40) != experiments.show(ID).picture(dpi=40)


def test_without_a_result_one_sentence_names_the_command(tmp_path):
    text = repr(experiments.show(ID, tmp_path))
    assert text.startswith(f"Nothing is stored for {ID}")
    assert f"normtheory figures {ID} --scale toy" in text
    refuses(ValueError, f"nothing is stored for {ID}", stored.arrays, ID, tmp_path)


@pytest.mark.parametrize("id", ["vlc.fig2", "vcl.*"])
def test_a_wrong_id_is_refused(id):
    refuses(ValueError, "id must name", experiments.show, id)


def test_what_differs_from_the_documents_figures_is_not_called_its_own_scale():
    said = {id: "\n".join(stored.show(id).setting()) for id in ids() if stored_path(id).exists()}
    own = {id for id, text in said.items() if "the document's own" in text}
    assert "per.fig3" in own and "vcl.table1" not in own
    for id in own:
        rows = [row.split(" | ") for row in said[id].splitlines() if row.startswith("| ")][1:]
        assert all(document == "not stated" for _, document, _ in rows), id
