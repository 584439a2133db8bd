"""How good an identifier is: accuracy by language and by length, confusions, close pairs, ECE."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

import numpy as np

from glotlift.languages.identification.calibration import expected_calibration_error
from glotlift.languages.identification.guesses import UNDETERMINED, Guess, Identifier

LENGTHS = (30, 60, 120, 250, 500, 1_000)  # characters; a text belongs to the first it fits in
CLOSE_PAIRS = (
    ("cat_Latn", "spa_Latn"),
    ("hin_Deva", "mar_Deva"),
    ("ind_Latn", "zsm_Latn"),
    ("srp_Latn", "hrv_Latn"),
    ("bos_Latn", "hrv_Latn"),
    ("por_Latn", "glg_Latn"),
    ("nob_Latn", "dan_Latn"),
    ("nob_Latn", "nno_Latn"),
    ("ces_Latn", "slk_Latn"),
    ("mar_Deva", "san_Deva"),
    ("hin_Deva", "npi_Deva"),
    ("zul_Latn", "xho_Latn"),
    ("kin_Latn", "run_Latn"),
    ("rus_Cyrl", "ukr_Cyrl"),
    ("srp_Cyrl", "mkd_Cyrl"),
    ("zho_Hans", "zho_Hant"),
)
CONFUSIONS_SHOWN = 40


def judge_identifier(
    identifier: Identifier, texts: Sequence[str], truth: Sequence[str]
) -> dict[str, Any]:
    """Return what `judge_guesses` finds of an identifier's guesses for texts of known language."""
    return judge_guesses(texts, truth, identifier.identify(texts))


def judge_guesses(
    texts: Sequence[str], truth: Sequence[str], guesses: Sequence[Guess]
) -> dict[str, Any]:
    """Return accuracy (all, by language, by length), confusions, close pairs and ECE, for JSON.

    Accuracy counts a rejected text ("und") as wrong; `rejected` is their share. A length is an
    upper limit in characters. The expected calibration error is over the texts not rejected.
    """
    right = np.array([g.language == code for g, code in zip(guesses, truth, strict=True)], bool)
    named = np.array([g.language != UNDETERMINED for g in guesses], bool)
    confidence = np.array([g.confidence for g in guesses])
    by_length = [next((str(n) for n in LENGTHS if len(t) <= n), "longer") for t in texts]
    wrong = Counter(
        (code, g.language) for g, code in zip(guesses, truth, strict=True) if g.language != code
    )
    return {
        "texts": len(texts),
        "accuracy": share(right),
        "rejected": share(~named),
        "expected_calibration_error": round(
            expected_calibration_error(confidence[named], right[named]), 4
        ),
        "by_language": shares(truth, right),
        "by_length": shares(by_length, right),
        "confusions": [
            {"language": code, "taken_for": other, "texts": n}
            for (code, other), n in sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
        ][:CONFUSIONS_SHOWN],
        "close_pairs": close_pairs(truth, guesses),
    }


def close_pairs(truth: Sequence[str], guesses: Sequence[Guess]) -> list[dict[str, Any]]:
    """Return, for each close pair with texts of both or of one, how many are taken for the other.

    `mistaken` is the share of the pair's texts that got the other one's name.
    """
    rows = []
    answers = Counter((code, g.language) for code, g in zip(truth, guesses, strict=True))
    totals = Counter(truth)
    for left, right in CLOSE_PAIRS:
        texts = totals[left] + totals[right]
        if texts:
            crossed = answers[left, right] + answers[right, left]
            rows.append(
                {"pair": [left, right], "texts": texts, "mistaken": round(crossed / texts, 4)}
            )
    return rows


def shares(groups: Sequence[str], right: np.ndarray[Any, Any]) -> dict[str, float]:
    """Return the share of right answers in each group."""
    found: defaultdict[str, list[bool]] = defaultdict(list)
    for group, value in zip(groups, right.tolist(), strict=True):
        found[group].append(value)
    return {group: share(np.array(found[group])) for group in sorted(found, key=by_size)}


def share(values: np.ndarray[Any, Any]) -> float:
    """Return the mean of truth values, 0 of none."""
    return round(float(values.mean()), 4) if len(values) else 0.0


def by_size(group: str) -> tuple[int, str]:
    """Sort numbers by size, before and after names by letters."""
    return (int(group), "") if group.isdigit() else (10**9, group)
