import csv
import gzip
import json
import os
import random
from pathlib import Path

import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.corpus import Ledger
from glotlift.corpus.protection.contamination import EvaluationIndex
from glotlift.corpus.protection.contamination_grams import LETTERS, WIDE, hash_run, runs, text_batch
from glotlift.corpus.protection.decontamination import decontaminate, write_index
from glotlift.corpus.protection.evaluation_sets import read_evaluation_sets
from glotlift.corpus.protection.overlaps import Overlap, remove_overlaps
from glotlift.runs.errors import GlotliftError

QUESTIONS = {
    "eng": "Which river did the second expedition cross before the winter of the great frost?",
    "fra": "Combien de wagons le convoi avait-il perdus avant d’arriver à la frontière ?",
    "hin": "दूसरे अभियान ने किस नदी को पार किया था और उसका कारण क्या था?",
    "zho": "第二次探险队在冬天之前渡过了哪条河？",
    "tha": "คณะสำรวจชุดที่สองข้ามแม่น้ำสายใดก่อนฤดูหนาวอันยาวนาน",
    "arb": "أي نهر عبرته البعثة الثانية قبل شتاء الصقيع العظيم؟",
}
SHORT = "Kereta itu melambat."


def rows_of(texts, name="set"):
    return [(name, str(number), text) for number, text in enumerate(texts)]


def clean(language, rows, seed=0):
    return world.documents(language, rows, seed=seed)["text"][:]


@pytest.fixture(scope="module")
def index():
    return EvaluationIndex.build(rows_of([*QUESTIONS.values(), SHORT]))


@pytest.mark.parametrize("question", [*QUESTIONS.values(), SHORT])
def test_a_whole_copy_is_found_in_its_place(index, question):
    before, after = "Some text here.\n", " And more of it.\nThe end."
    [[found]] = index.find([before + question + after])
    assert found.share == 1.0
    assert (before + question + after)[found.start : found.end] == question
    assert remove_overlaps(before + question + after, [found]) == before + after.lstrip()


def test_every_copy_is_found(index):
    [found] = index.find([f"{SHORT} And again: {SHORT} {QUESTIONS['eng']} {QUESTIONS['eng']}"])
    assert [one.id for one in found] == ["6", "6", "0", "0"]


def test_case_spaces_and_punctuation_do_not_hide_a_copy(index):
    disguised = QUESTIONS["eng"].upper().replace(" ", "  ").replace("?", " !")
    assert [len(found) for found in index.find([disguised])] == [1]


