"""The static site: notebooks, ledger, errata and figures as pages without server or kernel.

Sphinx builds it. The pages name no other host and work from a file, from a server and below any
path. Formulas are set in the reader's browser as MathML, which needs no fonts of its own.
"""

import re
import shutil
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.util import find_spec
from pathlib import Path

import nbformat

from normtheory import __version__, experiments
from normtheory.claims import ledger, published
from normtheory.claims.errata import errata
from normtheory.experiments import advice
from normtheory.explorers import still, tables
from normtheory.pages import destination as place
from normtheory.pages import entries, once, reference, wall
from normtheory.pages import figures as figures_page

_STATIC = Path(__file__).parent / "static"
_BUILDERS = ("sphinx", "myst_nb", "sphinxcontrib.katex", "furo")
CONFIGURATION = {
    "project": "normtheory",
    "author": "the normtheory developers",
    "copyright": "the normtheory developers",
    "release": __version__,
    "extensions": ["myst_nb", "sphinxcontrib.katex", *reference.EXTENSIONS, once.__name__],
    "napoleon_google_docstring": False,
    "myst_enable_extensions": ["dollarmath", "amsmath"],
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "html_theme": "furo",
    "html_title": "normtheory",
    "html_static_path": [str(_STATIC)],
    "html_css_files": ["site.css"],
    "html_js_files": [(name, {"defer": "defer"}) for name in ("filter.js", "reach.js")],
    "html_favicon": str(_STATIC / "favicon.svg"),
    # a page opened from a file may not read other files for its summaries
    "html_show_search_summary": False,
    "html_copy_source": False,
    "katex_css_path": "katex-math.css",
    "katex_options": 'output: "mathml", throwOnError: false',
    # widgets come as explorers that need no library of other hosts
    "nb_mime_priority_overrides": [("html", "application/vnd.jupyter.widget-view+json", None)],
    "suppress_warnings": ["mystnb.unknown_mime_type", "myst.header"],
    "language": "en",
}

# the first page's explorer, and the one slider that it has there
FIRST = ("few_modes", "upper")

# where the atlas can be moved, to which the page of advice leads
_ATLAS = "11_side_by_side"

# what a notebook's variable stands for that an explorer shows
_GIVEN = {
    variable: partial(experiments.show, f"suite.{name}")
    for variable, name in (
        ("result", "side-by-side"),
        ("sizes", "batch-size"),
        ("maps", "atlas"),
        ("depths", "depths"),
        ("convolutions", "cnn"),
    )
}

_INDEX = """\
# normtheory

Take a theorem about normalizing or regularizing activations, move a slider until it breaks, and see
what is really true.

```{{raw}} html
{first}
```

## The claims

```{{raw}} html
{wall}
```

```{{toctree}}
:maxdepth: 1
:caption: Notebooks

{notebooks}
```

```{{toctree}}
:maxdepth: 1
:caption: Results

ledger
errata
figures
{more}
```
"""


def build(
    destination, *, notebooks, rows, figures=None, rooms=tuple(reference.ROOMS), address=None
):
    """Build the site, and return its first page. A former one stays as it is until the new one is
    whole.

    Parameters
    ----------
    destination : path
        Folder for the pages; made if missing, and refused if it holds anything but a former site.
    notebooks : path
        Folder with the notebooks, outputs stored.
    rows : mapping from id to Row, or callable
        What `ledger.verify` found for every claim; if it is called for them, other processes work
        at the explorers meanwhile.
    figures : path, optional
        Folder that ``normtheory figures`` wrote; by default the project's stored results.
    rooms : tuple of str
        Whose docstrings make up the reference.
    address : str, optional
        Where the site will stand, for citations and search engines: its folder's ``https`` address.
    """
    destination, notebooks = Path(destination), Path(notebooks)
    # the stored results are read once, when they become pages
    names = _check_pages(destination, notebooks, address)
    address = address and address.rstrip("/")
    with place.replaced(destination) as work:
        rows = _write_sources(work / "pages", notebooks, names, rows, figures, rooms, address)
        _run_sphinx(work / "pages", work / "site", work / "doctrees", address)
        text = published.text(ledger.claims(), rows)
        (work / "site" / "ledger.json").write_text(text, encoding="utf-8")
        shutil.copy(published.SCHEMA, work / "site")
    return destination / "index.html"


