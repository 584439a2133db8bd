"""Understanding, writing and revising: what arms read, and what scripted clients gain."""

import gzip
import json

import numpy as np
import pytest

from glotlift.clients import ScriptedModel
from glotlift.evidence import Setting
from glotlift.recipes import revising_models as revising
from glotlift.recipes import two_way_models as two_way
from glotlift.recipes import typed_answers as typed
from glotlift.recipes.chatgpt_mmm import (
    DIRECTIONS,
    HALLUCINATION,
    IN_THE_WORLD,
    RECIPES,
    REVISION,
    TALKS,
)
from glotlift.recipes.few_words import said
from glotlift.vocabulary.language_codes import language_codes

SMALL = {"drawn": 1200, "pairs": 30, "asked": 4, "pieces": 400, "width": 32, "layers": 1}
TOY = IN_THE_WORLD | SMALL | {
    "languages": ["spa_Latn", "swh_Latn", "hin_Deva", "rus_Cyrl"], "amounts": [0.5, 1.5],
    "sentences": 40, "tokens": 250,
}  # fmt: skip
TALKING = TALKS | SMALL | {"tokens": 250}
KEY = json.dumps(TOY, sort_keys=True)


def arms(recipe):
    return {arm.name: arm for arm in recipe.arms}


def test_arms_differ_in_what_is_written_or_in_the_layout():
    assert [set(arm.run.keywords) for arm in DIRECTIONS.arms] == [{"deal"}] * 3
    assert [set(arm.run.keywords) for arm in REVISION.arms] == [{"layout", "turns"}] * 3
    assert {recipe.name for recipe in RECIPES} == {"chatgpt-mmm"}


def test_english_is_written_less_from_arm_to_arm():
    web, alike, even = (way(TOY, 0) for way in (two_way.as_on_the_web, two_way.alike, two_way.even))
    others = [share for code, share in web.plain.items() if code != "eng_Latn"]
    assert web.plain["eng_Latn"] == 5 * np.mean(others)
    assert len(set(alike.plain.values())) == 1
    assert (web.into, alike.into, even.into) == (0.5, 0.5, 1 / 5)
    assert even.plain == alike.plain


def test_text_is_dealt_alike_in_both_scripts_and_otherwise_by_every_seed():
    dealt = [two_way.amounts(TOY, seed) for seed in range(8)]
    for each in dealt:
        for codes in two_way.groups(TOY).values():
            assert sorted(each[code] for code in codes) == TOY["amounts"]
    assert len({tuple(sorted(each.items())) for each in dealt}) > 1
    plain = two_way.dealt(said(KEY).plain, {"eng_Latn": 3.0, "spa_Latn": 1.0}, 0, 40)
    assert {code: len(texts) for code, texts in plain.items()} == {"eng_Latn": 30, "spa_Latn": 10}


def test_pairs_are_read_into_english_as_often_as_asked():
    tokenizer = two_way.tokenizer_for(KEY)
    english = language_codes(tokenizer)["eng_Latn"]
    known = said(KEY)
    stream = two_way.lessons(tokenizer, TOY | {"plain": 0.0}, known.plain, known.pairs, 0.2, 0)
    into = np.mean([next(stream)[1][0] == english for _ in range(1000)])
    assert into == pytest.approx(0.2, abs=0.04)
    assert two_way.repeated(known.held_out, known.pairs, known.plain) == 0


def test_a_toy_cell_of_directions_runs_and_its_gaps_add_up(tmp_path):
    found = arms(DIRECTIONS)["as on the web"].run(Setting("world", TOY), 0, tmp_path)
    assert set(found.scores) == set(DIRECTIONS.metrics)
    assert found.budget == pytest.approx(TOY["tokens"], abs=20)
    for script in (two_way.LATIN, two_way.OTHER):
        parts = [found.scores[f"{way}, {script}"] for way in (two_way.INTO, two_way.OUT)]
        assert np.allclose(found.scores[f"{two_way.GAP}, {script}"], parts[0] - parts[1])
    assert (
        found.cost["hin_Deva, into English, copied"] < found.cost["spa_Latn, into English, copied"]
    )


def test_a_toy_cell_of_revision_runs(tmp_path):
    found = arms(REVISION)["drafts mended"].run(Setting("world", TALKING), 0, tmp_path)
    assert set(found.scores) == set(REVISION.metrics)
    gain = found.scores[revising.LAST] - found.scores[revising.FIRST]
    assert np.allclose(gain, found.scores[revising.GAIN])


