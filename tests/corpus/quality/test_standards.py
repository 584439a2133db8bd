import json
import random
import string

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.quality.learning_standards import learn_standards
from glotlift.corpus.quality.measures import MEASURES, measure
from glotlift.corpus.quality.standards import KNOWN, Standards, to_scale, unscale
from glotlift.runs.errors import GlotliftError

LANGUAGES = ("eng_Latn", "swh_Latn", "tur_Latn", "fin_Latn", "hin_Deva", "zho_Hans")
ROWS = 60


def write(code, rows):
    """Documents of a made language: syllables of its own, words by Zipf's law, sentences."""
    draw = random.Random(code)
    first = {"Deva": 0x915, "Hans": 0x4E00}.get(code[4:])
    if first is None:
        syllables = [c + v for c in draw.sample("bcdfghjklmnprstvwz", 12) for v in "aeiou"]
    else:
        syllables = [chr(first + i) for i in range(30 if code[4:] == "Deva" else 900)]
    spaced = code[4:] != "Hans"
    size = (1, 2) if not spaced else (1, 4)
    words = ["".join(draw.choices(syllables, k=draw.randint(*size))) for _ in range(3000)]
    chances = [1 / (rank + 3) for rank in range(len(words))]
    documents = []
    for _ in range(rows):
        sentences = []
        for _ in range(draw.randint(8, 30)):
            chosen = draw.choices(words, chances, k=draw.randint(4, 18))
            sentence = (" " if spaced else "").join(chosen)
            sentences.append(sentence.capitalize() + ("." if spaced else "。"))
        documents.append((" " if spaced else "").join(sentences))
    return documents


def junk(seed):
    draw = random.Random(seed)
    letters = string.ascii_lowercase
    words = ["".join(draw.choices(letters, k=draw.randint(2, 11))) for _ in range(90)]
    vocabulary = words[:6]
    return {
        "random words": " ".join(words),
        "keywords": ", ".join(draw.choices(vocabulary, k=120)),
        "template": (" ".join(words[:12]) + ". ") * 12,
        "base64": "".join(draw.choices(string.ascii_letters + string.digits + "+/", k=900)),
        "hexadecimal": "\n".join(
            "".join(draw.choices("0123456789abcdef", k=40)) for _ in range(20)
        ),
        "numbers": "\n".join(
            " ".join(str(draw.random() * 99)[:5] for _ in range(9)) for _ in range(20)
        ),
        "symbols": "".join(draw.choices("+-*/=<>|~^#", k=600)),
        "same line": "\n".join([" ".join(words[:7])] * 25),
        "private": "".join(chr(draw.randint(0xE000, 0xF8FF)) for _ in range(400)),
    }


@pytest.fixture(scope="module")
def corpus():
    texts, languages = [], []
    for code in LANGUAGES:
        texts += write(code, ROWS)
        languages += [code] * ROWS
    return texts, languages


def test_junk_is_found_among_documents_of_every_kind_of_script(corpus):
    texts, languages = corpus
    dirty = [(kind, text) for seed in range(1) for kind, text in junk(seed).items()]
    measures = measure([*texts, *(text for _, text in dirty)])
    spoken = [*languages, *["eng_Latn"] * len(dirty)]
    reasons = learn_standards(measures, spoken).judge(measures, spoken)
    kept = dict.fromkeys(LANGUAGES, 0)
    for code, reason in zip(languages, reasons, strict=False):
        kept[code] += not reason
    assert min(kept.values()) >= 0.97 * ROWS
    judged = zip(dirty, reasons[len(texts) :], strict=True)
    missed = [kind for (kind, _), reason in judged if not reason]
    assert not missed
    for reason in filter(None, reasons):
        name, value, sign, bound = reason.replace(":", "").split()
        assert name in MEASURES
        assert (float(value) < float(bound)) == (sign == "<")


def test_junk_without_a_language_is_found_and_documents_of_one_stay(corpus):
    texts, languages = corpus
    standards = learn_standards(measure(texts), languages)
    dirty = junk(5)
    reasons = standards.judge(measure(list(dirty.values())), ["und"] * len(dirty))
    assert [kind for kind, reason in zip(dirty, reasons, strict=True) if not reason] == []
    reasons = standards.judge(measure(texts), ["und"] * len(texts))
    assert sum(reason == "" for reason in reasons) >= 0.97 * len(texts)


