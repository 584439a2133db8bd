import json

import pytest
from transformers import AutoModelForCausalLM, AutoTokenizer

from glotlift.commands.main import REFUSED, main
from tiny import model_of, tokenizer

YORUBA = ["Ó dé ilé ní ìrọ̀lẹ́, ó sì sùn.", "ọmọ náà sùn ní ilé."]
ENGLISH = ["The heron waits beside the river.", "The village had a storm."]


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    model_of("llama").save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def place(tmp_path):
    (tmp_path / "yoruba.txt").write_text("\n".join(YORUBA * 20), encoding="utf-8")
    (tmp_path / "english.txt").write_text("\n".join(ENGLISH * 3), encoding="utf-8")
    return tmp_path


def extend(model, place, *more):
    return [
        "vocab", "extend", str(model), "--text", f"yor_Latn={place / 'yoruba.txt'}",
        "--keep", f"eng_Latn={place / 'english.txt'}", "--pieces", "12",
        "--output", str(place / "out"), *more,
    ]  # fmt: skip


def test_extending_writes_a_checkpoint_and_says_what_changed(model, place, capsys):
    assert main([*extend(model, place, "--max-changed", "0"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rows = {row["language"]: row for row in found["languages"]}
    assert rows["eng_Latn"]["changed_sentences"] == 0
    assert rows["yor_Latn"]["tokens_after"] < rows["yor_Latn"]["tokens_before"]
    again = AutoModelForCausalLM.from_pretrained(place / "out")
    assert again.config.vocab_size == len(AutoTokenizer.from_pretrained(place / "out")) == 332
    assert (place / "out" / "vocabulary.html").is_file()
    assert any("not of held-out text" in note for note in found["notes"])


def test_people_get_tables_and_where_to_look(model, place, capsys):
    assert main(extend(model, place)) == 0
    shown = capsys.readouterr().out
    assert "pieces_before" in shown
    assert f"page: {place / 'out' / 'vocabulary.html'}" in shown


@pytest.mark.parametrize("kind", ["extend", "trim", "replace", "romanise"])
def test_a_plan_changes_nothing(kind, model, place, capsys):
    arguments = {
        "extend": ["--text", f"yor_Latn={place / 'yoruba.txt'}"],
        "trim": ["--scripts", "Latn"],
        "replace": ["--tokenizer", str(model)],
        "romanise": ["--keep", f"eng_Latn={place / 'english.txt'}"],
    }[kind]
    called = ["vocab", kind, str(model), "--output", str(place / "out"), *arguments]
    assert main([*called, "--plan", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["operation"], found["pieces"]) == (kind, 320)
    assert not (place / "out").exists()


def test_trimming_keeps_the_text_that_was_given(model, place, capsys):
    arguments = ["vocab", "trim", str(model), "--text", f"eng_Latn={place / 'english.txt'}"]
    assert main([*arguments, "--output", str(place / "out"), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["languages"][0]["changed_sentences"] == 0
    assert found["sizes"]["pieces_after"] < 320
    assert found["sizes"]["parameters_after"] < found["sizes"]["parameters_before"]


def test_replacing_takes_the_other_tokenizer(model, place, capsys):
    assert main(
        ["vocab", "train", "--text", f"yor_Latn={place / 'yoruba.txt'}", "--size", "330",
         "--output", str(place / "tokenizer")]
    ) == 0  # fmt: skip
    assert main(
        ["vocab", "replace", str(model), "--tokenizer", str(place / "tokenizer"),
         "--compare", f"yor_Latn={place / 'yoruba.txt'}", "--output", str(place / "out")]
    ) == 0  # fmt: skip
    new, other = (AutoTokenizer.from_pretrained(place / name) for name in ("out", "tokenizer"))
    assert [new.tokenize(text) for text in YORUBA] == [other.tokenize(text) for text in YORUBA]


def test_romanising_prints_what_it_costs(place, tmp_path, capsys):
    from glotlift.vocabulary import train_tokenizer

    spoken = train_tokenizer(["река спит да"] * 30 + ENGLISH * 5, size=340)
    spoken.save_pretrained(tmp_path / "model")
    changed = model_of("llama")
    changed.resize_token_embeddings(len(spoken))
    changed.save_pretrained(tmp_path / "model")
    arguments = ["vocab", "romanise", str(tmp_path / "model")]
    keep = ["--keep", f"eng_Latn={place / 'english.txt'}", "--output", str(place / "out")]
    assert main([*arguments, *keep, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any(note.startswith("eng_Latn, already in Latin script") for note in found["notes"])
    assert "reka" in found["pieces"]["added"]["shown"]


@pytest.mark.parametrize(
    ("code", "more"),
    [
        ("GL-VOCABULARY-093", ["--initialiser", "magic"]),
        ("GL-VOCABULARY-091", ["--initialiser", "wechsel"]),
        ("GL-VOCABULARY-091", ["--initialiser", "matching-pursuit"]),
        ("GL-VOCABULARY-094", ["--set", "initialisation.settings.mood=good"]),
        ("GL-CONFIG-005", ["--set", "peices=3"]),
        ("GL-CONFIG-007", ["--max-changed", "3"]),
        ("GL-COMMAND-002", ["--compare", "eng_Latn"]),
    ],
)
@pytest.mark.parametrize("plan", [True, False])
def test_senseless_requests_are_refused_before_anything_is_done(
    code, more, plan, model, place, capsys
):
    assert main([*extend(model, place, *more), *(["--plan"] if plan else [])]) == REFUSED
    assert capsys.readouterr().err.startswith(code)
    assert not (place / "out").exists()


def test_what_stands_in_the_output_is_never_removed(model, place, capsys):
    (place / "out").mkdir()
    (place / "out" / "thesis.txt").write_text("years of work")
    assert main(extend(model, place)) == REFUSED
    assert capsys.readouterr().err.startswith("GL-VOCABULARY-089")
    assert (place / "out" / "thesis.txt").is_file()


def test_focus_needs_no_files(model, place, capsys):
    assert main([*extend(model, place, "--initialiser", "focus"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["initialiser"] == "focus"


def test_an_audit_compares_any_two_and_writes_a_page(model, place, capsys):
    main(extend(model, place))
    capsys.readouterr()
    page = place / "audit.html"
    text = f"yor_Latn={place / 'yoruba.txt'}"
    called = ["vocab", "audit", str(model), str(place / "out"), "--text", text]
    assert main([*called, "--page", str(page), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["languages"][0]["changed_fraction"] > 0.5
    assert found["pieces"]["added"]["count"] == 12
    assert "Yoruba" in page.read_text(encoding="utf-8")
