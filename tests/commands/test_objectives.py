import json
import subprocess
import sys

import pytest

from glotlift.commands.main import REFUSED, main
from glotlift.objectives.named import MODELS, OBJECTIVES
from glotlift.training.schooling import StarterSize
from glotlift.training.starters import SIZES
from tiny import model_of, tokenizer

TEXT = "The old heron waits beside the river until the light goes. Nobody spoke of it for a year."
SOURCE = "La garza espera junto al río."
LITTLE = StarterSize(width=32, layers=1, pieces=400, steps=1, documents=20, learning_rate=1e-3)


@pytest.fixture(autouse=True, scope="module")
def little_starters(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GLOTLIFT_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setitem(SIZES, "tiny", LITTLE)
        yield


def show(capsys, name, *words, text=TEXT):
    capsys.readouterr()
    code = main(["objectives", "show", name, "--text", text, "--json", *words])
    assert code == 0, capsys.readouterr().err
    return json.loads(capsys.readouterr().out)


def labelled(found):
    """Return the rows that have a label, of the table that has labels."""
    tables = [table for table in found["tables"].values() if table and "labels" in table[0]]
    assert len(tables) == 1
    return [row for row in tables[0] if row["labels"]]


@pytest.mark.parametrize("name", ["default", *OBJECTIVES])
def test_every_objective_is_shown_token_by_token_with_its_labels(name, capsys):
    words = ("--source", SOURCE, "--language", "eng_Latn", "--source-language", "spa_Latn")
    found = show(capsys, name, *words, "--seed", "1")
    assert (found["objective"], found["seed"]) == (name, 1)
    assert {"block", "position", "token"} <= found["tables"]["input_ids"][0].keys()
    rows = labelled(found)
    assert rows
    assert all(row["labels"] != "<pad>" for row in rows)
    # What is read and what is to be found make up more than half of the text between them.
    known = "".join(row["token"] for table in found["tables"].values() for row in table
                    if "token" in row) + "".join(row["labels"] for row in rows)  # fmt: skip
    said = [word for word in TEXT.replace(".", "").split() if word in known.replace("▁", "")]
    assert len(said) > len(TEXT.split()) / 2


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_seed_shows_the_same_batch_again(name, capsys):
    words = ("--source", SOURCE, "--language", "eng_Latn")
    assert show(capsys, name, *words) == show(capsys, name, *words)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_table_is_printed_for_people(name, capsys):
    words = ["--text", TEXT, "--source", SOURCE, "--language", "eng_Latn"]
    assert main(["objectives", "show", name, *words]) == 0
    printed = capsys.readouterr().out
    assert "Read" in printed
    assert "labels" in printed


def test_whole_words_are_hidden_whole(capsys):
    settings = ("--set", "masker=whole-words", "--set", "mask_fraction=0.5")
    rows = show(capsys, "masked", *settings, "--language", "eng_Latn")["tables"]["input_ids"]
    words, hidden = [], []
    for row in rows[1:-1]:
        token = row["labels"] or row["token"]
        if token.startswith("▁") or not words or not token.isalpha():
            words.append("")
            hidden.append(set())
        words[-1] += token.lstrip("▁")
        hidden[-1].add(bool(row["labels"]))
    assert "".join(words) == TEXT.replace(" ", "")
    assert all(len(kinds) == 1 for kinds in hidden)
    assert {True} in hidden
    assert {False} in hidden


def test_entities_are_hidden_by_the_tags_that_are_given(capsys):
    words = ["The heron waits .", "--tags", "DET NOUN VERB PUNCT", "--set", "masker=entities"]
    found = show(capsys, "masked", *words[1:], "--set", "mask_fraction=1", text=words[0])
    rows = found["tables"]["input_ids"]
    hidden = [place for place, row in enumerate(rows) if row["labels"]]
    assert len(hidden) == 2  # one piece of the noun, one of the verb
    assert all(row["labels"] == "" for row in rows if row["token"] in ("The", "▁."))


def test_texts_without_tags_are_refused_where_a_masker_needs_them(capsys):
    command = ["objectives", "show", "masked", "--text", TEXT, "--set", "masker=entities"]
    assert main(command) == REFUSED
    assert "GL-OBJECTIVE-022" in capsys.readouterr().err


def test_a_model_of_ones_own_is_shown_with_its_tokenizer(capsys, tmp_path):
    model_of("bart").save_pretrained(tmp_path)
    tokenizer().save_pretrained(tmp_path)
    found = show(capsys, "default", "--model", str(tmp_path), text=TEXT)
    written = labelled(found)
    decoded = "".join(row["labels"] for row in written).replace("▁", " ")
    assert decoded.removesuffix("</s>").strip() in TEXT
    again = show(capsys, "prefix", "--tokenizer", str(tmp_path), text=TEXT)
    assert [row["labels"] for row in labelled(again)] == [row["labels"] for row in written]


def test_documents_share_a_block_only_where_the_model_keeps_them_apart(capsys):
    for name, blocks in (("causal", {1}), ("prefix", {1, 2})):
        found = show(capsys, name, "--text", TEXT, "--block", "256")
        assert {row["block"] for row in found["tables"]["input_ids"]} == blocks


def test_a_long_text_is_cut_into_blocks(capsys):
    found = show(capsys, "masked", "--block", "16")
    rows = found["tables"]["input_ids"]
    assert max(row["block"] for row in rows) > 2
    assert max(row["position"] for row in rows) < 16


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["nothing", "--text", TEXT], "GL-OBJECTIVE-010"),
        (["default", "--text", TEXT, "--set", "share=1"], "GL-OBJECTIVE-010"),
        (["masked", "--text", TEXT, "--set", "share=1"], "GL-OBJECTIVE-011"),
        (["masked", "--text", TEXT, "--set", "masker=nouns"], "GL-OBJECTIVE-020"),
        (["masked", "--text", TEXT, "--set", "masker"], "GL-CONFIG-004"),
        (["tlm", "--text", TEXT, "--source", "a", "--source", "b"], "GL-COMMAND-016"),
        (["causal", "--text", TEXT, "--model", "nowhere"], "GL-MODEL-001"),
    ],
)
def test_what_cannot_be_shown_is_refused(words, code, capsys):
    assert main(["objectives", "show", *words]) == REFUSED
    assert code in capsys.readouterr().err


def test_all_objectives_are_listed_with_models_and_settings(capsys):
    assert main(["objectives", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(OBJECTIVES)
    assert all(row["teaches"].endswith(".") and row["models"] for row in rows)
    known = {row["name"]: row["settings"] for row in rows}
    assert known["masked"]["mask_fraction"] == 0.15
    assert known["denoising"]["mean_span"] == 3.5
    assert main(["objectives", "list"]) == 0
    printed = capsys.readouterr().out
    assert all(name in printed for name in OBJECTIVES)


def test_every_objective_says_which_models_can_learn_it():
    assert {"default", *OBJECTIVES} == MODELS.keys()


def test_help_loads_nothing_heavy():
    program = (
        "import sys\nfrom glotlift.commands.main import main\n"
        "main(['objectives', 'show', '--help'])\n"
        "assert not {'torch', 'transformers', 'datasets', 'numpy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
