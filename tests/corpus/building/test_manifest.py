import json
from pathlib import Path

import pytest

from glotlift import AdaptConfig, world
from glotlift.adaptation.text import input_hashes
from glotlift.corpus import natural, read
from glotlift.corpus.building import BuildConfig, build_corpus, load_manifest, mix_corpus
from glotlift.corpus.building.config import Input
from glotlift.runs.errors import GlotliftError


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("corpus")
    for code in ("eng_Latn", "tur_Latn"):
        texts = list(world.documents(code, 30, seed=4)["text"])
        lines = (json.dumps({"id": f"{code}{i}", "text": t}) for i, t in enumerate(texts))
        (root / f"{code}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    inputs = tuple(
        Input(path=str(root / f"{c}.jsonl"), language=c) for c in ("eng_Latn", "tur_Latn")
    )
    build_corpus(BuildConfig(inputs=inputs, output=root / "built", workers=1))
    return root / "built"


def test_a_mixture_of_a_corpus_bears_its_name(corpus):
    name = load_manifest(corpus)["hash"]
    mixture = mix_corpus(corpus, natural, seed=1)
    assert mixture.names == ["eng_Latn", "tur_Latn"]
    assert mix_corpus(corpus, natural, seed=1).hash == mixture.hash
    assert mix_corpus(corpus, natural, seed=2).hash != mixture.hash
    manifest = json.loads((corpus / "manifest.json").read_text())
    assert manifest["hash"] == name
    assert mix_corpus(corpus, natural, languages=["tur_Latn"]).names == ["tur_Latn"]


def test_a_folder_of_a_corpus_is_read_without_its_ledger(corpus):
    rows = read(corpus)
    assert len(rows) == sum(len(read(corpus / "data" / code)) for code in ("eng_Latn", "tur_Latn"))
    assert set(rows["language"]) == {"eng_Latn", "tur_Latn"}


def test_a_run_names_the_corpus_that_it_reads(corpus):
    text = str(corpus / "data" / "tur_Latn")
    config = AdaptConfig(model="starter:decoder:tiny", language="tur_Latn", text=[text])
    assert input_hashes(config) == {text: f"corpus:{load_manifest(corpus)['hash']}"}


def test_a_corpus_that_was_changed_is_refused(corpus, tmp_path):
    with pytest.raises(GlotliftError, match="GL-CORPUS-098"):
        load_manifest(tmp_path)
    file = next((corpus / "data" / "tur_Latn").iterdir())
    before = file.read_bytes()
    file.write_bytes(before[:-1] + b"x")
    with pytest.raises(GlotliftError, match="GL-CORPUS-099"):
        mix_corpus(corpus, natural)
    file.write_bytes(before)
