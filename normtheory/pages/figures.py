"""The figures page: every stored result as picture, findings and where it comes from."""

from pathlib import Path

from normtheory.experiments import catalogue, stored
from normtheory.experiments.stored import NothingStored

NONE = "figures must be a folder that normtheory figures wrote, got {}"


def held(directory=None):
    """The stored results by id, read whole.

    Parameters
    ----------
    directory : path, optional
        What ``normtheory figures`` wrote; by default the project's stored results.

    Returns
    -------
    dict of str to StoredFigure

    Raises
    ------
    ValueError
        If a result is damaged.
    """
    found = {id: stored.show(id, directory) for id in catalogue.ids()}
    return {id: each for id, each in found.items() if not isinstance(each, NothingStored)}


def write(folder, shown, pictures):
    """Write ``figures.md`` and its pictures.

    Parameters
    ----------
    folder : path
        Where to: one that holds no pictures yet.
    shown : dict of str to StoredFigure
        As `held`.
    pictures : iterable of bytes
        Of each its `picture`.
    """
    folder = Path(folder)
    (folder / "pictures").mkdir()
    parts = ["# Figures and findings\n"]
    for (id, figure), picture in zip(shown.items(), pictures, strict=True):
        name = f"pictures/{id}.png"
        (folder / name).write_bytes(picture)
        parts.append(section(figure, name))
    (folder / "figures.md").write_text("\n".join(parts), encoding="utf-8")


def picture(id, directory=None):
    """A stored result drawn, as the bytes of a PNG file."""
    return stored.show(id, directory).picture()


def section(figure, picture):
    """One result as Markdown, its picture in the file `picture`."""
    content = figure.content
    alt = figure.alt.replace("[", "(").replace("]", ")")
    return (
        f"({content['experiment']})=\n## {content['title']}\n\n"
        f"{content['says']} (`{content['experiment']}`)\n\n"
        f"![{alt}]({picture})\n\n{figure._repr_markdown_()}\n"
    )
