"""A training run that was recorded: played and scrubbed where none can be trained."""

import numpy as np

from normtheory.claims.claim import Parameter
from normtheory.explorers.explorer import Explorer


def recording(run, **values):
    """What the project has recorded of a training run, with a slider for its step.

    Parameters
    ----------
    run : LiveRun
        Such as ``experiments.digits_run("none", "BN")``.
    **values
        Where the run starts, as for `watch`.

    Returns
    -------
    Explorer
    """
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
    explorer = Explorer(
        name="recording",
        title=f"Recorded training: {run.title.removeprefix('Training now: ')}",
        view=view,
        parameters=(
            Parameter.count(
                "step",
                "t",
                "training step, the last that was recorded by then",
                run.steps,
                (0, run.steps),
                (0, run.steps),
            ),
            *lists,
        ),
    )
    held = {name: v for name, v in settings[0].items() if name not in run.recorded}
    told = [run.what, f"{run.steps} steps", *(f"{name} = {v:g}" for name, v in held.items())]
    told += [f"{name} = {', '.join(map(str, each))}" for name, each in run.recorded.items()]
    note = f"Recorded before, not trained on this page: {'; '.join(told)}. A notebook trains anew."
    more = {"given": run.call, "note": note, "scrubbed": "step", "presets": {}}
    explorer.spec = {**explorer.spec, **more}
    return explorer


def _list(knob, choices):
    default = str(knob["default"])
    first = default if default in choices else choices[0]
    return Parameter(knob["name"], knob["symbol"], knob["meaning"], first, choices=tuple(choices))
