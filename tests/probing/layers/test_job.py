import json

import numpy as np
import pytest

import tiny
from glotlift.clients.local import LocalModel
from glotlift.clients.scripted import ScriptedModel
from glotlift.probing.layers import probe_model
from glotlift.probing.layers.comparing import compare_probes
from glotlift.probing.layers.job import by_web_text
from glotlift.probing.layers.measuring import MEASURES
from glotlift.probing.layers.sources import tag_source
from glotlift.probing.tags import learn_tags
from glotlift.runs.errors import GlotliftError

WORDS = {"dog": "Hund", "house": "Haus", "water": "Wasser", "bread": "Brot", "man": "Mann"}
VERBS = {"sees": "sieht", "eats": "isst"}
SAID = [(one, verb, other) for one in WORDS for verb in VERBS for other in WORDS if one != other]


def spoken(said, code):
    """Return the words of a sentence in English or German."""
    return list(said) if code == "eng" else [(WORDS | VERBS)[word] for word in said]


def columns(number, word, tag):
    return f"{number}\t{word}\t_\t{tag}" + "\t_" * 6


@pytest.fixture(scope="module")
def config(tmp_path_factory):
    """Return a configuration over files of English and German; Yoruba has none."""
    folder = tmp_path_factory.mktemp("data")
    for code in ("eng", "deu"):
        sentences = [spoken(said, code) for said in SAID]
        (folder / f"{code}.txt").write_text("".join(f"{' '.join(s)}\n" for s in sentences[:8]))
        tags = ("NOUN", "VERB", "NOUN")
        blocks = [
            "\n".join(map(columns, (1, 2, 3), sentence, tags)) + "\n\n" for sentence in sentences
        ]
        (folder / f"{code}.train.conllu").write_text("".join(blocks[::2]))
        (folder / f"{code}.test.conllu").write_text("".join(blocks[1::2]))
    (folder / "deu.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in WORDS.items()))
    return {
        "model": "m", "languages": ["deu_Latn", "yor_Latn"], "rows": 8, "training_rows": 8,
        "layers": [0, -1], "words": str(folder), "sentences": str(folder),
        "tags": f"conllu:{folder}",
    }  # fmt: skip


JOB = "glotlift.probing.layers.job.client_for"


@pytest.fixture(scope="module")
def client():
    return LocalModel(tiny.model_of("llama"), tiny.tokenizer())


@pytest.fixture(scope="module")
def run(client, config, tmp_path_factory):
    folder = tmp_path_factory.mktemp("probe") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JOB, lambda address: client)
        return folder, probe_model(config, folder)


def estimate(rows, measure, code, **where):
    (row,) = [
        row
        for row in rows
        if (row["measure"], row["language"]) == (measure, code)
        and all(row[key] == value for key, value in where.items())
    ]
    return row


def test_every_measure_of_every_layer_and_language(run):
    folder, found = run
    assert found == json.loads((folder / "evidence.json").read_text())
    assert set(found["measures"]) <= set(MEASURES)
    for row in found["layers"]:
        assert row["layer"] in (0, -1)
        assert row["low"] <= row["estimate"] <= row["high"]
    for measure in ("word similarity", "sentence retrieval", "tag transfer"):
        codes = {row["language"] for row in found["means"] if row["measure"] == measure}
        assert codes == {"deu_Latn"}  # the pivot is not compared with itself
    both = [
        estimate(found["layers"], "tag accuracy", "eng_Latn", layer=layer)["estimate"]
        for layer in (0, -1)
    ]
    mean = estimate(found["means"], "tag accuracy", "eng_Latn")
    assert mean["estimate"] == pytest.approx(np.mean(both), abs=1e-4)
    assert mean["letters"] > mean["control"]


