"""Pictures: addressable, the same in every language, true, split by combination, legible."""

import io
import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, features

from glotlift import world
from glotlift.runs.errors import GlotliftError
from glotlift.world import asking, charts, lettering, maps, pictures
from glotlift.world.combinations import split_of
from glotlift.world.concepts import SPLITS, inventory
from glotlift.world.drawing import background, glyph
from glotlift.world.grammar import grammar
from glotlift.world.layouts import LAYOUTS, QUANTITY, draw
from glotlift.world.scenes import Scene

MAKERS = {
    "scenes": pictures.scenes,
    "memes": pictures.memes,
    "signs": pictures.signs,
    "charts": charts.charts,
    "overhead": maps.overhead,
}
DRAWN = ("people", "names", "animals", "things", "actions", "states")


def pixels(row):
    return np.asarray(row["image"].convert("RGB"))


def legible(code):
    """Skip where no installed font has the language's letters."""
    try:
        lettering.write(
            Image.new("RGB", (400, 40)), grammar(code).say(SCENE), code, (0, 0, 400, 40)
        )
    except GlotliftError as refused:
        pytest.skip(str(refused))


SCENE = Scene("colour", {"thing": "car", "colour": "red"})


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_rows_are_addressable_and_bit_equal(kind):
    whole = MAKERS[kind]("eng_Latn", 5, seed=3)
    part = MAKERS[kind]("eng_Latn", 2, seed=3, start=3)
    for left, right in zip(whole.select(range(3, 5)), part, strict=True):
        assert np.array_equal(pixels(left), pixels(right))
        assert {**left, "image": 0} == {**right, "image": 0}
    other = MAKERS[kind]("eng_Latn", 5, seed=4)
    assert not np.array_equal(pixels(whole[0]), pixels(other[0]))
    assert len(set(whole["id"])) == 5


@settings(deadline=None, max_examples=12)
@given(st.sampled_from(world.LANGUAGES), st.sampled_from(SPLITS), st.integers(0, 99))
def test_a_picture_is_the_same_in_every_language_and_its_answer_is_right(code, split, seed):
    rows, english = (pictures.scenes(c, 6, seed=seed, split=split) for c in (code, "eng_Latn"))
    for row, other in zip(rows, english, strict=True):
        assert np.array_equal(pixels(row), pixels(other))
        assert (row["id"], row["answer"]) == (other["id"], other["answer"])
        options = row["options"]
        assert 2 <= len(set(options)) == len(options) == len(other["options"])
        assert all(options)
        assert row["question"]


@pytest.mark.parametrize("split", SPLITS)
def test_pictures_keep_to_the_combinations_of_their_split(split):
    for number in range(120):
        address = ("pictures", 0, split, number)
        drawn = pictures.seen(pictures.visible(tuple(LAYOUTS), split), address, split)
        frame = inventory().frames[inventory().patterns[drawn.pattern].frame]
        assert split_of(*[drawn.said[slot] for slot in frame.key]) == split


def test_what_is_counted_in_the_picture_is_what_the_caption_says():
    rows = pictures.scenes("eng_Latn", 40, patterns=("owning", "count_place", "event_count"))
    for row in rows:
        said = {word: number for word, number in QUANTITY.items() if f" {word} " in row["text"]}
        seen = Counter(region["concept"] for region in row["regions"])
        assert max(seen.values()) == next(iter(said.values()))


def test_regions_are_on_the_picture_and_named_by_words_of_the_caption():
    for row in pictures.scenes("eng_Latn", 40):
        for region in row["regions"]:
            assert 0 <= region["x0"] < region["x1"] <= 48
            assert 0 <= region["y0"] < region["y1"] <= 48
            assert all(word in row["text"] for word in region["text"].split())


@pytest.mark.parametrize(("pattern", "above"), [("on_top", True), ("under", False)])
@pytest.mark.parametrize("support", ["table", "chair", "bed", "box", "suitcase", "piano"])
def test_things_stand_where_they_are_said_to_stand(pattern, above, support):
    boxes = draw(Scene(pattern, {"thing": "apple", "support": support}), 96).boxes
    where = {box.slot: box for box in boxes}
    thing, below = where["thing"], where["support"]
    assert (thing.y1 < below.y1) == above
    beside = draw(Scene("beside", {"thing": "apple", "support": support}), 96).boxes
    where = {box.slot: box for box in beside}
    thing, near = where["thing"], where["support"]
    assert thing.x1 <= near.x0 + 3 or thing.x0 >= near.x1 - 3


def test_every_concept_has_a_look_of_its_own():
    concepts = inventory().concepts.values()
    names = [c.name for c in concepts if c.category in DRAWN and c.name not in ("song", "play")]
    looks = {
        name: (glyph(name, 24).image.tobytes(), glyph(name, 24).mask.tobytes()) for name in names
    }
    assert len(set(looks.values())) == len(names)
    places = inventory().of("places")
    assert len({background(place, 32).tobytes() for place in places}) == len(places)


