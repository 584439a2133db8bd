"""What does a word mean in its language? Asked of a model that says how probable text is.

The second task of Tanwar et al. 2025 (arXiv:2501.09127): of two meanings, which is that of a word
in the language that is named? For words that look alike and mean different things, the other
meaning is that of the other language's word. A model may hold two words apart and not know what
either means, so success here is held against success in the first task (`word_pairs`), word by
word.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.correlation import pearson_rows
from glotlift.evaluation.options import evaluate_options
from glotlift.evaluation.statistics import Interval, paired_difference
from glotlift.languages import language
from glotlift.probing.word_pairs import SAME
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Scorer

Word = tuple[str, str]  # language, word
# One question, three formulations: what hangs on one of them hangs on words of no interest.
WORDINGS = (
    "The {language} word “{word}” means:",
    "{word} ({language}) =",
    "Question: what does “{word}” mean in {language}? Answer:",
)
SHOTS = 4


def meaning_questions(
    rows: Dataset,
    meanings: Mapping[Word, str],
    *,
    shots: int = SHOTS,
    wordings: Sequence[str] = WORDINGS,
    seed: int = 0,
) -> Dataset:
    """Return questions with two options about each word of typed pairs, in every formulation.

    `rows` are as of `typed_pairs`, `meanings` say what a word of a language means. The wrong option
    is the meaning of the pair's other word, or, where the two mean the same, that of another pair's
    word. Before a question stand `shots` answered ones about words of other pairs, drawn by `seed`,
    as is the order of the options. Columns id, language, word, type, prompt, options, answer and
    wording.

    Raises GL-PROBING-084 (a word without a meaning) or -085 (too few words to show).
    """
    generator = np.random.default_rng(seed)
    pairs = [
        ((row["source_language"], row["source_word"]), (row["language"], row["word"]))
        for row in rows
    ]
    for word in {word for pair in pairs for word in pair} - meanings.keys():
        raise GlotliftError(
            "GL-PROBING-084",
            f"nobody says what {word[1]!r} means in {word[0]}",
            fix="give the meaning of every word of the pairs, by (language, word)",
        )
    made: list[dict[str, Any]] = []
    for number, (row, pair) in enumerate(zip(rows, pairs, strict=True)):
        others = strangers(pairs, number, meanings)
        if len(others) <= shots:
            raise GlotliftError(
                "GL-PROBING-085",
                f"{len(others)} words of other meanings are too few to show {shots} and ask",
                place=f"pair {row['id']}",
                fix="give more pairs, or fewer shots",
            )
        for side, word in enumerate(pair):
            drawn = [others[at] for at in generator.permutation(len(others))]
            wrong = meanings[drawn[0] if row["type"] in SAME else pair[1 - side]]
            options = [meanings[word], wrong]
            answer = int(generator.integers(2))
            for at, wording in enumerate(wordings):
                shown = [f"{ask(wording, one)} {meanings[one]}" for one in drawn[1 : shots + 1]]
                made.append(
                    {
                        "id": f"{row['id']}/{side}/{at}",
                        "language": "eng_Latn",
                        "word_language": word[0],
                        "word": word[1],
                        "type": row["type"],
                        "prompt": "\n".join([*shown, ask(wording, word)]),
                        "options": options[:: 1 - 2 * answer],
                        "answer": answer,
                        "wording": wording,
                    }
                )
    return Dataset.from_list(made)


def strangers(
    pairs: Sequence[tuple[Word, Word]], number: int, meanings: Mapping[Word, str]
) -> list[Word]:
    """Return the words of other pairs that mean neither of what the words of this one mean."""
    own = {meanings[word] for word in pairs[number]}
    return sorted({word for pair in pairs for word in pair if meanings[word] not in own})


def ask(wording: str, word: Word) -> str:
    """Return a question about a word."""
    return wording.format(language=language(word[0]).name, word=word[1])


def meanings_known(scorer: Scorer, questions: Dataset) -> dict[Word, float]:
    """Return in what share of its questions a model finds a word's meaning, by word.

    Options are compared by their log-likelihood a byte. Chance is 0.5. Raises what
    `evaluate_options` raises.
    """
    correct = evaluate_options(scorer, questions).correct
    words = zip(questions["word_language"], questions["word"], strict=True)
    return mean_by_word(words, correct)


def pairs_known(rows: Dataset, correct: ArrayLike) -> dict[Word, float]:
    """Return in what share of its pairs a word was judged right, by word; `correct` is [pairs]."""
    firsts = zip(rows["source_language"], rows["source_word"], strict=True)
    seconds = zip(rows["language"], rows["word"], strict=True)
    return mean_by_word([*firsts, *seconds], np.tile(np.asarray(correct, np.float64), 2))


def mean_by_word(words: Any, values: NDArray[np.float64]) -> dict[Word, float]:
    """Return the mean of each word's values."""
    found: dict[Word, list[float]] = defaultdict(list)
    for word, value in zip(words, values, strict=True):
        found[word].append(float(value))
    return {word: float(np.mean(own)) for word, own in found.items()}


def agreement(one: Mapping[Word, float], other: Mapping[Word, float]) -> Interval:
    """Return Pearson's correlation of two tasks over the words of both, with its interval.

    0 where all words fare alike in one of them. Raises GL-PROBING-086 for fewer than three words.
    """
    shared = sorted(one.keys() & other.keys())
    if len(shared) < 3:
        raise GlotliftError(
            "GL-PROBING-086",
            f"{len(shared)} words in both tasks have no correlation",
            fix="ask both tasks about the same words, three or more",
        )
    rows = pearson_rows([one[word] for word in shared], [other[word] for word in shared])
    return paired_difference(rows, 0.0)
