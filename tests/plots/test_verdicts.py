"""The verdicts by section."""

import copy

from ptnotes.plots.pictures import picture
from ptnotes.plots.theme import drawn


def test_verdicts_by_section(documents):
    document = copy.deepcopy(documents["verify"])
    claims = document["result"]["claims"]
    claims[0]["verdict"], claims[1]["verdict"] = "fails", "error"
    (axes,) = drawn("light", picture, document).axes
    sections = [text.get_text() for text in axes.get_yticklabels()]
    assert sections == ["autograd", "losses"]
    bars = dict(zip(("holds", "corrected", "fails", "error"), axes.containers, strict=True))
    for verdict, container in bars.items():
        for section, bar in zip(sections, container, strict=True):
            counted = [
                claim
                for claim in claims
                if (claim["section"], claim["verdict"]) == (section, verdict)
            ]
            assert bar.get_width() == len(counted)
    ends = [bar.get_x() + bar.get_width() for bar in bars["error"]]
    assert ends == [sum(claim["section"] == each for claim in claims) for each in sections]
