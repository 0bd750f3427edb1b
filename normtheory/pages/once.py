"""A Sphinx extension: what many pages have in common is computed once, not for each page."""

import functools


def setup(application):
    """What Sphinx calls: claims' pages share their list of pages, all pages the stems of words."""
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
    return {"parallel_read_safe": True, "parallel_write_safe": True}