def check(destination, notebooks, figures=None, address=None):
    """Names of the notebooks in their order, or an error if the site cannot be built like this,
    with arguments as in `build`. Cheap, so that a caller can ask before it runs the claims'
    evidence.

    A ValueError says that there is no notebook, no result or a damaged one, that `destination`
    holds something else than a site or cannot be written, or that `address` is no web address; a
    ModuleNotFoundError that what builds the pages is not installed.
    """
    names = _check_pages(Path(destination), Path(notebooks), address)
    if not figures_page.held(figures):
        raise ValueError(figures_page.NONE.format(figures))
    return names


def _check_pages(destination, notebooks, address):
    names = sorted(p.stem for p in notebooks.glob("*.ipynb"))
    if not names:
        raise ValueError(f"notebooks must be a folder that holds notebooks, got {notebooks}")
    place.check(destination)
    if address is not None and not re.fullmatch(r"https?://[^\s?#\"<>]+", address):
        raise ValueError(f"address must be like https://name.github.io/project, got {address!r}")
    for name in _BUILDERS:
        if find_spec(name) is None:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    return names


def _write_sources(source, notebooks, names, rows, figures, rooms, address):
    """Write all pages; returns the ledger's rows."""
    (source / "claims").mkdir(parents=True)
    claims = ledger.claims()
    results = figures_page.held(figures)
    if not results:
        raise ValueError(figures_page.NONE.format(figures))
    read = {n: nbformat.read(notebooks / f"{n}.ipynb", as_version=4) for n in names}
    calls = [call for each in read.values() for _, call in still.shown(each, _GIVEN) if call]
    # an explorer's pictures take seconds, and there are forty: the longest first, and a figure,
    # which takes one, last; meanwhile other processes are at the ledger
    calls.sort(key=lambda call: call[0] not in tables.OWN)
    with ProcessPoolExecutor() as pool:
        living = {_key(*call): call for call in calls}
        living = {key: pool.submit(still.living, *call) for key, call in living.items()}
        drawn = pool.map(figures_page.draw, results, [figures] * len(results))
        try:
            rows = rows() if callable(rows) else rows
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
        seen = []
        for name, notebook in read.items():
            made = still.enliven(notebook, lambda *call: living[_key(*call)].result(), _GIVEN)
            nbformat.write(notebook, source / f"{name}.ipynb")
            seen += wall.seen(name, made)
        figures_page.write(source, results, drawn)
    places = wall.places(seen)
    pages = {}
    if _ATLAS in names and results.keys() >= set(advice.IDS):
        pages["what-to-use"] = advice.page(figures, "#{id}", f"{_ATLAS}.ipynb")
    more = [*pages, *(["reference"] if rooms else [])]
    pages |= {
        "ledger": wall.headed(entries.ledger_page(claims, rows), claims, places, "ledger"),
        "errata": wall.headed(errata(claims, rows), claims, places, "errata"),
        "index": _INDEX.format(
            first=still.alone(*FIRST),
            wall=wall.tiles(claims, places),
            notebooks="\n".join(names),
            more="\n".join(more),
        ),
        **{f"claims/{c.id}": entries.page(c, rows[c.id], places, address) for c in claims},
        **reference.pages(rooms),
    }
    for name, text in pages.items():
        (source / f"{name}.md").write_text(text, encoding="utf-8")
    return rows


def _key(name, args, values):
    return name, tuple(args), tuple(sorted(values.items()))


# what the theme leaves out for those who hear a page
_SPOKEN = {
    'class="caption" role="heading"': 'class="caption" role="heading" aria-level="2"',
    '<aside class="sidebar-drawer"': '<aside class="sidebar-drawer" aria-label="pages"',
    '<aside class="toc-drawer': '<aside aria-label="on this page" class="toc-drawer',
    '<th class="head"><p></p></th>': "<td></td>",
}


def _complete(site):
    """Name what a page's parts are where the theme does not."""
    for path in site.rglob("*.html"):
        text = path.read_text("utf-8")
        for found, spoken in _SPOKEN.items():
            text = text.replace(found, spoken)
        path.write_text(text, "utf-8")


def _run_sphinx(source, destination, doctrees, address=None):
    from sphinx.application import Sphinx
    from sphinx.util.docutils import docutils_namespace

    from normtheory.cli.verify import cores

    with docutils_namespace():
        application = Sphinx(
            srcdir=source,
            confdir=None,
            outdir=destination,
            doctreedir=doctrees,
            buildername="html",
            confoverrides=CONFIGURATION | {"html_baseurl": f"{address}/" if address else ""},
            warningiserror=True,
            status=None,
            parallel=cores(),
        )
        application.build()
    if application.statuscode:
        raise RuntimeError(f"the site in {destination} could not be built")
    _complete(destination)
