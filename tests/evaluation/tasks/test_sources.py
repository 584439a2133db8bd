import gzip
import json
import os
from pathlib import Path

import pytest

from glotlift.evaluation.tasks.layouts import LAYOUTS
from glotlift.evaluation.tasks.sources import find, task_source, task_sources
from glotlift.evaluation.tasks.wording import wordings
from glotlift.runs.errors import GlotliftError

LINES = {
    "xcopa": {"premise": "The sun rose.", "choice1": "It got warm.", "choice2": "It got dark.",
              "question": "effect", "label": 0, "idx": 3},
    "exams": {"id": "a", "question": "2 + 2?", "choices": ["3", "4"], "answer": "B"},
    "nli": {"premise": "It rains.", "hypothesis": "It is wet.", "label": "e"},
    "sib200": {"id": 7, "label": "travel", "text": "We went by train."},
    "sentiment": {"text": "Good.", "label": "positive"},
    "mgsm": {"id": 0, "question": "1 + 1?", "answer": "2"},
    "ner": {"tokens": ["Ada", "sings"], "tags": ["B-PER", "O"]},
    "ifeval": {"key": 1, "prompt": "Sing!", "instruction_id_list": ["en:punctuation:no_comma"],
               "kwargs": [{}]},
}  # fmt: skip
REAL = {
    "xcopa": ("xcopa", "swh_Latn"), "exams": ("exams", "hrv_Latn"), "nli": ("ocnli", "zho_Hans"),
    "sib200": ("sib200", "swh_Latn"), "sentiment": ("afrisenti", "hau_Latn"),
    "xquad": ("xquad", "hin_Deva"), "mgsm": ("mgsm", "deu_Latn"),
    "ifeval": ("m_ifeval", "fra_Latn"), "xsid": ("xsid", "tur_Latn"),
    "injongo": ("injongo", "yor_Latn"),
    "ner": ("masakhaner2", "hau_Latn"), "conllu": ("ud", "mlt_Latn"),
    "afrimmlu": ("irokobench/afrimmlu", "swh_Latn"),
}  # fmt: skip
REAL_VECTORS = {"xquad-retrieval": ("xquad", "hin_Deva"), "bitext": ("ntrex", "fin_Latn")}
UNREAL = {"retrieval", "similarity"}  # layouts of which no real data is at hand


def write(path: Path, *rows: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row) + "\n" for row in rows)
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.parametrize("name", LINES)
def test_a_line_becomes_a_question(tmp_path, name):
    write(tmp_path / "eng_Latn.test.jsonl.gz", LINES[name])
    source = task_source(f"{name}:{tmp_path}")
    (row,) = source.rows("eng_Latn", 5)
    question = wordings(source.kind, "eng_Latn")[1].ask(row)
    assert row["language"] == "eng_Latn"
    assert row["id"].startswith(f"{tmp_path.name}/")
    if question.options:
        assert question.options[question.answer].strip() == question.right


def test_causes_and_effects_are_joined_in_their_language(tmp_path):
    write(tmp_path / "tur_Latn.test.jsonl", LINES["xcopa"] | {"premise": "Güneş doğdu."})
    (row,) = task_source(f"xcopa:{tmp_path}").rows("tur_Latn", 1)
    assert row["prompt"] == "Güneş doğdu bu yüzden"
    assert row["options"] == ["it got warm.", "it got dark."]


def test_a_second_file_is_joined(tmp_path):
    answers = [{"text": "red", "start": 4}]
    write(tmp_path / "eng_Latn.questions.jsonl",
          {"id": "q", "context_id": 1, "question": "Which?", "answers": answers})  # fmt: skip
    write(tmp_path / "eng_Latn.contexts.jsonl", {"context_id": 1, "text": "The red one."})
    (row,) = task_source(f"xquad:{tmp_path}").rows("eng_Latn", 1)
    assert row["context"][4:7] == row["answers"]["text"][0]


SENTENCE = """# sent_id = 1
1-2\tdu\t_\t_\t_\t_\t_\t_\t_\t_
1\tde\tde\tADP\t_\t_\t0\troot\t_\t_
2\tle\tle\tDET\t_\t_\t1\tdet\t_\t_

"""


def test_sentences_of_a_treebank_are_asked_for_their_tags(tmp_path):
    (tmp_path / "fra.dev.conllu").write_text(SENTENCE + SENTENCE)
    source = task_source(f"conllu:{tmp_path}")
    rows = source.rows("fra_Latn", 5)
    assert rows["id"] == [f"{tmp_path.name}/fra.dev.conllu/{number}" for number in range(2)]
    question = wordings(source.kind, "fra_Latn")[1].ask(rows[0])
    assert '["de", "le"]' in question.prompt
    assert question.right == '[["de", "ADP"], ["le", "DET"]]'


@pytest.mark.parametrize(
    ("line", "code"),
    [(b"1\tde\tADP\n", "GL-EVALUATION-148"), (b"1\td\xe9\n", "GL-EVALUATION-149")],
)
def test_a_line_that_is_no_line_of_a_treebank_is_named(line, code, tmp_path):
    path = tmp_path / "fra.dev.conllu"
    path.write_bytes(SENTENCE.encode() + line)
    with pytest.raises(GlotliftError, match=f"{path}, line 6") as error:
        task_source(f"conllu:{tmp_path}").rows("fra_Latn", 5)
    assert error.value.code == code