def test_layouts_mend_repeat_or_say_it_once():
    rng, known = np.random.default_rng(0), ["horse", "seven", "Omar"]
    source, target = "Ana vende pan.", "Anna sells bread."
    assert revising.single(source, target, known, rng) == [(source, target)]
    mended = [revising.corrected(source, target, known, rng) for _ in range(60)]
    for (asked, draft), (then, reply) in mended:
        assert asked == source
        assert reply == (target if then == revising.REVISE else draft)
    assert 15 < sum(talk[0][1] != target for talk in mended) < 45
    assert all(
        talk[0][1] == talk[1][1]
        for talk in (revising.repeated(source, target, known, rng) for _ in range(20))
    )


def test_errors_are_of_the_rate_asked_and_keep_marks_and_capitals():
    rng = np.random.default_rng(0)
    known = revising.long_words(["Omar sells bread.", "Seven horses sleep!"])
    assert known == ["Omar", "Seven", "bread", "horses", "sells", "sleep"]
    texts = [revising.spoilt("Omar sells bread.", known, rng) for _ in range(200)]
    assert "Omar sells bread." not in texts
    assert all(text.endswith(".") and text[0] in "OS" for text in texts)
    assert revising.spoilt("It is.", known, rng) == "It is."


def test_scripted_clients_gain_what_they_mend(monkeypatch):
    monkeypatch.setattr(revising, "LONGEST", 200)  # characters, of a scripted client
    rows = revising.held_out(TALKING, json.dumps(TALKING, sort_keys=True))
    right = dict(zip(rows["source_text"], rows["text"], strict=True))

    def mends(messages):
        asked = [message["content"] for message in messages if message["role"] == "user"]
        return right[asked[0]] if asked[-1] == revising.REVISE else "the"

    def repeats(messages):
        return messages[1]["content"] if len(messages) > 1 else "the"

    known = revising.long_words(rows["text"])
    scores, cost = revising.revised(ScriptedModel(talk=mends), rows, known, 2)
    assert scores[revising.LAST].tolist() == pytest.approx([100] * len(rows))
    assert scores[revising.GAIN].min() > 0
    assert scores[revising.PLANTED].mean() == pytest.approx(100 - cost["chrF++ of planted drafts"])
    assert scores[revising.RETRY].tolist() == [0] * len(rows)
    scores, cost = revising.revised(ScriptedModel(talk=repeats), rows, known, 2)
    for name in (revising.GAIN, revising.PLANTED, revising.KEPT, revising.BEYOND):
        assert scores[name].tolist() == [0] * len(rows)
    assert cost["second replies that are the first"] == 1


def test_real_rows_have_text_in_all_languages_and_splits_apart(tmp_path):
    texts = {
        "eng_Latn": ["One.", "", "Three.", "Four."],
        "hin_Deva": ["एक।", "दो।", "तीन।", "चार।"],
    }
    for code, some in texts.items():
        with gzip.open(tmp_path / f"{code}.txt.gz", "wt", encoding="utf-8") as file:
            file.write("\n".join(some))
    values = {"text": f"{tmp_path}/{{}}.txt.gz", "pivot": "eng_Latn", "languages": ["hin_Deva"],
              "longest": 50, "asked": 1, "pairs": 9, "plain": 0.0}  # fmt: skip
    found = said(json.dumps(values, sort_keys=True))
    assert found.held_out == {"eng_Latn": ["One."], "hin_Deva": ["एक।"]}
    assert found.pairs["eng_Latn"] == ["Three.", "Four."]
    assert found.plain == {}


def test_types_of_scripted_models_are_guessed_and_counted(tmp_path):
    toy = HALLUCINATION.setting("world").values | {"tested": 12, "shares": [0.4]}
    toy |= {"languages": ["tur_Latn"]}
    found = {arm.name: arm.run(Setting("world", toy), 0, tmp_path) for arm in HALLUCINATION.arms}
    assert {one.budget for one in found.values()} == {48}
    rule, english, one = (found[name] for name in (typed.RULE, typed.IN_ENGLISH, typed.ONE))
    assert rule.scores[typed.HOME].tolist() == english.scores[typed.HOME].tolist()
    assert english.scores[typed.FALL].tolist() == [0.0] * 12
    assert rule.scores[typed.HOME].mean() > 0.6
    truth = typed.true_types(typed.planted(typed.key_of(toy), 0, 1.0, 12)["eng_Latn"])
    contradictions = [kind == typed.INTRINSIC for row in typed.types_of(truth) for kind in row]
    assert one.scores[typed.HOME].mean() == pytest.approx(np.mean(contradictions))
    missed = typed.extrinsic(
        typed.true_types(typed.planted(typed.key_of(toy), 0, 0.4, 12)["tur_Latn"])
    )
    assert one.scores[typed.MISSED][1] == pytest.approx(missed)
