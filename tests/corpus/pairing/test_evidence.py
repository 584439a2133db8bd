"""Evidence beside lengths: cosines above chance, whichever block they are asked for in."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus.pairing.evidence import LACK, Evidence, match_tokens
from glotlift.corpus.pairing.lexicon import Lexicon
from glotlift.corpus.pairing.links import BOTH
from glotlift.corpus.pairing.tokens import cognate, number, tokens
from glotlift.corpus.pairing.vectors import DenseVectors, SparseVectors, Vectors, sparse


def naive_gain(evidence: Evidence, i: int, j: int, up: int, left: int) -> float:
    """Return the gain of a bead that ends after i and j by its definition."""
    x, y = dense(evidence.source), dense(evidence.target)
    unit_x, unit_y = normed(x), normed(y)
    mine, other = x[i - up : i].sum(0), y[j - left : j].sum(0)
    size = np.linalg.norm(mine) * np.linalg.norm(other)
    if not size:
        return 0.0
    base_x = float(np.mean((unit_x @ unit_y.T)[i - up : i].mean(1)))
    base_y = float(np.mean((unit_x @ unit_y.T).T[j - left : j].mean(1)))
    usual = min((base_x + base_y) / 2, 0.9)
    return evidence.worth * (float(mine @ other) / size - usual) / (1 - usual) - LACK


def dense(vectors: Vectors) -> np.ndarray:  # type: ignore[type-arg]
    """Return all rows as they are."""
    return vectors.dense(0, len(vectors))


def normed(rows: np.ndarray) -> np.ndarray:  # type: ignore[type-arg]
    """Return rows at length 1, zero rows at 0."""
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def random_sparse(n: int, draw: np.random.Generator) -> SparseVectors:
    """Return n rows over ten features, some of them empty."""
    rows = [
        {int(f): float(draw.uniform(0.1, 2)) for f in draw.choice(10, draw.integers(0, 4), False)}
        for _ in range(n)
    ]
    return sparse(rows, 10)


@settings(deadline=None, max_examples=25)
@given(
    n=st.integers(1, 6), m=st.integers(1, 6), seed=st.integers(0, 10**6), dense_rows=st.booleans()
)
def test_gains_are_those_of_the_definition(n: int, m: int, seed: int, dense_rows: bool) -> None:
    draw = np.random.default_rng(seed)
    if dense_rows:
        sides: tuple[Vectors, Vectors] = (
            DenseVectors(draw.normal(size=(n, 5))),
            DenseVectors(draw.normal(size=(m, 5))),
        )
    else:
        sides = random_sparse(n, draw), random_sparse(m, draw)
    evidence = Evidence(*sides, 12.0)
    whole = evidence.gains((1, n + 1), (0, m + 1))
    for up, left in BOTH:
        for i in range(up, n + 1):
            for j in range(left, m + 1):
                wanted = naive_gain(evidence, i, j, up, left)
                assert whole[up, left][i - 1, j] == pytest.approx(wanted, abs=1e-9)
                part = evidence.gains((i, i + 1), (j, j + 1))[up, left][0, 0]
                assert part == pytest.approx(wanted, abs=1e-9)


def test_a_lexicon_brings_translations_together() -> None:
    said = [tokens("the house"), tokens("a river")]
    heard = [tokens("talo on"), tokens("joki virtaa")]
    blind = Evidence(*match_tokens(said, heard, None), 12.0).gains((1, 3), (1, 3))[1, 1]
    lexicon = Lexicon({"house": {"talo": 0.9}, "river": {"joki": 0.9}}, {})
    seeing = Evidence(*match_tokens(said, heard, lexicon), 12.0).gains((1, 3), (1, 3))[1, 1]
    assert (blind == 0).all()
    assert seeing[0, 0] > seeing[0, 1]
    assert seeing[1, 1] > seeing[1, 0]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Costs 1,000.50 now!", ["costs", "100050", "now", "!"]),
        ("हिन्दी में ५०", ["हिन्दी", "में", "50"]),
        ("会議は３０分", ["会議", "議は", "30", "分"]),
        ("Información", ["inform"]),
        ("", []),
    ],
)
def test_tokens_of_any_script(text: str, found: list[str]) -> None:
    assert tokens(text) == found


def test_numbers_and_cognates_agree_across_spellings() -> None:
    assert number("1.000") == number("1,000") == number("١٠٠٠") == "1000"
    assert cognate("répub") == cognate("republ") == "~repu"
    assert cognate("the") == cognate("1995") == ""