def test_files_are_found_by_any_code_of_the_language_and_by_split(tmp_path):
    for name in ("swa_Latn.test.jsonl", "de.valid.jsonl", "de.train.jsonl", "eng_Latn/dev.jsonl"):
        write(tmp_path / name, {})
    assert find(tmp_path, "swh_Latn", ("test",)).name == "swa_Latn.test.jsonl"
    assert find(tmp_path, "deu_Latn", ("test", "valid")).name == "de.valid.jsonl"
    assert find(tmp_path, "eng_Latn", ("dev",)).parent.name == "eng_Latn"
    with pytest.raises(GlotliftError) as error:
        find(tmp_path, "yor_Latn", ("test",))
    assert error.value.code == "GL-EVALUATION-032"


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("world:nothing", "GL-EVALUATION-030"),
        ("xcopa", "GL-EVALUATION-030"),
        ("strange:folder", "GL-EVALUATION-031"),
    ],
)
def test_addresses_that_name_no_task(address, code):
    with pytest.raises(GlotliftError) as error:
        task_source(address)
    assert error.value.code == code


def test_tasks_have_names_of_their_own(tmp_path):
    addresses = [f"nli:{tmp_path}/ocnli", f"nli:{tmp_path}/indonli/", "world:nli"]
    assert [source.name for source in task_sources(addresses)] == ["ocnli", "indonli", "nli"]
    assert task_source("sib200:Davlan/sib200").name == "sib200"
    with pytest.raises(GlotliftError) as error:
        task_sources([f"nli:{tmp_path}/a/nli", f"nli:{tmp_path}/b/nli"])
    assert error.value.code == "GL-EVALUATION-039"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ('{"premise": "a"}', "GL-EVALUATION-033"),
        ('{"premise": "a", "hypothesis": "b", "label": 9}', "GL-EVALUATION-033"),
        ("{not json", "GL-EVALUATION-034"),
        ("[1]", "GL-EVALUATION-033"),
    ],
)
def test_a_broken_line_is_named(tmp_path, line, code):
    good = json.dumps(LINES["nli"])
    (tmp_path / "eng_Latn.test.jsonl").write_text(f"{good}\n{line}\n")
    with pytest.raises(GlotliftError) as error:
        task_source(f"nli:{tmp_path}").rows("eng_Latn", 9)
    assert error.value.code == code
    assert "line 2" in str(error.value)


@pytest.mark.parametrize("name", REAL)
def test_real_files(name):
    root = os.environ.get("GLOTLIFT_DATA")
    if not root:
        pytest.skip("GLOTLIFT_DATA is not set")
    folder, code = REAL[name]
    source = task_source(f"{name}:{Path(root) / folder}")
    rows = source.rows(code, 20)
    assert len(rows) == 20
    for row in rows:
        question = wordings(source.kind, code)[0].ask(row)
        assert question.prompt
        assert question.right or source.kind == "instructions"


@pytest.mark.parametrize("name", REAL_VECTORS)
def test_real_files_of_texts_that_are_encoded(name):
    root = os.environ.get("GLOTLIFT_DATA")
    if not root:
        pytest.skip("GLOTLIFT_DATA is not set")
    folder, code = REAL_VECTORS[name]
    source = task_source(f"{name}:{Path(root) / folder}")
    rows = source.rows(code, 20)
    assert len(rows) == 20
    if source.kind == "bitext":
        assert all(row["text"] and row["source_text"] for row in rows)
    else:
        ids = set(source.documents(code, 20)["id"])
        assert all(set(row["relevant"]) <= ids for row in rows)


def test_every_layout_is_tried():
    assert LAYOUTS.keys() == {*REAL, *REAL_VECTORS, *UNREAL}


def test_similarities_of_any_scale_become_rows(tmp_path):
    write(tmp_path / "eng_Latn.test.jsonl",
          {"sentence1": "a", "sentence2": "b", "score": 4},
          {"sentence1": "c", "sentence2": "d", "similarity_score": 0.5})  # fmt: skip
    rows = task_source(f"similarity:{tmp_path}").rows("eng_Latn", 5)
    assert rows["degree"] == [4.0, 0.5]
    assert rows["source_text"] == ["a", "c"]


def test_a_document_without_an_id_is_refused(tmp_path):
    write(tmp_path / "eng_Latn.queries.jsonl", {"id": "1", "text": "who?", "relevant": ["a"]})
    write(tmp_path / "eng_Latn.corpus.jsonl", {"text": "somebody"})
    with pytest.raises(GlotliftError) as error:
        task_source(f"retrieval:{tmp_path}").documents("eng_Latn", 5)
    assert error.value.code == "GL-EVALUATION-101"


def test_few_rows_of_a_sorted_file_are_of_all_labels_and_the_same_in_parallel_files(tmp_path):
    labels = ["travel"] * 30 + ["sports"] * 30
    for code, order in (("eng_Latn", 1), ("deu_Latn", -1)):
        numbers = range(60)[::order]
        lines = [{"id": n, "label": labels[n], "text": f"{code} {n}"} for n in numbers]
        write(tmp_path / code / "test.jsonl", *lines)
    source = task_source(f"sib200:{tmp_path}")
    few, fewer = source.rows("eng_Latn", 20), source.rows("eng_Latn", 10)
    assert set(few["label"]) == {"travel", "sports"}
    assert set(fewer["id"]) < set(few["id"])
    assert sorted(few["id"]) == sorted(source.rows("deu_Latn", 20)["id"])
    places = [int(id.rpartition("/")[2]) for id in few["id"]]
    assert places == sorted(places)  # as the file has them
