import numpy as np
import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.moscar import ALL, DISTINCT, FILTERED, MAIN, RECIPES
from glotlift.recipes.web_corpora import (
    FOREIGN,
    JUDGED,
    KEPT,
    PERSONAL,
    SURROUNDINGS,
    TWICE,
    filter_pages,
    judge_corpus,
)
from glotlift.recipes.web_documents import (
    F1,
    PLACES,
    Extracted,
    bytes_of,
    extract,
    overlap,
    pictures_in_place,
    world_pages,
)

EXTRACTION, ORDER, FILTERS = RECIPES
LANGUAGES = ("eng_Latn", "hin_Deva")
TINY = {
    "languages": list(LANGUAGES),
    "pages": 24,
    "documents": 2,
    "tokens": 3000,
    "learning_rate": 4e-3,
}


@pytest.fixture(scope="module")
def pages():
    return world_pages(LANGUAGES, 24, 0)


def own_texts(pages):
    return {(page["language"], page["id"]): page["text"] for page in pages}


def test_words_are_counted_as_often_as_they_stand():
    assert overlap("a b b", "a b b", "eng_Latn") == 1
    assert overlap("a b", "a b b b", "eng_Latn") == pytest.approx(2 * 2 / 6)
    assert overlap("", "", "eng_Latn") == 0


def test_main_text_leaves_the_surroundings_out(pages):
    page = next(page for page in pages if page["template"] == "news")
    assert page["text"] in extract(bytes_of(page), page["url"], MAIN).text
    menu = next(block["text"] for block in page["blocks"] if block["kind"] == "menu")
    everything = extract(bytes_of(page), page["url"], ALL).text
    assert menu in everything
    assert menu not in extract(bytes_of(page), page["url"], MAIN).text


def test_pictures_count_only_where_they_stand(pages):
    page = next(page for page in pages if page["images"])
    found = extract(bytes_of(page), page["url"], MAIN)
    assert pictures_in_place(page, found) == 1
    early = [image._replace(offset=0) for image in found.images]
    late = [image._replace(offset=len(found.text)) for image in found.images]
    assert pictures_in_place(page, Extracted(found.text, early)) == 0
    assert pictures_in_place(page, Extracted(found.text, late)) == 0
    strange = [image._replace(src="logo.png") for image in found.images]
    doubled = pictures_in_place(page, Extracted(found.text, [*found.images, *strange]))
    assert doubled == pytest.approx(2 / 3)


def test_a_corpus_of_all_own_text_keeps_everything_that_it_should_not(pages):
    for judged in judge_corpus(pages, own_texts(pages)).values():
        assert judged[KEPT] == judged[FOREIGN] == judged[PERSONAL] == judged[TWICE] == 1
        assert judged[SURROUNDINGS] == 0


def test_an_empty_corpus_is_clean_and_keeps_nothing(pages):
    for judged in judge_corpus(pages, {}).values():
        assert judged == dict.fromkeys(JUDGED, 0.0)


def test_a_corpus_without_repeats_keeps_all_clean_text(pages):
    first = own_texts([page for page in pages if not page["duplicate_of"]])
    for judged in judge_corpus(pages, first).values():
        assert judged[TWICE] == 0
        assert judged[KEPT] == 1


def test_words_of_others_are_surroundings(pages):
    texts = {key: f"{text}\nMenu menu <EMAIL>" for key, text in own_texts(pages).items()}
    for judged in judge_corpus(pages, texts).values():
        assert 0 < judged[SURROUNDINGS] < 0.2


@pytest.fixture(scope="module")
def built(pages, tmp_path_factory):
    return {
        near: filter_pages(own_texts(pages), tmp_path_factory.mktemp("build"), near=near)
        for near in (False, True)
    }


def test_every_page_is_accounted_for(pages, built):
    for kept, lost in built.values():
        assert lost == 0
        assert kept.keys() <= own_texts(pages).keys()


def test_near_duplicates_go_only_where_that_is_asked(pages, built):
    equal, distinct = built[False][0], built[True][0]
    assert len(distinct) < len(equal) < len(pages)
    keys = {(page["language"], page["id"]): page["duplicate_kind"] for page in pages}
    assert "near" in {keys[key] for key in equal}
    assert {keys[key] for key in distinct} == {None}


def test_pages_are_read_alike_by_both_arms(tmp_path):
    evidence = run_recipe(EXTRACTION, Setting("world", TINY), tmp_path, seeds=[0])
    means = {arm["name"]: arm["metrics"][F1]["mean"] for arm in evidence["arms"]}
    assert means[ALL] < means[MAIN] <= 1
    assert evidence["budget"]["value"] == 48
    again = run_recipe(ORDER, Setting("world", TINY), tmp_path / "order", seeds=[0])
    assert [claim["metric"] for claim in again["claims"]] == [PLACES, PLACES]


def test_arms_learn_from_equal_tokens(tmp_path):
    evidence = run_recipe(FILTERS, Setting("world", TINY), tmp_path, seeds=[0])
    arms = {arm["name"]: arm for arm in evidence["arms"]}
    assert list(arms) == [ALL, MAIN, FILTERED, DISTINCT]
    assert {arm["budget_spent"]["0"] for arm in arms.values()} == {3000}
    assert all(arm["cost"]["test pages in training"] == 0 for arm in arms.values())
    assert all(arm["cost"]["pages unaccounted for"] == 0 for arm in arms.values())
    sizes = [arms[name]["cost"]["bytes kept"] for name in (ALL, MAIN, FILTERED, DISTINCT)]
    assert sizes == sorted(sizes, reverse=True)
    assert all(np.isfinite(claim["estimate"]) for claim in evidence["claims"])
