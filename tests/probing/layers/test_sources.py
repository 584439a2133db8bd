import gzip

import pytest

from glotlift.evaluation.tasks.treebanks import treebank
from glotlift.probing.layers.sources import sentence_pairs, tag_source, word_pairs
from glotlift.runs.errors import GlotliftError

SENTENCE = "# text = {0} {1}\n1-2\t{0}{1}" + "\t_" * 8 + "\n1\t{0}\t_\tNOUN" + "\t_" * 6
SENTENCE += "\n2\t{1}\t_\tVERB" + "\t_" * 6 + "\n2.1\tgone\t_\tX" + "\t_" * 6 + "\n\n"


def test_the_world_has_words_sentences_and_tags():
    english, german = word_pairs("world", "eng_Latn", "deu_Latn", 30)
    assert len(english) == len({*english}) == len({*german}) == 30
    one, other = sentence_pairs("world", "eng_Latn", "deu_Latn", 5)
    assert len(one) == len(other) == 5
    assert one != other
    found = tag_source("world:ner")("zho_Hans", 4, "test")
    assert "".join(found.words[:3]) in found.texts[0]


def test_files_are_found_by_any_code(tmp_path):
    with gzip.open(tmp_path / "tur.tsv.gz", "wt") as file:
        file.write("dog\tköpek\ndog\tit\ncat\tkedi\textra\npuppy\tköpek\n\n")
    assert word_pairs(str(tmp_path), "eng_Latn", "tur_Latn", 9) == (
        ["dog", "cat"],
        ["köpek", "kedi"],
    )
    (tmp_path / "eng_Latn.txt").write_text("one\n\nthree\nfour\n")
    (tmp_path / "tur_Latn.txt").write_text("bir\niki\nüç\ndört\n")
    pairs = sentence_pairs(str(tmp_path), "eng_Latn", "tur_Latn", 2)
    assert pairs == (["one", "three"], ["bir", "üç"])


def test_a_treebank_has_its_words_and_parts_of_speech(tmp_path):
    path = tmp_path / "fin.dev.conllu"
    path.write_text("".join(SENTENCE.format(f"w{n}", f"v{n}") for n in range(6)).rstrip("\n"))
    rows = list(treebank(path))
    assert len(rows) == 6
    assert (rows[0]["tokens"], rows[0]["tags"]) == (["w0", "v0"], ["NOUN", "VERB"])
    read = tag_source(f"conllu:{tmp_path}")
    train, test = read("fin_Latn", 100, "train"), read("fin_Latn", 100, "test")
    assert train.words == [f"{kind}{n}" for n in range(4) for kind in "wv"]
    assert test.words == ["w4", "v4", "w5", "v5"]  # one file is parted
    (tmp_path / "fin.train.conllu").write_text(SENTENCE.format("a", "b"))
    assert len(read("fin_Latn", 100, "test").texts) == 6
    assert read("fin_Latn", 100, "train").words == ["a", "b"]


def test_tags_of_task_files(tmp_path):
    (tmp_path / "yor.test.jsonl").write_text('{"tokens": ["Ade", "lọ"], "tags": ["B-PER", "O"]}\n')
    found = tag_source(f"ner:{tmp_path}")("yor_Latn", 3, "test")
    assert (found.texts, found.tags) == (["Ade lọ"], [["B-PER", "O"]])


def test_refusals(tmp_path):
    (tmp_path / "tur.tsv").write_text("dog köpek\n")
    (tmp_path / "eng.txt").write_text("one\n")
    (tmp_path / "tur.txt").write_text("bir\niki\n")
    (tmp_path / "tur.conllu").write_text("1\tdog\n")
    here, pair = str(tmp_path), ("eng_Latn", "tur_Latn", 5)
    for refused, code in (
        (lambda: word_pairs(here, *pair), "GL-PROBING-062"),
        (lambda: sentence_pairs(here, *pair), "GL-PROBING-063"),
        (lambda: tag_source("world:nli"), "GL-PROBING-064"),
        (lambda: tag_source("conllu:"), "GL-PROBING-064"),
        (lambda: tag_source(f"conllu:{here}")("tur_Latn", 5, "test"), "GL-EVALUATION-148"),
        (lambda: word_pairs(f"{here}/none", *pair), "GL-PROBING-066"),
        (lambda: word_pairs(here, "eng_Latn", "deu_Latn", 5), "GL-EVALUATION-032"),
    ):
        with pytest.raises(GlotliftError) as error:
            refused()
        assert error.value.code == code


def test_real_treebanks(glotlift_data):
    read = tag_source(f"conllu:{glotlift_data / 'ud'}")
    for code in ("tur_Latn", "yor_Latn"):
        train, test = read(code, 60, "train"), read(code, 40, "test")
        assert (len(train.texts), len(test.texts)) == (60, 40)
        assert not {*train.texts} & {*test.texts}
        assert "NOUN" in train.tags_of_words
