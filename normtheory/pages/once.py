"""A Sphinx extension: what many pages share is computed once, and no core waits for another."""

import functools

# into how many batches Sphinx divides the site's pages for two cores
_BATCHES = 6


def _deal(application, environment, names):
    """Deal out the pages, those that take longest first, so that no batch has more than its share
    of them and no core waits for another."""

    def place(name):
        return not name.startswith("reference"), name.startswith("claims/"), name

    names.sort(key=place)
    names[:] = [name for first in range(_BATCHES) for name in names[first::_BATCHES]]


def setup(application):
    """What Sphinx calls: claims' pages share their list of pages, all pages the words' stems."""
    from sphinx.search.en import SearchEnglish

    class English(SearchEnglish):
        stem = functools.cache(SearchEnglish.stem)

    application.add_search_language(English)
    lists = {}

    def share(application, name, template, context, doctree):
        if name.startswith("claims/"):  # all in one folder, and none of them in the list
            own = context["toctree"]

            def toctree(**look):
                key = tuple(look.items())
                if key not in lists:
                    lists[key] = own(**look)
                return lists[key]

            context["toctree"] = toctree

    application.connect("html-page-context", share, priority=400)  # before the theme asks
    application.connect("env-before-read-docs", _deal)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
