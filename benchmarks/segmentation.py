"""How well are sentences and words found? Against treebanks and translated news.

    GLOTLIFT_DATA=folder python benchmarks/segmentation.py

Reads every ``ud/*.conllu.gz`` of the folder (Universal Dependencies). Sentence texts are joined by
a space into one text a treebank; scored is the F1 of the ends of sentences but the last, ours
beside sentencex alone. Words are scored by the F1 of spans against the tokens of the treebank
(multiword tokens as they are written). Speed is on the same text. The first 400 lines of every
``ntrex/*.txt.gz`` (NTREX-128) are joined and scored likewise; some lines hold two sentences, and
headlines end without a mark, so that no splitter reaches 1. Prints one JSON object.
"""

import gzip
import json
import os
import time
from collections.abc import Callable, Iterator, Set
from pathlib import Path
from typing import Any, TypeVar

from glotlift.languages import language
from glotlift.languages.sentences import segmenter, sentence_spans
from glotlift.languages.words import split_words, word_spans

NEWS_LINES = 400
UNSPACED_BETWEEN = {"jpn_Jpan", "zho_Hans"}
T = TypeVar("T")


def read_sentences(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the text of each sentence and its tokens as they are written."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for block in file.read().split("\n\n"):
            lines = block.split("\n")
            text = [line.split("=", 1)[1] for line in lines if line.startswith("# text =")]
            rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
            if text:
                yield text[0].strip(), written(rows)


def written(rows: list[list[str]]) -> list[str]:
    """Return the surface tokens: a multiword token stands for the words that it holds."""
    tokens: list[str] = []
    inside = 0
    for row in rows:
        if "-" in row[0]:
            inside = int(row[0].split("-")[1])
            tokens.append(row[1])
        elif "." not in row[0] and int(row[0]) > inside:
            tokens.append(row[1])
    return tokens


def token_spans(text: str, tokens: list[str]) -> set[tuple[int, int]]:
    """Return the places of tokens in a text."""
    spans, place = set(), 0
    for token in tokens:
        start = text.find(token, place)
        if start >= 0:
            place = start + len(token)
            spans.add((start, place))
    return spans


def f1(found: Set[Any], gold: Set[Any]) -> dict[str, float]:
    """Return precision, recall and F1."""
    right = len(found & gold)
    precision, recall = right / max(1, len(found)), right / max(1, len(gold))
    mean = 2 * precision * recall / max(precision + recall, 1e-9)
    return {"precision": round(precision, 3), "recall": round(recall, 3), "f1": round(mean, 3)}


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """Return the result and the processor seconds of one call."""
    start = time.process_time()
    return work(), time.process_time() - start


def sentencex_ends(text: str, subtag: str) -> set[int]:
    """Return the ends that sentencex alone gives."""
    ends, place = set(), 0
    for piece in segmenter()(subtag, text):
        place += len(piece)
        ends.add(place - (len(piece) - len(piece.rstrip())))
    return ends


def join(sentences: list[str], code: str) -> tuple[str, set[int]]:
    """Return the sentences as one text, and the ends of all but the last."""
    space = "" if code in UNSPACED_BETWEEN else " "
    ends, place = set(), 0
    for sentence in sentences:
        place += len(sentence)
        ends.add(place)
        place += len(space)
    text = space.join(sentences)
    return text, ends - {len(text)}


def score_ends(text: str, gold: set[int], code: str) -> dict[str, Any]:
    """Return the scores of the ends of sentences, ours and those of sentencex alone."""
    last = {len(text)}
    subtag = language(code).bcp47.split("-")[0]
    return {
        "ends": f1({end for _, end in sentence_spans(text, code)} - last, gold),
        "ends_sentencex": f1(sentencex_ends(text, subtag) - last, gold),
    }


def measure_news(path: Path) -> dict[str, Any]:
    """Return the scores of one language's file of NTREX."""
    code = language(path.name.split(".")[0]).code
    with gzip.open(path, "rt", encoding="utf-8") as file:
        lines = [line.strip() for line in file if line.strip()][:NEWS_LINES]
    return {"language": code, **score_ends(*join(lines, code), code)}


def measure(path: Path) -> dict[str, Any]:
    """Return the scores of one treebank's file."""
    code = language(path.name.split(".")[0]).code
    sentences = list(read_sentences(path))
    text, gold = join([sentence for sentence, _ in sentences], code)
    scores = score_ends(text, gold, code)
    _, seconds = timed(lambda: sentence_spans(text, code))
    tokens, found = set(), set()
    for index, (sentence, words) in enumerate(sentences):
        tokens |= {(index, *span) for span in token_spans(sentence, words)}
        found |= {(index, *span) for span in word_spans(sentence, code)}
    _, word_seconds = timed(lambda: split_words(text, code))
    size = len(text.encode()) / 1e6
    return {
        "file": path.name,
        "language": code,
        "sentences": len(sentences),
        **scores,
        "words": f1(found, tokens),
        "sentences_mb_per_second": round(size / seconds, 1),
        "words_mb_per_second": round(size / word_seconds, 1),
    }


def main() -> None:
    """Measure all treebanks and print the scores."""
    folder = Path(os.environ["GLOTLIFT_DATA"])
    treebanks = [measure(path) for path in sorted((folder / "ud").glob("*.conllu.gz"))]
    news = [measure_news(path) for path in sorted((folder / "ntrex").glob("*.txt.gz"))]
    print(json.dumps({"treebanks": treebanks, "news": news}))


if __name__ == "__main__":
    main()