@pytest.mark.parametrize("question", [QUESTIONS[code] for code in ("eng", "fra", "arb", "hin")])
def test_an_edited_copy_is_found_and_a_third_of_one_is_not(index, question):
    words = question.split()
    edited = [*words[:6], "xyzzy", *words[7:]]
    [[found]] = index.find(["Before. " + " ".join(edited) + " After."])
    assert 0.5 <= found.share < 1
    assert index.find([" ".join(words[: len(words) // 3])]) == [[]]


def test_a_short_item_counts_only_whole_and_as_words(index):
    assert index.find(["Lalu kereta itu melambat, katanya."])[0]
    assert index.find(["Lalu kereta itu melambatkan laju.", "Kereta itu cepat melambat."]) == [
        [],
        [],
    ]


def test_short_and_common_texts_are_not_looked_for():
    label = "science and technology"
    rows = rows_of(["Yes.", "42", "the river", *[label] * 3, *QUESTIONS.values()])
    index = EvaluationIndex.build(rows)
    assert index.count() == {"set": len(QUESTIONS)}
    assert index.left_out == {"set": 6}
    assert index.find([f"About {label} and the river. Yes."]) == [[]]
    with pytest.raises(GlotliftError, match="GL-CORPUS-057"):
        EvaluationIndex.build(rows_of(["Yes.", "42"]))


@pytest.mark.parametrize(
    ("text", "telling"),
    [
        ("Nilisukuma mlango.", True),
        ("Nilisukuma mlango", False),
        ("Ero furioso.", False),
        ("谁演唱了国歌？", False),
        ("谁带领黑豹队擒杀？", True),
        ("黑豹队的人", False),
        ("1234 5678 9012 3456.", False),
    ],
)
def test_a_sentence_may_be_shorter_than_a_phrase(text, telling):
    assert text_batch([text]).is_telling(0) == telling


def test_what_ordinary_texts_say_too_is_no_sign():
    rows = rows_of(["All of the above.", QUESTIONS["eng"]])
    assert EvaluationIndex.build(rows).find(["Now all of the above is true."])[0]
    index = EvaluationIndex.build(rows, ordinary=["We did all of the above twice."])
    assert index.find(["Now all of the above is true."]) == [[]]
    assert index.count() == {"set": 1}
    assert index.left_out == {"set": 1}
    assert index.find([QUESTIONS["eng"]])[0]


@pytest.mark.parametrize("language", ["eng_Latn", "zho_Hans", "arb_Arab", "hin_Deva"])
def test_documents_with_items_are_found_and_no_others(language):
    questions = world.documents(language, 40, seed=9, sentences=2)["text"][:]
    index = EvaluationIndex.build(rows_of(questions))
    texts = clean("swh_Latn", 40) + [f"Habari.\n{question}\nMwisho." for question in questions]
    found = index.find(texts)
    assert [bool(overlaps) for overlaps in found] == [False] * 40 + [True] * 40


def test_of_overlaps_in_one_place_the_surest_stays():
    other = QUESTIONS["eng"].replace("great frost", "great flood")
    index = EvaluationIndex.build(rows_of([QUESTIONS["eng"], other]))
    [[found]] = index.find([f"So: {other}"])
    assert (found.id, found.share) == ("1", 1.0)


def test_batches_do_not_change_what_is_found(index, monkeypatch):
    texts = [*QUESTIONS.values(), *clean("eng_Latn", 20), SHORT]
    together = index.find(texts)
    monkeypatch.setattr("glotlift.corpus.protection.contamination.BATCH_CHARACTERS", 1)
    assert index.find(texts) == together == [index.find([text])[0] for text in texts]
    assert index.find([]) == []
    assert index.find(["", " "]) == [[], []]


def test_an_index_comes_back_from_its_file(index, tmp_path):
    index.save(tmp_path / "index.npz")
    again = EvaluationIndex.load(tmp_path / "index.npz")
    texts = [*QUESTIONS.values(), SHORT]
    assert again.find(texts) == index.find(texts)
    assert again.count() == index.count()
    assert [path.name for path in tmp_path.iterdir()] == ["index.npz"]
    assert QUESTIONS["eng"].encode() not in (tmp_path / "index.npz").read_bytes()
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04")
    with pytest.raises(GlotliftError, match="GL-CORPUS-058"):
        EvaluationIndex.load(tmp_path / "broken.npz")


@given(st.lists(st.text(alphabet="abc 語言한é१२.", max_size=40), max_size=6))
@settings(deadline=None)
def test_runs_are_those_of_each_text_alone(texts):
    batch = text_batch(texts)
    for length in (LETTERS, WIDE):
        begins, hashes = runs(batch, length)
        for begin, value in zip(begins, hashes, strict=True):
            assert hash_run(batch.codes[begin : begin + length]) == value
        alone = [runs(text_batch([text]), length)[1] for text in texts]
        assert list(hashes) == [value for values in alone for value in values]


@given(st.text(alphabet="ab \n", max_size=60), st.data())
@settings(deadline=None)
def test_what_is_no_overlap_stays(text, data):
    places = data.draw(st.lists(st.integers(0, len(text)), max_size=6).map(sorted))
    overlaps = [
        Overlap(start, end, "set", "0", 1.0)
        for start, end in zip(places[::2], places[1::2], strict=False)
    ]
    kept = "".join(
        sign
        for place, sign in enumerate(text)
        if not any(one.start <= place < one.end for one in overlaps)
    )
    left = remove_overlaps(text, overlaps)
    assert left.replace(" ", "").replace("\n", "") == kept.replace(" ", "").replace("\n", "")
    assert remove_overlaps(text, []) == text


def test_a_line_goes_with_the_overlap_that_filled_it():
    text = "one\n  two three\nfour"
    assert remove_overlaps(text, [Overlap(6, 15, "s", "0", 1.0)]) == "one\nfour"
    assert remove_overlaps(text, [Overlap(16, 20, "s", "0", 1.0)]) == "one\n  two three"
    assert remove_overlaps(text, [Overlap(6, 9, "s", "0", 1.0)]) == "one\n  three\nfour"


def test_sets_are_read_from_files_of_every_shape(tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder = tmp_path / "sets"
    folder.mkdir()
    row = {
        "id": "q7",
        "question": QUESTIONS["eng"],
        "answer": "the Volga",
        "options": ["a b", "c d"],
    }
    (folder / "a.jsonl").write_text(json.dumps(row) + "\n")
    (folder / "b.jsonl.gz").write_bytes(gzip.compress((json.dumps(row) + "\n").encode()))
    (folder / "c.json").write_text(json.dumps({"data": [row]}))
    with (folder / "d.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["id", "question"])
        writer.writeheader()
        writer.writerow({"id": "q7", "question": QUESTIONS["fra"] + '\n"and more"'})
    pq.write_table(pa.table({"question": [QUESTIONS["zho"]]}), folder / "e.parquet")
    (folder / "f.txt").write_text(QUESTIONS["hin"] + "\n\n")
    (folder / "README.txt").write_text("What this is.")
    rows = list(read_evaluation_sets([folder]))
    assert [row.set for row in rows] == [f"sets/{name}" for name in sorted(os.listdir(folder))[1:]]
    assert [row.id for row in rows] == ["q7"] * 4 + ["0"] * 2
    assert rows[0].text == QUESTIONS["eng"]
    assert rows[3].text.endswith('\n"and more"')
    only = read_evaluation_sets([folder / "a.jsonl"], fields=["answer"])
    assert [row.text for row in only] == ["the Volga"]


def test_sets_that_are_not_there_or_broken_are_refused(tmp_path):
    with pytest.raises(GlotliftError, match="GL-CORPUS-059"):
        list(read_evaluation_sets([tmp_path]))
    (tmp_path / "a.jsonl").write_text("{broken\n")
    with pytest.raises(GlotliftError, match="GL-CORPUS-060"):
        list(read_evaluation_sets([tmp_path]))


def corpus(texts):
    return Dataset.from_dict(
        {
            "id": [str(number) for number in range(len(texts))],
            "language": ["eng_Latn"] * len(texts),
            "text": texts,
            "source": ["made"] * len(texts),
            "license": ["CC0-1.0"] * len(texts),
        }
    )


def test_rows_are_cut_or_dropped_and_counted(index):
    long = "\n".join(clean("eng_Latn", 3))
    rows = corpus([long, f"{long}\n{QUESTIONS['eng']}\nMore.", QUESTIONS["fra"] + " Oui."])
    ledger = Ledger(read=3)
    kept, report = decontaminate(rows, index, ledger=ledger)
    assert kept["text"][:] == [long, f"{long}\nMore."]
    assert kept["id"][:] == ["0", "1"]
    assert kept.features == rows.features
    assert [row["id"] for row in ledger.rows] == ["2"]
    told = report.to_json()
    assert (told["rows"], told["contaminated"], told["cut"], told["dropped"]) == (3, 2, 1, 1)
    [one] = told["sets"]
    assert (one["items"], one["items_found"], one["overlaps"]) == (7, 2, 2)
    assert one["languages"] == {"eng_Latn": 2}
    assert one["examples"][0]["overlap"] == QUESTIONS["eng"]
    assert told["languages"] == [{"language": "eng_Latn", "rows": 3, "contaminated": 2}]
    json.dumps(told)
    assert decontaminate(rows, index, action="drop")[0]["text"][:] == [long]
    with pytest.raises(GlotliftError, match="GL-CORPUS-061"):
        decontaminate(rows, index, action="mask")
    with pytest.raises(GlotliftError, match="GL-CORPUS-062"):
        decontaminate(rows.select([2]), index)


def test_files_are_decontaminated_with_a_saved_index(tmp_path):
    (tmp_path / "set.txt").write_text(QUESTIONS["eng"])
    (tmp_path / "corpus.txt").write_text(f"Nothing here at all.\n{QUESTIONS['eng']}\n")
    write_index([tmp_path / "set.txt"], tmp_path / "index.npz")
    index = EvaluationIndex.load(tmp_path / "index.npz")
    ledger = Ledger()
    kept, _ = decontaminate(tmp_path / "corpus.txt", index, language="eng_Latn", ledger=ledger)
    assert kept["text"][:] == ["Nothing here at all."]
    assert (ledger.read, ledger.kept) == (2, 1)


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="GLOTLIFT_DATA names no real data")
def test_labelled_web_text():
    data = Path(os.environ["GLOTLIFT_DATA"])
    with gzip.open(data / "webmix" / "gold.jsonl.gz") as file:
        gold = {(row := json.loads(line))["id"]: row for line in file}
    sets = sorted({row["eval_set"] for row in gold.values() if "eval_set" in row})
    index = EvaluationIndex.build(read_evaluation_sets([data / name for name in sets]))
    with gzip.open(data / "webmix" / "docs.jsonl.gz") as file:
        rows = [json.loads(line) for line in file]
    random.Random(0).shuffle(rows)
    found = index.find([row["text"] for row in rows])
    flagged = {row["id"] for row, overlaps in zip(rows, found, strict=True) if overlaps}
    right = {id for id, row in gold.items() if row["kind"] == "contaminated"}
    assert len(flagged & right) >= 0.95 * len(right)
    assert len(flagged & right) >= 0.95 * len(flagged)