def test_colours_tell_apart_whatever_can_be_coloured():
    slots = inventory().frames["colouring"].slots
    for thing in inventory().domain(slots["thing"]):
        looks = [
            np.asarray(glyph(thing.name, 24, colour).image).astype(float).mean((0, 1))
            for colour in inventory().of("colours")
        ]
        gaps = [abs(a - b).max() for i, a in enumerate(looks) for b in looks[:i]]
        assert min(gaps) > 2, thing.name


def test_a_gap_spans_all_that_agrees_with_the_right_option():
    drawn = Scene("owning", {"person": "anna", "quantity": "two", "thing": "apple"})
    asked = asking.ask_among(grammar("rus_Cyrl"), drawn, "quantity", ["five", "ten"], (0,))
    assert all(len(option.split()) == 2 for option in asked.options)  # "два яблока", "пять яблок"
    assert asking.GAP in asked.question


def test_half_of_the_memes_agree_and_text_tells_which():
    rows = pictures.memes("eng_Latn", 20)
    assert Counter(rows["agrees"]) == {True: 10, False: 10}
    for row in rows:
        assert (row["text"] == row["caption"]) == row["agrees"]


def test_charts_show_what_their_sentences_say():
    rows = charts.charts("eng_Latn", 12, split="test")
    for row in rows:
        right = row["options"][row["answer"]]
        person = next(label for label in row["labels"] if label in row["question"])
        assert QUANTITY[right] == row["values"][row["labels"].index(person)]
        assert row["values"].count(max(row["values"])) == 1
        assert row["values"][row["largest"]] == max(row["values"])
        for number, sentence in zip(row["values"], row["text"].split(". "), strict=True):
            assert QUANTITY[sentence.split()[2]] == number
    assert set(rows["kind"]) == {"bar", "line", "pie"}


def test_maps_hold_as_many_as_their_sentences_say():
    for row in maps.overhead("eng_Latn", 12):
        numbers = [QUANTITY[word] for word in row["text"].split() if word in QUANTITY]
        seen = Counter(region["concept"] for region in row["regions"])
        assert sorted(seen.values()) == sorted([*numbers, *[1] * (len(seen) - len(numbers))])


@pytest.mark.parametrize("code", world.LANGUAGES)
def test_signs_carry_the_sentences_of_parallel_in_every_script(code):
    legible(code)
    rows, text = pictures.signs(code, 4), world.parallel((code,), 4)
    assert rows["id"] == text["id"]
    assert rows["text"] == text["text"]
    join = "" if code == "zho_Hans" else " "
    for row in rows:
        assert join.join(region["text"] for region in row["regions"]) == row["text"]
        dark = (pixels(row).max(2) < 80).sum()
        assert dark > 50
    assert charts.charts(code, 1)[0]["labels"]


def test_joined_letters_are_refused_without_raqm(monkeypatch):
    legible("hin_Deva")
    monkeypatch.setattr(features, "check", lambda name: False)
    lettering._file.cache_clear()
    with pytest.raises(GlotliftError, match="GL-WORLD-021"):
        pictures.signs("hin_Deva", 1)


def test_missing_fonts_name_the_package_that_has_them(monkeypatch):
    monkeypatch.setattr(lettering, "_held", lambda file: frozenset(range(128)))
    lettering._file.cache_clear()
    with pytest.raises(GlotliftError, match=r"GL-WORLD-020.*fonts-noto-cjk"):
        pictures.signs("zho_Hans", 1)


@pytest.mark.parametrize(
    ("call", "code"),
    [
        (lambda: pictures.scenes("eng_Latn", 1, patterns=("cause",)), "022"),
        (
            lambda: draw(Scene("owning", {"person": "anna", "quantity": "many", "thing": "egg"})),
            "022",
        ),
        (lambda: pictures.scenes("eng_Latn", 1, size=8), "023"),
        (lambda: glyph("unicorn", 20), "024"),
        (
            lambda: lettering.write(Image.new("RGB", (9, 9)), "hello", "eng_Latn", (0, 0, 9, 9)),
            "025",
        ),
        (lambda: pictures.scenes("eng_Latn", 1, split="exam"), "002"),
    ],
)
def test_refusals(call, code):
    with pytest.raises(GlotliftError, match=f"GL-WORLD-{code}"):
        call()


def test_the_image_column_is_a_png_that_datasets_decodes():
    rows = pictures.scenes("eng_Latn", 2, size=32)
    assert rows[0]["image"].size == (32, 32)
    stored = rows.with_format("arrow")[0]["image"].to_pylist()[0]["bytes"]
    assert Image.open(io.BytesIO(stored)).format == "PNG"
    assert pictures.scenes("eng_Latn", 0).num_rows == 0


@pytest.mark.slow
def test_pictures_of_48_pixels_are_drawn_500_a_second():
    pictures.scenes("eng_Latn", 500)
    started = time.process_time()
    pictures.scenes("eng_Latn", 1000, start=500)
    assert 1000 / (time.process_time() - started) > 500
