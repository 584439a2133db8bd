"""Noise: gold recovered, the rate kept and measured again, no character cut, the same by id."""

import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world.noise import KINDS, Edit, apply_edits, misspell, noisy

CODES = [code for code in world.LANGUAGES if code[:3] in ("eng", "hin", "tur", "ell", "arb", "zho")]
TEXTS = [
    "한국어 문장입니다.",
    "ภาษาไทยกำลังดี",
    "שלום לְכֻלָּם",
    "क्षत्रिय नमस्ते",
    "e\u0301a\u0308o ß İi",
    "👩‍👩‍👧 ok",
]
texts = st.sampled_from(TEXTS) | st.text(max_size=60)
kinds = st.lists(st.sampled_from(KINDS), min_size=1, unique=True)


def boundaries(text):
    return {0} | {match.end() for match in regex.finditer(r"\X", text)}


def distance(left, right):
    """Edits between two lists, a swap of neighbours being one (optimal string alignment)."""
    rows = [list(range(len(right) + 1))]
    for i, a in enumerate(left, 1):
        rows.append([i])
        for j, b in enumerate(right, 1):
            best = min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == right[j - 2] and left[i - 2] == b:
                best = min(best, rows[i - 2][j - 2] + 1)
            rows[i].append(best)
    return rows[-1][-1]


@given(texts, kinds, st.floats(0, 0.3), st.integers(0, 2**40))
def test_edits_lie_between_characters_apart_and_no_more_than_asked(text, kinds, rate, seed):
    edits = misspell(text, rate=rate, kinds=kinds, address=(seed,))
    ends = boundaries(text)
    place = -1
    for edit in edits:
        assert {edit.start, edit.end} <= ends
        assert edit.start > place
        assert text[edit.start : edit.end] == edit.gold != edit.noisy
        assert edit.kind in kinds
        place = edit.end
    assert len(edits) <= len(regex.findall(r"\X", text)) * rate + 1
    assert edits == misspell(text, rate=rate, kinds=kinds, address=(seed,))


@pytest.mark.parametrize("code", CODES)
def test_the_rate_is_kept_and_the_gold_is_found_again(code):
    rows = world.parallel((code,), 150, seed=4)
    made = noisy(rows, rate=0.12, seed=1)
    assert made["gold"] == rows["text"]
    assert made["id"] == rows["id"]
    size = count = apart = 0
    for row in made:
        edits = [Edit(**edit) for edit in row["edits"]]
        assert apply_edits(row["gold"], edits) == row["text"]
        gold, text = regex.findall(r"\X", row["gold"]), regex.findall(r"\X", row["text"])
        assert row["noise_rate"] == pytest.approx(len(edits) / len(gold))
        size, count, apart = size + len(gold), count + len(edits), apart + distance(gold, text)
    assert count / size == pytest.approx(0.12, abs=0.012)
    assert 0.8 * count < apart <= 1.1 * count


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_does_what_it_says(kind):
    codes = ("hin_Deva", "spa_Latn", "rus_Cyrl")
    rows = noisy(world.parallel(codes, 60, seed=7), rate=0.2, kinds=(kind,), seed=3)
    edits = [Edit(**edit) for row in rows for edit in row["edits"]]
    assert len(edits) > 20
    assert {edit.kind for edit in edits} == {kind}
    assert all(right(edit) for edit in edits)


def right(edit):
    gold, text = regex.findall(r"\X", edit.gold), edit.noisy
    match edit.kind:
        case "swap":
            return len(gold) == 2 and text == gold[1] + gold[0]
        case "drop":
            return len(gold) == 1 and text == ""
        case "double":
            return text == edit.gold * 2
        case "replace":
            return text[0].isupper() == gold[0][0].isupper() and script(text) == script(gold[0])
        case "marks":
            return len(text) <= len(unicodedata.normalize("NFD", edit.gold)) and marks(edit) < 0
        case "space":
            return (edit.gold, text) == (" ", "") or text == edit.gold + " "
        case "case":
            return text == edit.gold.swapcase()
    return False


def script(text):
    names = ("Latin", "Cyrillic", "Devanagari")
    return [name for name in names if regex.match(rf"\p{{Script={name}}}", text)]


def marks(edit):
    """How many accents and vowel signs were added."""
    return sum(
        sign * bool(regex.match(r"\p{M}", character))
        for text, sign in ((edit.noisy, 1), (edit.gold, -1))
        for character in unicodedata.normalize("NFD", text)
    )


def test_a_row_has_its_noise_wherever_it_stands():
    rows = world.parallel(("eng_Latn", "hin_Deva"), 10)
    made = noisy(rows, rate=0.1)
    order = [7, 3, 12, 0]
    assert noisy(rows.select(order), rate=0.1).to_list() == made.select(order).to_list()
    assert noisy(rows, rate=0.1, seed=1)["text"] != made["text"]


def test_other_columns_stay_and_rate_zero_changes_nothing():
    rows = world.labelled("spa_Latn", 5)
    made = noisy(rows, rate=0.0)
    assert made.remove_columns(["gold", "edits", "noise_rate"]).to_list() == rows.to_list()
    assert made.features == noisy(rows, rate=0.3).features


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        ("GL-WORLD-032", {"rate": 0.5}),
        ("GL-WORLD-032", {"rate": -0.1}),
        ("GL-WORLD-033", {"kinds": ("swap", "keyboard")}),
        ("GL-WORLD-033", {"kinds": ()}),
    ],
)
def test_wrong_calls_are_refused_by_code(code, arguments):
    with pytest.raises(GlotliftError) as refusal:
        noisy(world.parallel(("eng_Latn",), 1), **arguments)
    assert refusal.value.code == code
