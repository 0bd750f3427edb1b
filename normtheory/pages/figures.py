"""The figures page: every stored result as picture, findings and where it comes from; what was a
training run is played, too."""

from pathlib import Path

from normtheory.experiments import catalogue, courses, stored
from normtheory.experiments.stored import NothingStored
from normtheory.explorers import recording, still

NONE = "figures must be a folder that normtheory figures wrote, got {}"
_RAW = "```{{raw}} html\n{}\n```\n\n"


def held(directory=None):
    """The results stored in `directory`, or the project's own, by id and read whole; ValueError if
    one is damaged."""
    found = {id: stored.show(id, directory) for id in catalogue.ids()}
    return {id: each for id, each in found.items() if not isinstance(each, NothingStored)}


def write(folder, shown, drawn):
    """Write ``figures.md`` and its pictures into a folder that holds none yet: what is `shown`, as
    `held`, and of each what `draw` gave."""
    folder = Path(folder)
    (folder / "pictures").mkdir()
    parts, drawn = ["# Figures and findings\n"], list(drawn)
    for (id, figure), (picture, player) in zip(shown.items(), drawn, strict=True):
        name = f"pictures/{id}.png"
        (folder / name).write_bytes(picture)
        parts.append(section(figure, name, player))
    if any(player for _, player in drawn):
        parts.append(_RAW.format(still.assets([])))
    (folder / "figures.md").write_text("\n".join(parts), encoding="utf-8")


def draw(id, directory=None):
    """A stored result drawn, as the bytes of a PNG file, and what plays its training runs, as HTML,
    empty where the result has none."""
    runs = id in courses.COURSES
    player = still.embed(recording(courses.course(id, directory))) if runs else ""
    return stored.show(id, directory).picture(), player


def section(figure, picture, player=""):
    """One result as Markdown, its picture in the file `picture`, and what plays it."""
    content = figure.content
    alt = figure.alt.replace("[", "(").replace("]", ")")
    return (
        f"({content['experiment']})=\n## {content['title']}\n\n"
        f"{content['says']} (`{content['experiment']}`)\n\n"
        f"![{alt}]({picture})\n\n{player and _RAW.format(player)}{figure._repr_markdown_()}\n"
    )
