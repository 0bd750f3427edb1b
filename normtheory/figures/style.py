"""One style for every picture: few inks, colour-blind safe, legible at half size.

The same method has the same colour and dash everywhere. Colours are Okabe and Ito's.
"""

INKS = {
    "black": "#000000",
    "orange": "#E69F00",
    "sky": "#56B4E9",
    "green": "#009E73",
    "yellow": "#F0E442",
    "blue": "#0072B2",
    "vermilion": "#D55E00",
    "purple": "#CC79A7",
    "grey": "#7F7F7F",
}
NAMES = {code: name for name, code in INKS.items()}

# method -> (ink, matplotlib dash): two cues, so that no picture depends on colour alone
METHODS = {
    "none": (INKS["black"], "-"),
    "BN": (INKS["blue"], "-"),
    "GN": (INKS["sky"], "--"),
    "LN": (INKS["sky"], ":"),
    "VCL": (INKS["vermilion"], "-"),
    "PER": (INKS["green"], "-"),
    "standardization": (INKS["orange"], "-"),
    "EquiNorm": (INKS["purple"], "-"),
    "WN": (INKS["grey"], "--"),
    "SELU": (INKS["purple"], "--"),
}

# in every explorer: what a document prints, and what is true; nothing else there is orange
PRINTED = {"color": "orange", "dash": "--"}
TRUE = {"color": "blue", "dash": "-"}
PRINTED_POINT = {"color": "orange", "marker": "x"}
TRUE_POINT = {"color": "blue", "marker": "o"}

RC = {
    "figure.figsize": (6.4, 4.0),
    "figure.dpi": 100,
    "savefig.dpi": 200,
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": False,
    "lines.linewidth": 2.0,
    "legend.frameon": False,
    "svg.fonttype": "path",
    "svg.hashsalt": "normtheory",
    "path.simplify": True,
}

# text needs more contrast than a line (4.5 to 1 on the page), so light inks are darker in words
TEXT_INKS = INKS | {
    "orange": "#8A5F00",
    "sky": "#0F7C96",
    "green": "#00704F",
    "yellow": "#6F6800",
    "vermilion": "#B34F00",
    "purple": "#A34A7C",
    "grey": "#5F5F5F",
}

# the same hues on a dark page
DARK_INKS = INKS | {
    "black": "#E8E8E8",
    "blue": "#4FA8E0",
    "green": "#1FC08F",
    "vermilion": "#F07A2A",
    "grey": "#A6A6A6",
}
