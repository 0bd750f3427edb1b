"""New theorems: results of the ledger that the documents do not state, as a page to cite."""

import tomllib
from importlib import resources

from normtheory.claims.coverage import place
from normtheory.claims.ledger import DOCUMENTS

FILE = "claims/theorems.toml"
_HEAD = """\
# New theorems

Results that the five documents do not state and that this suite derived. We have not found them in
print, without having searched systematically; some are a few lines from what is known. Each is a
claim's sentences, with the evidence that stands behind them: run it with `normtheory verify ID
--explain`. To cite one, name its number and title here, the version of the suite and
[CITATION.cff](../CITATION.cff). `normtheory verify --theorems docs/theorems.md` writes this page
from `normtheory/claims/theorems.toml`.
"""


def page(claims):
    """The page of new theorems.

    Parameters
    ----------
    claims : sequence of Claim

    Returns
    -------
    str
        Markdown: for each theorem its statement, and the steps of its proof.

    Raises
    ------
    ValueError
        For a theorem without a setting, one that names no claim, or a sentence that the claim
        does not have.
    """
    text = (resources.files("normtheory.claims") / "theorems.toml").read_text(encoding="utf-8")
    known = {claim.id: claim for claim in claims}
    parts = [_HEAD]
    for number, each in enumerate(tomllib.loads(text)["theorem"], 1):
        where = f"{FILE}, theorem {number} ({each['title']!r})"
        if each["claim"] not in known:
            raise ValueError(f"{where} names no claim: {each['claim']!r}")
        claim = known[each["claim"]]
        if "proof" in each:
            steps = [_named(claim, name, where) for name in each["proof"]]
        else:
            left = [_named(claim, name, where) for name in each.get("without", ())]
            steps = [s for s in claim.sentences if s.role == "derivation" and s not in left]
        statement = [_named(claim, name, where) for name in each["statement"]]
        if not each.get("setting"):
            raise ValueError(f"{where} needs a setting: what its letters are")
        lines = [f"*Setting:* {' '.join(each['setting'].split())}", ""]
        lines += [f"- {_told(sentence)}" for sentence in statement]
        lines += ["", "*Proof:*", ""] if steps else []
        lines += [f"{k}. {_told(sentence)}" for k, sentence in enumerate(steps, 1)]
        parts.append(
            f"## {number}. {each['title']}\n\nBeside {DOCUMENTS[claim.document]}, {claim.source}: "
            f"[`{claim.id}`]({place(claim)}), {claim.verdict}.\n\n" + "\n".join(lines) + "\n"
        )
    return "\n".join(parts)


def _named(claim, name, where):
    for sentence in claim.sentences:
        if sentence.name == name:
            return sentence
    raise ValueError(f"{where} names no sentence of {claim.id}: {name!r}")


def _told(sentence):
    return f"{sentence.text} [{sentence.kind}]"
