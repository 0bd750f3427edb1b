r"""The documents' LaTeX as MathML, which a browser sets without fonts, libraries or other hosts.

It knows what the claims use; `tests/explorers/test_told.py` sets every formula of the ledger.
The package latex2mathml leaves blackboard and script letters to an attribute that browsers' MathML
Core ignores, does not know `\arg`, and takes an open brace or an unknown command without a word.
"""

import html
import re
import unicodedata

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\s+|.", re.DOTALL)
_FORMULA = re.compile(r"\$([^$]+)\$")
_GREEK = """alpha beta gamma delta zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau
upsilon chi psi omega""".split()
_LETTERS = {
    name: unicodedata.lookup(f"GREEK SMALL LETTER {name.replace('bd', 'd')}") for name in _GREEK
}  # Unicode spells it lamda
_LETTERS |= {"varepsilon": "ε", "epsilon": "ϵ", "varphi": "φ", "phi": "ϕ"}
_LETTERS |= {"infty": "∞", "partial": "∂", "top": "⊤", "dots": "…", "cdots": "⋯", "ell": "ℓ"}
_UPRIGHT = {"Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Sigma": "Σ", "Phi": "Φ"}
_UPRIGHT |= {"Psi": "Ψ", "Omega": "Ω", "nabla": "∇"}
_FUNCTIONS = "log ln exp min max arg cos sin tan arccos arcsin arctan det sup inf lim".split()
_OPERATORS = {"leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠", "approx": "≈"}
_OPERATORS |= {"sim": "∼", "propto": "∝", "in": "∈", "to": "→", "mapsto": "↦", "perp": "⊥"}
_OPERATORS |= {"pm": "±", "times": "×", "cdot": "⋅", "otimes": "⊗", "sum": "∑", "prod": "∏"}
_OPERATORS |= {"int": "∫", "langle": "⟨", "rangle": "⟩", "lceil": "⌈", "rceil": "⌉", "|": "‖"}
_OPERATORS |= {"{": "{", "}": "}", "lVert": "‖", "rVert": "‖", "lvert": "|", "rvert": "|"}
_FENCES = set("()[]|‖⟨⟩⌈⌉{}")
_SPACES = {",": 0.17, ":": 0.22, ";": 0.28, " ": 0.25, "!": -0.17, "quad": 1.0, "qquad": 2.0}
_ACCENTS = {"bar": "¯", "overline": "¯", "hat": "^", "tilde": "~", "dot": "˙"}
_STYLES = {"mathbb": "DOUBLE-STRUCK", "mathcal": "SCRIPT", "mathbf": "BOLD"}
_LARGE = {"big", "Big", "bigl", "bigr", "Bigl", "Bigr", "left", "right"}


def page(text):
    """A text with LaTeX between dollar signs as HTML; ValueError for a command that it does not
    know, or a brace that is not closed.

    >>> page("Where $a<b$ & c")
    'Where <math><mi>a</mi><mo>&lt;</mo><mi>b</mi></math> &amp; c'
    """
    parts = _FORMULA.split(text)
    return "".join(mathml(p) if k % 2 else html.escape(p, quote=False) for k, p in enumerate(parts))


def mathml(tex):
    r"""A formula's LaTeX as a ``<math>`` element; raises as `page`.

    >>> mathml(r"\frac12x^2")
    '<math><mfrac><mn>1</mn><mn>2</mn></mfrac><msup><mi>x</mi><mrow><mn>2</mn></mrow></msup></math>'
    """
    return f"<math>{_row(_TOKEN.findall(tex), None, tex)}</math>"


def _row(tokens, stop, tex):
    """Everything up to the token `stop`, which is taken, too."""
    made = []
    while tokens and tokens[0] != stop:
        made.append(_scripted(tokens, tex))
    if stop is not None:
        if not tokens:
            raise ValueError(f"tex must close every brace, got {tex!r}")
        tokens.pop(0)
    return "".join(made)


