import json

import pytest

from glotlift.corpus.building import BuildConfig, build_corpus
from glotlift.runs.config import load_config
from glotlift.runs.errors import GlotliftError


@pytest.fixture
def values(tmp_path):
    (tmp_path / "in.jsonl").write_text(json.dumps({"text": "Some words of a text."}) + "\n")
    return {"inputs": [{"path": str(tmp_path / "in.jsonl")}], "output": str(tmp_path / "out")}


@pytest.mark.parametrize(
    ("override", "share", "code"),
    [
        ("identification.identifier=[/nowhere]", "1/1", "GL-LANGUAGE-"),
        ("quality.word_lists.eng_Latn=/nowhere.txt", "1/1", "GL-CORPUS-"),
        ("protection.evaluation=[/nowhere]", "1/1", "GL-CORPUS-059"),
        ("workers=2", "5/2", "GL-CORPUS-097"),
        ("workers=2", "two", "GL-CORPUS-097"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    values, tmp_path, override, share, code
):
    config = load_config(BuildConfig, values, [override])
    with pytest.raises(GlotliftError) as refused:
        build_corpus(config, share=share)
    assert refused.value.code.startswith(code)
    assert not (tmp_path / "out").exists()


def test_an_error_in_a_worker_is_told_as_it_is(values, tmp_path):
    (tmp_path / "in.parquet").write_bytes(b"no parquet")
    values["inputs"].append({"path": str(tmp_path / "in.parquet")})
    with pytest.raises(GlotliftError) as told:
        build_corpus(load_config(BuildConfig, values, ["workers=2"]))
    assert told.value.code == "GL-CORPUS-008"
