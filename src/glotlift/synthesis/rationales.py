"""Answers that say why first: a rationale, and the answer on a line of its own after it.

Reasoning-augmented continual learning (Wang et al. 2023, arXiv:2310.06762) has a large model write,
for each row, what leads to its gold answer, and trains on that and the answer. Where a program
knows the way, its steps are the rationale; where rows only have labels, the word that tells most
of the label is one that needs no model.
"""

from collections import Counter
from collections.abc import Sequence

from glotlift.languages import split_words


def with_rationale(rationale: str, answer: str) -> str:
    """Return what is learnt: the rationale, then the answer as the last line."""
    return f"{rationale.strip()}\n{answer.strip()}".lstrip()


def final_answer(text: str) -> str:
    """Return the answer of a text that may say why first: its last line, or nothing."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else ""


def telling_words(texts: Sequence[str], labels: Sequence[str], code: str) -> list[str]:
    """Return, for each text in the language `code`, the word that tells most of its label.

    That is the word w of the text with the highest pointwise information about the label y,
    log p(y | w) - log p(y), where p(y | w) is counted over texts with one more text of each label,
    so that a rare word tells little. Of equals the first counts; a text without words has "".
    """
    words = [[word for word in split_words(text, code) if word.isalnum()] for text in texts]
    known = [[word.lower() for word in found] for found in words]
    totals = Counter(labels)
    with_word: Counter[str] = Counter()
    with_label: Counter[tuple[str, str]] = Counter()
    for found, label in zip(known, labels, strict=True):
        with_word.update({*found})
        with_label.update((word, label) for word in {*found})

    def told(word: str, label: str) -> float:
        share = (with_label[word, label] + 1) / (with_word[word] + len(totals))
        return share / (totals[label] / len(labels))

    best = []
    for said, found, label in zip(words, known, labels, strict=True):
        values = [told(word, label) for word in found]
        best.append(said[values.index(max(values))] if values else "")
    return best
