"""Our reader gives the predictions of fastText's own library."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest

from glotlift.languages.identification import load_identifier
from glotlift.languages.identification.fasttext_model import FastText
from glotlift.runs.errors import GlotliftError

fasttext = pytest.importorskip("fasttext")

LINES = {
    "eng_Latn": "the of and to in is was for it with as his on be at by had not",
    "yor_Latn": "ẹ̀dá àwọn ní tí sí ó náà wọn kò ṣe fún ẹni ọmọ ènìyàn ẹ̀tọ́",
    "rus_Cyrl": "и в не на что он как это все она так его но да ты",
    "zho_Hans": "人人 生而 自由 在 尊严 和 权利 上 一律 平等",
    "hin_Deva": "और के में है की से को पर यह वह नहीं",
}
WORDS = {code: line.split() for code, line in LINES.items()}
TEXTS = [
    "the man and ẹni",
    "не все 自由 it",
    "",
    "xyz qqq",
    "और the\nв",
    "ọmọ\tènìyàn  fún",
    "\x00a",
]


def lines(seed: int) -> list[tuple[str, str]]:
    """Return labelled lines of random words."""
    draws = random.Random(seed)
    return [
        (code, " ".join(draws.choices(words, k=draws.randrange(2, 9))))
        for _ in range(60)
        for code, words in WORDS.items()
    ]


def train(folder: Path, **settings: object) -> "fasttext.FastText._FastText":
    """Train a small classifier with fastText's own library."""
    file = folder / "train.txt"
    file.write_text("".join(f"__label__{code} {text}\n" for code, text in lines(0)), "utf-8")
    options = {"dim": 12, "epoch": 5, "lr": 0.1, "minn": 1, "maxn": 4, "bucket": 2000}
    options |= {"thread": 1, "verbose": 0} | settings
    for _ in range(50):  # the compiled library reads memory it never set, and now and then fails
        try:
            return fasttext.train_supervised(str(file), **options)
        except RuntimeError as error:
            if "NaN" not in str(error):
                raise
    pytest.skip("the fastText library could not train")


def agree(model: "fasttext.FastText._FastText", path: Path, tolerance: float) -> None:
    """Compare all probabilities of the file's model with those of our reader."""
    ours = FastText(path)
    texts = TEXTS + [text for _, text in lines(1)]
    found = ours.probabilities(texts)
    for text, row in zip(texts, found, strict=True):
        pairs = model.f.predict(text.replace("\n", " ") + "\n", len(ours.labels), 0.0, "strict")
        theirs = {label: chance for chance, label in pairs}
        for label, chance in zip(ours.labels, row, strict=True):
            assert chance == pytest.approx(theirs.get(label, 0.0), abs=tolerance), (text, label)


@pytest.mark.parametrize(
    ("settings", "tolerance"),
    [
        ({"loss": "softmax"}, 1e-4),
        ({"loss": "hs"}, 1e-4),
        ({"loss": "ova"}, 8e-3),  # fastText looks this sigmoid up in a table of 512 steps
        ({"loss": "softmax", "minn": 2, "maxn": 5, "wordNgrams": 2}, 1e-4),
        ({"loss": "softmax", "maxn": 0}, 1e-4),
    ],
)
def test_full_models_predict_the_same(
    tmp_path: Path, settings: dict[str, object], tolerance: float
) -> None:
    model = train(tmp_path, **settings)
    model.save_model(str(tmp_path / "model.bin"))
    agree(model, tmp_path / "model.bin", tolerance)


@pytest.mark.parametrize(
    "settings",
    [{}, {"qnorm": True}, {"cutoff": 300}, {"dsub": 5}],
    ids=["plain", "norms", "pruned", "uneven parts"],
)
def test_quantised_models_predict_the_same(tmp_path: Path, settings: dict[str, object]) -> None:
    model = train(tmp_path, dim=12)
    model.quantize(input=str(tmp_path / "train.txt"), thread=1, verbose=0, **settings)
    model.save_model(str(tmp_path / "model.ftz"))
    agree(model, tmp_path / "model.ftz", 1e-4)


def test_labels_become_our_codes_and_doubt_is_undetermined(tmp_path: Path) -> None:
    train(tmp_path, epoch=60, lr=0.3).save_model(str(tmp_path / "model.bin"))
    identifier = load_identifier(tmp_path / "model.bin")
    assert identifier.languages == tuple(sorted(WORDS))
    guesses = identifier.identify(["the man and his", "12 34", "ẹ̀tọ́ ọmọ ènìyàn"])
    assert [g.language for g in guesses] == ["eng_Latn", "und", "yor_Latn"]
    assert guesses[1].confidence == 0
    assert all(0 <= g.confidence <= 1 for g in guesses)


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    model = train(tmp_path)
    model.save_model(str(tmp_path / "model.bin"))
    whole = (tmp_path / "model.bin").read_bytes()
    for content in (b"", b"hello, world", whole[:100], whole[: len(whole) // 2]):
        (tmp_path / "broken.bin").write_bytes(content)
        with pytest.raises(GlotliftError, match="GL-LANGUAGE-024"):
            load_identifier(tmp_path / "broken.bin")
    shutil.copy(tmp_path / "model.bin", tmp_path / "model.txt")
    with pytest.raises(GlotliftError, match="GL-LANGUAGE-026"):
        load_identifier(tmp_path / "model.txt")


def test_an_untrained_word_vector_file_is_no_classifier(tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("a b c d e " * 200, "utf-8")
    vectors = fasttext.train_unsupervised(str(tmp_path / "text.txt"), dim=4, minCount=1, thread=1)
    vectors.save_model(str(tmp_path / "vectors.bin"))
    with pytest.raises(GlotliftError, match="word vectors"):
        FastText(tmp_path / "vectors.bin")
    assert np.isfinite(vectors["a"]).all()
