from evidence.hostile import HOSTILE
from glotlift.evidence.probing import render_probe

ROW = {"measure": "tag accuracy", "language": "hin_Deva", "estimate": 0.5, "low": 0.4, "high": 0.6}
EVIDENCE = {
    "kind": "probe",
    "config": {"model": "m", "pivot": "eng_Latn"},
    "measures": {"tag accuracy": "share of words whose tag a linear probe names"},
    "means": [ROW | {"control": 0.2, "letters": None, "rows": 20}],
    "layers": [ROW | {"layer": 0}, ROW | {"layer": 1, "estimate": 0.75}],
    "web_text": [
        {"measure": "tag accuracy", "languages": 5, "estimate": 0.9, "low": 0.7, "high": 1}
    ],
    "notes": [],
}


def test_the_page_has_every_measure_layer_and_control(tmp_path):
    page = render_probe(EVIDENCE, tmp_path / "report.html").read_text(encoding="utf-8")
    for told in ("Tag accuracy", "Commonest tag", "Hindi", "0.75", "0.400 to 0.600", "FineWeb2"):
        assert told in page
    assert "style=" not in page.split("</style>")[1]


def test_what_a_user_named_stays_text(tmp_path):
    for text in HOSTILE:
        hostile = EVIDENCE | {"config": {"model": text, "pivot": "eng_Latn"}, "notes": [text]}
        page = render_probe(hostile, tmp_path / "report.html").read_text(encoding="utf-8")
        assert "<script>" not in page
