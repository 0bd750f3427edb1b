"""``normtheory claim new``: one command, and the ledger has a claim more."""

import shutil
from pathlib import Path

import pytest
from ran import ran

from normtheory.cli.claim import new

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path):
    shutil.copytree(ROOT / "normtheory", tmp_path / "normtheory")
    (tmp_path / "tests/claims").mkdir(parents=True)
    shutil.copy(ROOT / "tests/claims/ids.txt", tmp_path / "tests/claims/ids.txt")
    return tmp_path


def test_a_new_claim_is_in_the_ledger_where_its_document_ends(clone):
    before = (clone / "tests/claims/ids.txt").read_text().split()
    for id, module in (("selu.two-words", "two_words"), ("vcl.9-lives", "claim_9_lives")):
        assert new(id, clone) == clone / f"normtheory/claims/{id.split('.')[0]}/{module}.py"
    lines = "from normtheory.claims import ledger; print(*[c.id for c in ledger.claims()])"
    lines += "; print(ledger.check(ledger.claim('vcl.9-lives')).supported)"
    *listed, supported = ran("-c", lines, cwd=clone, PYTHONPATH="").stdout.split()
    assert listed == (clone / "tests/claims/ids.txt").read_text().split()
    assert set(listed) - set(before) == {"selu.two-words", "vcl.9-lives"}
    assert listed[listed.index("selu.two-words") + 1].startswith("shattered.")
    assert supported == "True"
    for document, name in (("selu", "two-words"), ("vcl", "9-lives")):
        file = f"normtheory/claims/{document}/__init__.py"
        old, text = (ROOT / file).read_text(), (clone / file).read_text()
        # a word more at the end, and all but the last line as they were
        assert text.split() == [*old.split()[:-1], name, '"""']
        assert text.startswith("\n".join(old.splitlines()[:-2]))
        assert max(map(len, text.splitlines())) <= 100
