import json

import numpy as np
import pytest

from glotlift.clients import ScriptedModel
from glotlift.evaluation.tasks.running import EvaluateConfig, compare_runs, evaluate, run_scores
from glotlift.runs.errors import GlotliftError

TASKS = ["world:sentiment", "world:nli", "world:question_answering"]


class Counting(ScriptedModel):
    def __init__(self, **scripts):
        super().__init__(**scripts)
        self.asked = 0

    def score(self, contexts, continuations):
        self.asked += len(contexts)
        return super().score(contexts, continuations)


def client():
    return Counting(reply=lambda prompt: "x", likelihood=lambda c, o: float(len(o) % 3))


def config(**changed):
    languages = ["eng_Latn", "hin_Deva", "deu_Latn"]
    return EvaluateConfig(
        **{"model": "m", "tasks": TASKS, "languages": languages, "rows": 6} | changed
    )


def test_figures_by_task_language_and_group(tmp_path):
    found = evaluate(client(), config(), tmp_path)
    assert len(found["tasks"]) == 9
    first = found["tasks"][0]
    assert first["chance"] == pytest.approx(1 / 3)
    assert first["majority"] >= first["chance"]
    assert len(first["by_formulation"]) == 3
    assert first["estimate"] == pytest.approx(np.median(first["by_formulation"]))
    assert first["low"] <= first["estimate"] <= first["high"]
    names = {(g["task"], g["group"], g["name"]) for g in found["groups"]}
    assert ("sentiment", "all", "all languages") in names
    assert ("nli", "script", "Latn") in names
    json.dumps(found)


def test_what_is_there_is_not_asked_again(tmp_path):
    one, two = client(), client()
    first = evaluate(one, config(), tmp_path)
    (tmp_path / "samples" / "nli.hin_Deva.1.jsonl").unlink()
    assert evaluate(two, config(), tmp_path) == first
    assert 0 < two.asked < one.asked / 10


def test_every_sample_is_on_disk(tmp_path):
    evaluate(client(), config(), tmp_path)
    lines = [
        json.loads(line)
        for path in (tmp_path / "samples").iterdir()
        for line in path.read_text().splitlines()
    ]
    assert len(lines) == 3 * 3 * 3 * 6
    assert all(line["prompt"] and 0 <= line["score"] <= 1 for line in lines)


def test_a_language_that_a_task_lacks_is_left_out(tmp_path):
    (tmp_path / "eng_Latn.test.jsonl").write_text(
        '{"premise": "a", "hypothesis": "b", "label": "e"}\n' * 3
    )
    found = evaluate(
        client(),
        config(tasks=[f"nli:{tmp_path}"], languages=["eng_Latn", "yor_Latn"]),
        tmp_path / "run",
    )
    assert [row["language"] for row in found["tasks"]] == ["eng_Latn"]
    with pytest.raises(GlotliftError) as error:
        evaluate(
            client(), config(tasks=[f"nli:{tmp_path}"], languages=["yor_Latn"]), tmp_path / "b"
        )
    assert error.value.code == "GL-EVALUATION-037"


def test_two_runs_are_compared_row_by_row(tmp_path):
    evaluate(client(), config(), tmp_path / "a")
    other = Counting(reply=lambda _: "x", likelihood=lambda _, option: -float(len(option)))
    evaluate(other, config(rows=5), tmp_path / "b")
    before, after = run_scores(tmp_path / "a"), run_scores(tmp_path / "b")
    changes = compare_runs(before, after)
    assert {(c["task"], c["language"]) for c in changes} == before.keys()
    for change in changes:
        assert change["rows"] == 5
        assert change["estimate"] == pytest.approx(change["after"] - change["before"])
        assert 0 <= change["p_value"] <= 1
    assert all(c["estimate"] == 0 for c in compare_runs(before, before))


def test_runs_without_common_rows_are_not_compared():
    with pytest.raises(GlotliftError) as error:
        compare_runs({("a", "b"): {"1": 1.0, "2": 0.0}}, {("a", "c"): {"1": 1.0, "2": 0.0}})
    assert error.value.code == "GL-EVALUATION-038"