def test_a_heap_of_junk_does_not_become_a_language(corpus):
    texts, languages = corpus
    heap = [junk(seed)["same line"] for seed in range(40)]
    measures = measure([*texts, *heap])
    spoken = [*languages, *["lat_Latn"] * len(heap)]
    standards = learn_standards(measures, spoken)
    assert "lat_Latn" not in standards.bounds
    assert set(LANGUAGES) <= set(standards.bounds)
    assert all(standards.judge(measures, spoken)[-len(heap) :])


def test_a_script_not_seen_is_judged_by_what_is_comparable(corpus):
    texts, languages = corpus
    standards = learn_standards(measure(texts), languages)
    prose = "ዓመተ ምሕረት የተጻፈው ታሪክ በብዙ ሰዎች ዘንድ ይታወቃል። ከዚያም በኋላ ሌላ ነገር ተከሰተ። ወንዙም ከተራራው ይወርዳል።"
    fine, spam = standards.judge(measure([prose, prose[:40] * 40]), ["amh_Ethi"] * 2)
    assert fine == ""
    assert spam.split(":")[0] in {"repeated_text", "passage_bits"}


def test_a_trusted_sample_is_what_counts(corpus):
    texts, languages = corpus
    clean = [text for text, code in zip(texts, languages, strict=True) if code == "eng_Latn"]
    heap = [junk(seed)["random words"] for seed in range(300)]
    measures = measure([*clean, *heap])
    spoken = ["eng_Latn"] * len(measures)
    trusted = np.arange(len(measures)) < 40
    standards = learn_standards(measures, spoken, trusted)
    assert standards.bounds["eng_Latn"].origin == "trusted"
    reasons = standards.judge(measures, spoken)
    assert all(reasons[len(clean) :])
    assert sum(reason == "" for reason in reasons[: len(clean)]) >= 0.97 * len(clean)


def test_very_short_is_a_reason_of_its_own(corpus):
    texts, languages = corpus
    measures = measure([*texts, "Short."])
    spoken = [*languages, "eng_Latn"]
    given_bound = learn_standards(measures, spoken, shortest=20).judge(measures, spoken)
    assert given_bound[-1] == "characters: 6 < 20"
    longest = learn_standards(measures, spoken, shortest=10**6).judge(measures, spoken)
    assert all(reason.startswith("characters: ") for reason in longest)
    assert learn_standards(measures[:0], [], shortest=20).judge(measures[-1:], ["und"]) == [
        "characters: 6 < 20"
    ]


def test_standards_survive_a_file(corpus):
    texts, languages = corpus
    measures = measure(texts)
    standards = learn_standards(measures, languages, shortest=30)
    read = Standards.from_json(json.loads(json.dumps(standards.to_json())))
    assert read.judge(measures, languages) == standards.judge(measures, languages)
    assert list(read.bounds) == sorted(LANGUAGES)


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 2**32), st.integers(1, 80))
def test_no_number_breaks_the_judge(seed, rows):
    draw = np.random.default_rng(seed)
    measures = draw.random((rows, len(MEASURES))) * draw.choice([1, 1000], len(MEASURES))
    measures[draw.random(measures.shape) < 0.1] = np.nan
    languages = draw.choice(["eng_Latn", "und", "hin_Deva"], rows).tolist()
    standards = learn_standards(measures, languages)
    reasons = standards.judge(measures, languages)
    order = draw.permutation(rows)
    shuffled = learn_standards(measures[order], [languages[i] for i in order])
    assert shuffled.judge(measures, languages) == reasons
    json.dumps(standards.to_json(), allow_nan=False)


@pytest.mark.parametrize("measure", KNOWN.values(), ids=lambda each: each.name)
def test_scales_have_inverses(measure):
    for value in (0.0, 0.01, 0.5, 1.0) if measure.scale == "share" else (1.0, 2.5, 900.0):
        scaled = float(to_scale(np.array(value), measure))
        assert unscale(scaled, measure) == pytest.approx(value)


@pytest.mark.parametrize(
    ("code", "act"),
    [
        ("GL-CORPUS-102", lambda: learn_standards(np.zeros((2, 3)), ["eng_Latn"] * 2)),
        ("GL-CORPUS-103", lambda: learn_standards(np.zeros((2, len(MEASURES))), ["eng_Latn"])),
        ("GL-CORPUS-104", lambda: Standards.from_json({"schema": 1})),
        ("GL-CORPUS-105", lambda: learn_standards(np.zeros((2, 1)), ["a", "b"], names=["taste"])),
    ],
)
def test_errors_are_coded(code, act):
    with pytest.raises(GlotliftError) as caught:
        act()
    assert caught.value.code == code