def _scripted(tokens, tex):
    """One thing with what stands above and below it."""
    named = bool(tokens) and tokens[0][1:] in _FUNCTIONS
    base, low, high = _atom(tokens, tex), "", ""
    while tokens and tokens[0] in ("^", "_", "'"):
        mark = tokens.pop(0)
        if mark == "'":
            high += "<mo>′</mo>"
        elif mark == "^":
            high += _atom(tokens, tex, alone=True)
        else:
            low = _atom(tokens, tex, alone=True)
    if low and high:
        base = f"<msubsup>{base}{low}<mrow>{high}</mrow></msubsup>"
    elif low:
        base = f"<msub>{base}{low}</msub>"
    elif high:
        base = f"<msup>{base}<mrow>{high}</mrow></msup>"
    # a little room between a function and its argument
    return base + '<mspace width="0.17em"/>' if named else base


def _atom(tokens, tex, alone=False):
    """The next letter, number, command or group; `alone`, a number is one digit, as in TeX."""
    while tokens and tokens[0].isspace():
        tokens.pop(0)
    if not tokens:
        return ""
    token = tokens.pop(0)
    if token == "{":
        return f"<mrow>{_row(tokens, '}', tex)}</mrow>"
    if token[0] == "\\":
        return _command(token[1:], tokens, tex)
    if token.isdigit():
        while not alone and tokens and (tokens[0].isdigit() or _is_point(tokens)):
            token += tokens.pop(0)
        return f"<mn>{token}</mn>"
    return f"<mi>{token}</mi>" if token.isalpha() else _operator("−" if token == "-" else token)


def _is_point(tokens):
    return tokens[0] == "." and len(tokens) > 1 and tokens[1].isdigit()


def _operator(sign, stretches=False):
    fixed = ' stretchy="false"' if sign in _FENCES and not stretches else ""
    return f"<mo{fixed}>{html.escape(sign)}</mo>"


def _command(name, tokens, tex):
    if name in ("frac", "tfrac", "dfrac"):
        return f"<mfrac>{_atom(tokens, tex, True)}{_atom(tokens, tex, True)}</mfrac>"
    if name == "binom":
        both = _atom(tokens, tex, True) + _atom(tokens, tex, True)
        return f'<mrow><mo>(</mo><mfrac linethickness="0">{both}</mfrac><mo>)</mo></mrow>'
    if name == "sqrt":
        return f"<msqrt>{_atom(tokens, tex, True)}</msqrt>"
    if name in _ACCENTS:
        over = f"<mo>{_ACCENTS[name]}</mo>"
        return f'<mover accent="true">{_atom(tokens, tex, True)}{over}</mover>'
    if name in ("mathrm", "operatorname", "text"):
        tag = "<mtext>{}</mtext>" if name == "text" else '<mi mathvariant="normal">{}</mi>'
        return tag.format(html.escape(_plain(tokens)))
    if name in _STYLES:
        return f"<mi>{''.join(_styled(each, _STYLES[name]) for each in _plain(tokens))}</mi>"
    if name in _LARGE:
        fence = tokens.pop(0) if tokens else ""
        return _operator(_OPERATORS.get(fence[1:], fence) if fence[0] == "\\" else fence, True)
    if name in _SPACES:
        return f'<mspace width="{_SPACES[name]}em"/>'
    if name in _LETTERS:
        return f"<mi>{_LETTERS[name]}</mi>"
    if name in _UPRIGHT:
        return f'<mi mathvariant="normal">{_UPRIGHT[name]}</mi>'
    if name in _FUNCTIONS:
        return f"<mi>{name}</mi>"
    if name in _OPERATORS:
        return _operator(_OPERATORS[name])
    raise ValueError(f"tex must use commands that are known here, got \\{name} in {tex!r}")


def _plain(tokens):
    """The letters of an argument, with or without braces."""
    while tokens and tokens[0].isspace():
        tokens.pop(0)
    first = tokens.pop(0) if tokens else ""
    if first != "{":
        return first
    inside = []
    while tokens and tokens[0] != "}":
        inside.append(tokens.pop(0))
    if tokens:
        tokens.pop(0)
    return "".join(inside).replace("\\", "")


def _styled(letter, style):
    kind = "DIGIT" if letter.isdigit() else "CAPITAL" if letter.isupper() else "SMALL"
    last = unicodedata.name(letter).rpartition(" ")[2]
    try:
        return unicodedata.lookup(f"MATHEMATICAL {style} {kind} {last}")
    except KeyError:  # those that were there before the others
        return unicodedata.lookup(f"{style} {kind} {last}")
