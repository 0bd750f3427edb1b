"""A training run that was recorded: played and scrubbed where none can be trained."""

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer


def recording(run, **values):
    """What the project has recorded of a training run, with a slider for its step.

    Parameters
    ----------
    run : LiveRun or Course
        Such as ``experiments.digits_run("none", "BN")`` or ``experiments.course("equinorm.fig2")``.
    **values
        Where the run starts, as for `watch`, and where the recording's own sliders do.
    """
    own = {name: values.pop(name) for name in {*run.recorded, "step", "drawn"} & values.keys()}
    settings, courses = run.recordings(**values)
    varied = [knob for knob in run.knobs if knob["name"] in run.recorded]
    named = {tuple(f"{each[k]}" for k in run.recorded): k for k, each in enumerate(settings)}

    def view(step, drawn=None, **chosen):
        number = named[tuple(chosen[name] for name in run.recorded)]
        course = courses[number]
        count = np.searchsorted(course["step"], step, side="right")
        found = {name: array[:count] for name, array in course.items()}
        more = {"drawn": drawn} if run.parts else {}
        return run.draw(found, run.steps, **settings[number], **more)

    lists = [_list(knob, [f"{each}" for each in run.recorded[knob["name"]]]) for knob in varied]
    if run.parts:
        lists.append(Parameter("drawn", "m", "what is drawn", run.parts[0], choices=run.parts))
    first = int(courses[0]["step"][0])
    explorer = Explorer(
        name="recording",
        title=f"Recorded training: {run.title.removeprefix('Training now: ')}",
        view=view,
        parameters=(
            Parameter.count(
                "step",
                "t",
                f"training {run.clock}, the last that was recorded by then",
                run.steps,
                (first, run.steps),
                (first, run.steps),
            ),
            *lists,
        ),
        values={name: v if name == "step" else f"{v}" for name, v in own.items()},
    )
    held = {name: v for name, v in settings[0].items() if name not in run.recorded}
    told = [run.what, f"{run.steps} {run.clock}s", *(f"{name} = {v:g}" for name, v in held.items())]
    told += [f"{name} = {', '.join(map(str, each))}" for name, each in run.recorded.items()]
    note = f"Recorded before, not trained on this page: {'; '.join(told)}. {run.again}"
    given = ", ".join([run.call, *(f"{name}={value!r}" for name, value in values.items())])
    more = {"given": given, "place": run.place, "note": note, "scrubbed": "step"}
    explorer.spec = {**explorer.spec, **more, "presets": {}}
    return explorer


def _list(knob, choices):
    default = str(knob["default"])
    first = default if default in choices else choices[0]
    return Parameter(knob["name"], knob["symbol"], knob["meaning"], first, choices=tuple(choices))
