"""The claims' words on an explorer: who says what, what is true, and their formulas as MathML."""

import xml.etree.ElementTree as ElementTree

import pytest

from normtheory.claims import ledger
from normtheory.explorers.mathml import mathml, page
from normtheory.explorers.told import speaker, told

CLAIMS = ledger.claims()


def plain(html):
    """The words of a sentence, and its formulas' letters one after the other."""
    return "".join(ElementTree.fromstring(f"<p>{html}</p>").itertext())


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda c: c.id)
def test_a_claim_is_told_in_its_own_words(claim):
    found = told(claim)
    assert plain(found["speaker"]).endswith((" says", " say"))
    sentences = [html for _, rows in found["entry"] for html, _ in rows]
    assert len(sentences) == len(claim.sentences) and found["truth"] in sentences
    for html, text in [(found["says"], claim.says), *zip(sentences, _by_role(claim), strict=True)]:
        # what is no formula stands there to the letter
        for words in text.split("$")[::2]:
            assert words in plain(html)
        assert html.count("<math>") == text.count("$") // 2
        assert "$" not in html and "\\" not in plain(html)


def _by_role(claim):
    order = ("shown", "counterexample", "amendment", "reason", "range", "derivation")
    return [s.text for role in order for s in claim.sentences if s.role == role]


def test_who_says_it_is_a_sentences_beginning():
    said = {claim.id: speaker(claim) for claim in CLAIMS}
    for id, words in {
        "vcl.phase-shift": "Theorem 2 says",
        "vcl.ratio-bound-kurtosis": "The text after Theorem 3 says",
        "vcl.batchnorm-approximation": "Eq. 18-19 say",
        "vcl.moment-estimation": "The end of Sec. 2.2 says",
        "stdloss.inference-free": "The abstract says",
        "weightnorm.cost": "The notes “Weight Normalization” say",
    }.items():
        assert said[id] == words


@pytest.mark.parametrize(
    ("tex", "made"),
    [
        (r"x_1^2", "<msubsup><mi>x</mi><mn>1</mn><mrow><mn>2</mn></mrow></msubsup>"),
        (r"3.14", "<mn>3.14</mn>"),
        (r"2, 3.", "<mn>2</mn><mo>,</mo><mn>3</mn><mo>.</mo>"),
        (r"\sqrt\pi", "<msqrt><mi>π</mi></msqrt>"),
        (r"\mathbb EX", "<mi>𝔼</mi><mi>X</mi>"),
        (
            r"\mathcal{L}_{per}",
            "<msub><mi>ℒ</mi><mrow><mi>p</mi><mi>e</mi><mi>r</mi></mrow></msub>",
        ),
        (r"f'", "<msup><mi>f</mi><mrow><mo>′</mo></mrow></msup>"),
        (r"\big(x\big)", "<mo>(</mo><mi>x</mi><mo>)</mo>"),
        (r"-(a)", '<mo>−</mo><mo stretchy="false">(</mo><mi>a</mi><mo stretchy="false">)</mo>'),
        (r"\min_k k", '<msub><mi>min</mi><mi>k</mi></msub><mspace width="0.17em"/><mi>k</mi>'),
    ],
)
def test_a_formula_is_set_as_tex_reads_it(tex, made):
    assert mathml(tex) == f"<math>{made}</math>"


@pytest.mark.parametrize("tex", [r"\nosuch", "{x", r"\frac{1"])
def test_what_cannot_be_set_is_refused(tex):
    with pytest.raises(ValueError, match="tex must"):
        page(f"Where ${tex}$.")
