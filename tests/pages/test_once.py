"""What pages share is computed once, and no page differs for it."""

import pytest

from normtheory.pages import once, site

CLAIM = "---\norphan: true\n---\n\n# {0}\n\nSeveral {0} distributions, repeated.\n"


@pytest.fixture
def built(tmp_path, monkeypatch):
    """Builds a site of two pages and two claims; all its files, and how many lists were made."""
    from sphinx.builders.html import StandaloneHTMLBuilder

    monkeypatch.setattr("normtheory.cli.verify.cores", lambda: 1)
    make, made = StandaloneHTMLBuilder._get_local_toctree, []

    def count(builder, name, **look):
        made.append(name)
        return make(builder, name, **look)

    monkeypatch.setattr(StandaloneHTMLBuilder, "_get_local_toctree", count)
    source = tmp_path / "pages"
    (source / "claims").mkdir(parents=True)
    (source / "index.md").write_text("# All\n\n```{toctree}\nother\n```\n")
    (source / "other.md").write_text("# Other\n\n## Part\n\nRepeatedly.\n")
    for name in ("first", "second"):
        (source / "claims" / f"{name}.md").write_text(CLAIM.format(name))

    def call(name):
        made.clear()
        folder = tmp_path / name
        site._run_sphinx(source, folder, tmp_path / f"{name}-trees")
        files = [p for p in folder.rglob("*") if p.suffix in (".html", ".js") and p.is_file()]
        return {p.relative_to(folder): p.read_bytes() for p in files}, list(made)

    return call


def test_claims_share_their_list_and_every_page_is_the_same(built, monkeypatch):
    shared, made = built("shared")
    monkeypatch.setattr(once, "setup", lambda application: {"parallel_read_safe": True})
    apart, each = built("apart")
    assert shared == apart and len(shared) > 6
    assert sum(name.startswith("claims/") for name in made) == 1
    assert sum(name.startswith("claims/") for name in each) == 2


def test_no_batch_has_more_than_its_share_of_long_pages():
    long = [f"{kind}-{k}" for kind in ("reference", "lesson") for k in range(9)]
    names = [f"claims/{k}" for k in range(90)] + long
    pages = sorted(names)
    once._deal(None, None, names)
    assert sorted(names) == pages
    size = len(names) // once._BATCHES
    for start in range(0, len(names), size):
        batch = names[start : start + size]
        for kind in ("reference", "lesson"):
            assert 1 <= sum(name.startswith(kind) for name in batch) <= 2