def test_transfer_is_the_pivots_probe_in_the_language(client, config, run):
    read = tag_source(config["tags"])
    train, test = read("eng_Latn", 8, "train"), read("deu_Latn", 8, "test")
    states = client.encode_words(train.texts, train.spans, layers=[-1])
    reader = learn_tags(states, train.tags_of_words)
    asked = client.encode_words(test.texts, test.spans, layers=[-1])
    expected = reader.right(asked, test.tags_of_words).mean()
    row = estimate(run[1]["layers"], "tag transfer", "deu_Latn", layer=-1)
    assert row["estimate"] == pytest.approx(expected, abs=1e-4)


def test_what_a_language_has_no_data_for_is_left_out_and_said(run):
    assert {row["language"] for row in run[1]["means"]} == {"eng_Latn", "deu_Latn"}
    told = [f"no {probe} for yor_Latn: left out" for probe in ("words", "sentences", "tags")]
    assert run[1]["notes"] == told


def test_what_is_there_is_not_measured_again(client, config, run, monkeypatch):
    folder, before = run
    (folder / "scores" / "model" / "words.deu_Latn.json").unlink()
    asked = []
    monkeypatch.setattr(JOB, lambda address: Listening(client, asked))
    assert probe_model(config, folder) == before
    assert asked == ["encode_layers"] * 2  # the words of one language and of the pivot
    with pytest.raises(GlotliftError) as error:
        probe_model(config | {"rows": 9}, folder)
    assert error.value.code == "GL-RUN-001"


class Listening:
    """A client whose calls are noted."""

    def __init__(self, client, asked):
        self.client, self.asked = client, asked

    def __getattr__(self, name):
        called = getattr(self.client, name)
        return lambda *args, **more: (self.asked.append(name), called(*args, **more))[1]


def test_refusals(client, config, tmp_path, monkeypatch):
    monkeypatch.setattr(JOB, lambda address: client)
    for changed, code in (
        ({"languages": ["yor_Latn"], "probes": ["words"]}, "GL-PROBING-068"),
        ({"tags": "world:nli"}, "GL-PROBING-064"),
        ({"sentences": str(tmp_path / "none")}, "GL-PROBING-066"),
    ):
        with pytest.raises(GlotliftError) as error:
            probe_model(config | changed, tmp_path / code)
        assert error.value.code == code
    asked = ScriptedModel(reply=lambda _: "7")
    monkeypatch.setattr(JOB, lambda address: asked)
    with pytest.raises(GlotliftError) as error:
        probe_model(config, tmp_path / "server")
    assert error.value.code == "GL-PROBING-067"


def test_measures_are_ranked_beside_text_on_the_web():
    codes = ["deu_Latn", "spa_Latn", "swh_Latn", "tur_Latn", "yor_Latn"]
    means = [{"measure": "m", "language": code} for code in codes]
    rising = {"yor_Latn": 1, "swh_Latn": 2, "tur_Latn": 3, "spa_Latn": 4, "deu_Latn": 5}
    (row,) = by_web_text([row | {"estimate": rising[row["language"]]} for row in means])
    assert row["languages"] == 5
    assert row["estimate"] > 0.8
    assert by_web_text([row | {"estimate": 1.0} for row in means[:4]]) == []


def test_two_models_are_compared_row_by_row(client, config, run, tmp_path, monkeypatch):
    other = LocalModel(tiny.model_of("gpt2"), tiny.tokenizer())
    monkeypatch.setattr(JOB, lambda address: other)
    after = probe_model(config | {"layers": [1]}, tmp_path / "other")
    changes = compare_probes(run[0], tmp_path / "other")
    assert len(changes) == len(after["means"])
    for change in changes:
        where = change["measure"], change["language"]
        before, then = (estimate(found["means"], *where)["estimate"] for found in (run[1], after))
        assert change["estimate"] == pytest.approx(then - before, abs=1e-4)
        assert change["low"] <= change["estimate"] <= change["high"]
    probe_model(config | {"rows": 5, "probes": ["words"]}, tmp_path / "fewer")
    (tmp_path / "fewer" / "scores" / "model" / "words.deu_Latn.json").write_text("[]")
    with pytest.raises(GlotliftError) as error:
        compare_probes(run[0], tmp_path / "fewer")
    assert error.value.code == "GL-PROBING-069"
