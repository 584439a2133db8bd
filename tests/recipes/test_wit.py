import pytest

from glotlift.evidence import Setting, run_recipe
from glotlift.recipes.picture_texts import (
    F1,
    FOREIGN,
    KEPT,
    LEAKED,
    OWN,
    TEXTS,
    all_rows,
    judge_rows,
    made_up,
    named_pictures,
)
from glotlift.recipes.wit import ALL, BY_PICTURE, BY_ROW, CHECKED, FILTERED, RECIPES

ROWS, SPLIT = RECIPES
LANGUAGES = ("eng_Latn", "hin_Deva")
TINY = Setting("world", {"languages": list(LANGUAGES), "pages": 12})


@pytest.fixture(scope="module")
def written():
    return made_up(LANGUAGES, 12, 0)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory):
    return run_recipe(ROWS, TINY, tmp_path_factory.mktemp("wit"), seeds=[0])


def values(shares, metric):
    return [shares[code][metric].value for code in LANGUAGES]


def test_rows_that_are_gold_score_one(written):
    articles, files = written
    good = {(page.id, one.file) for page in articles for one in page.shown if one.good}
    seen, rows = set(), []
    for row in all_rows(articles, files):
        key = (row.page_url, row.image_url)
        if (row.page_url.partition(".org/")[2], row.image_url) in good and key not in seen:
            rows.append(row)
        seen.add(key)
    shares = judge_rows(articles, files, rows)
    assert values(shares, F1) == values(shares, KEPT) == values(shares, TEXTS) == [1, 1]
    assert values(shares, OWN) == [1, 1]
    assert all(share > 0.2 for share in values(shares, FOREIGN))


def test_rows_twice_and_missing_rows_cost(written):
    articles, files = written
    rows = all_rows(articles, files)
    assert all(share < 1 for share in values(judge_rows(articles, files, rows + rows), F1))
    assert values(judge_rows(articles, files, []), F1) == [0, 0]


def test_the_rules_find_the_junk_and_every_row_is_accounted_for(evidence):
    arms = {arm["name"]: arm for arm in evidence["arms"]}
    assert arms[ALL]["metrics"][F1]["mean"] < arms[FILTERED]["metrics"][F1]["mean"]
    assert arms[FILTERED]["cost"]["rows unaccounted for"] == 0
    assert arms[FILTERED]["metrics"][KEPT]["mean"] == arms[ALL]["metrics"][KEPT]["mean"] == 1


def test_the_check_leaves_few_descriptions_in_other_languages(evidence):
    found = {arm["name"]: arm["metrics"][FOREIGN]["mean"] for arm in evidence["arms"]}
    assert found[CHECKED] < 0.2 < found[FILTERED]
    kept = {arm["name"]: arm["metrics"][OWN]["mean"] for arm in evidence["arms"]}
    assert kept[CHECKED] <= kept[FILTERED] == 1


def test_a_split_by_picture_shows_none_in_training(tmp_path):
    evidence = run_recipe(SPLIT, TINY, tmp_path, seeds=[0, 1])
    leaked = {arm["name"]: arm["metrics"][LEAKED]["mean"] for arm in evidence["arms"]}
    assert leaked[BY_PICTURE] == 0 < leaked[BY_ROW]


@pytest.mark.usefixtures("glotlift_data")
def test_real_pictures_have_names_in_many_languages():
    rows = named_pictures(SPLIT.setting("real"), 0)
    assert len({picture for picture, _, _ in rows}) == 320
    assert "yor_Latn" in {code for _, code, _ in rows}
