import json
import re

import pytest

from evidence.hostile import HOSTILE
from glotlift.evidence.samples import render_evaluation

EVIDENCE = {
    "kind": "evaluation",
    "config": {"model": "m", "formulations": 3},
    "tasks": [
        {"task": "nli", "language": "hin_Deva", "metric": "accuracy", "estimate": 0.5, "low": 0.4,
         "high": 0.6, "chance": 1 / 3, "rows": 20, "by_formulation": [0.4, 0.5, 0.6],
         "instructions": "hin"},
    ],
    "groups": [],
    "notes": [],
}  # fmt: skip
SAMPLE = {
    "id": "nli/1", "language": "hin_Deva", "task": "nli", "formulation": 0, "prompt": "p",
    "options": ["a", "b"], "scores": [-1.0, -2.0], "answer": "a", "right": "b", "score": 0.0,
    "notes": {},
}  # fmt: skip


def page_of(tmp_path, samples, **changed):
    folder = tmp_path / "samples"
    folder.mkdir(exist_ok=True)
    lines = "".join(json.dumps(sample) + "\n" for sample in samples)
    (folder / "nli.hin_Deva.0.jsonl").write_text(lines)
    render_evaluation(EVIDENCE | changed, folder, tmp_path / "report.html")
    return (tmp_path / "report.html").read_text(encoding="utf-8")


def data_of(page):
    return json.loads(re.search(r'id="samples">(.*?)</script>', page, re.DOTALL)[1])


def test_every_sample_is_on_the_page(tmp_path):
    page = page_of(tmp_path, [SAMPLE | {"id": f"nli/{n}"} for n in range(30)])
    data = data_of(page)
    assert data["id"] == [f"nli/{n}" for n in range(30)]
    assert data["scores"][0] == [-1.0, -2.0]
    assert {len(column) for column in data.values()} == {30}


def test_replies_are_on_the_page_with_the_ways_to_read_them(tmp_path):
    read = {
        "answered": 0.9, "accuracy of answered": 0.7125, "accuracy, first named": 0.65,
        "outcomes": {"exact": 0.5, "one": 0.4, "several": 0.1, "refusal": 0, "none": 0, "empty": 0},
    }  # fmt: skip
    reply = {"reply": "It is a.", "outcome": "one", "first": "a", "first is right": 0.0}
    tasks = [EVIDENCE["tasks"][0] | {"replies": read}]
    page = page_of(tmp_path, [SAMPLE | {"notes": reply, "scores": []}, SAMPLE], tasks=tasks)
    assert "0.71" in page
    assert data_of(page)["reply"] == ["It is a.", ""]
    assert "read in other ways" not in page_of(tmp_path, [SAMPLE])


def test_one_script_is_allowed_by_its_hash_and_nothing_is_fetched(tmp_path):
    page = page_of(tmp_path, [SAMPLE])
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)[1]
    assert "default-src 'none'" in policy.replace("&#39;", "'")
    assert "script-src 'sha256-" in policy.replace("&#39;", "'")
    assert page.count("<script") == 2
    assert not re.search(r'(src|href)="(?!data:|#)', page)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inert(tmp_path, text):
    sample = SAMPLE | {
        "prompt": text, "answer": text, "right": text, "id": text, "options": [text, "b"],
        "notes": {"reply": text, "outcome": "one"},
    }  # fmt: skip
    page = page_of(tmp_path, [sample], config={"model": text, "formulations": 3})
    assert page.count("<script") == 2
    assert page.count("</script") == 2
    assert not re.search(r"[\u202a-\u202e\u2066-\u2069\x00-\x08]", page)
    data_of(page)
    body = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.search(r"<[^>]+\son\w+=", body)
    assert "javascript:" not in re.sub(r">[^<]*<", "><", body)
