"""Revision over turns: gains that are there are found, and ones that are not are not."""

import numpy as np
import pytest
from datasets import Dataset

from glotlift.clients import ScriptedModel
from glotlift.evaluation.revision import (
    AGAIN,
    REVISIONS,
    Prompts,
    prompts_for,
    refuse_leak,
    revise,
    word_f1,
)
from glotlift.runs.errors import GlotliftError

COUNT = 40
GOOD = "The baker sells five loaves to the old man."
BAD = "The baker sells five horses to the old man."


def rows(count=COUNT, **columns):
    texts = [GOOD.replace("five", str(number)) for number in range(count)]
    return Dataset.from_dict(
        {
            "id": [str(number) for number in range(count)],
            "language": ["eng_Latn"] * count,
            "source_language": ["spa_Latn"] * count,
            "source_text": [f"El panadero vende {n} panes al viejo." for n in range(count)],
            "text": texts,
            **columns,
        }
    )


def number_of(messages):
    return messages[0]["content"].split("vende ")[1].split()[0]


def scripted(wrong, mends):
    """A client that errs in the rows of a set, and mends when what it is asked holds some words."""

    def talk(messages):
        number = number_of(messages)
        asked = messages[-1]["content"]
        mended = len(messages) > 1 and any(word in asked for word in mends)
        text = GOOD if mended or int(number) not in wrong else BAD
        return text.replace("five", number)

    return ScriptedModel(talk=talk)


def test_fixable_errors_of_a_known_rate_give_their_gain():
    wrong = set(range(0, COUNT, 4))
    found = revise(scripted(wrong, ["Post-edit"]), rows())
    lost = 100 - found.scores[0][sorted(wrong)]
    assert found.scores[1].tolist() == pytest.approx([100] * COUNT)
    assert found.gains[0].estimate == pytest.approx(lost.sum() / COUNT)
    assert found.gains[0].low > 0
    assert found.retry.estimate == 0
    assert found.beyond.estimate == pytest.approx(found.gains[0].estimate)
    assert found.same == pytest.approx(1 - len(wrong) / COUNT)


def test_a_client_that_repeats_itself_gains_nothing():
    found = revise(scripted({1, 2, 3}, []), rows(), turns=3)
    assert [gain.estimate for gain in found.gains] == [0, 0]
    assert [(gain.low, gain.high) for gain in found.gains] == [(0, 0)] * 2
    assert found.same == 1
    assert len(found.replies) == 3


def test_gain_by_mere_retry_is_told_apart():
    found = revise(scripted(set(range(20)), ["Post-edit", "Again"]), rows())
    assert found.gains[0].low > 0
    assert found.retry.estimate == pytest.approx(found.gains[0].estimate)
    assert found.beyond.estimate == pytest.approx(0)


def test_drafts_stand_in_the_history_and_are_turn_one():
    seen = []

    def talk(messages):
        seen.append([message["content"] for message in messages])
        return GOOD

    drafts = [BAD] * 3
    found = revise(ScriptedModel(talk=talk), rows(3), drafts=drafts)
    assert found.replies[0] == drafts
    assert {told[1] for told in seen} == {BAD}
    assert {len(told) for told in seen} == {3}
    with pytest.raises(GlotliftError, match="143"):
        revise(ScriptedModel(talk=talk), rows(3), drafts=[BAD])


@pytest.mark.parametrize(
    "revision",
    ["It should be: {text}", "Right is “{text}”, mind.", "Say: the baker sells {id} loaves to it"],
)
def test_a_turn_that_gives_the_reference_away_is_refused(revision):
    leaking = Prompts("Translate: {source_text}", (revision,), "Again.")
    with pytest.raises(GlotliftError, match="140") as caught:
        revise(scripted(set(), []), rows(), prompts=leaking)
    assert "row 0" in str(caught.value)


def test_what_the_first_turn_said_is_no_leak():
    row = {"id": "1", "language": "zho_Hans"}
    refuse_leak("改短：园丁读四本书", "概括：园丁读四本书", "园丁读四本书", row)
    with pytest.raises(GlotliftError, match="140"):
        refuse_leak("改成：园丁读四本书", "概括", "园丁读四本书", row)
    refuse_leak("Not now.", "Is it?", "no", {"id": "1", "language": "eng_Latn"})


def test_summaries_are_asked_to_be_shorter_and_scored_by_words():
    texts = rows(4).rename_column("text", "summary").add_column("text", ["A long story."] * 4)
    found = revise(
        ScriptedModel(talk=lambda told: GOOD if "shorter" in told[-1]["content"] else GOOD * 2),
        texts, kind="summaries",
    )  # fmt: skip
    assert found.gains[0].low > 0
    assert word_f1(["a b b"], ["B c"], ["eng_Latn"]).tolist() == [pytest.approx(40)]
    assert word_f1([""], [""], ["eng_Latn"]).tolist() == [0]


def test_prompts_are_in_english_or_in_the_language_that_has_some():
    assert prompts_for("translation", "zho_Hans").again == "Again."
    own = prompts_for("translation", "zho_Hans", instructions="target", turns=3)
    assert own.revisions == (REVISIONS["translation"]["zho"],) * 2
    assert own.first.startswith("从")
    assert prompts_for("summaries", "swh_Latn", instructions="target").spoken == "eng"
    for known in REVISIONS.values():
        assert known.keys() == AGAIN.keys()
    for code, arguments in (("141", {"turns": 1}), ("142", {"kind": "poems"})):
        with pytest.raises(GlotliftError, match=code):
            prompts_for(**{"kind": "translation", "code": "eng_Latn", **arguments})


def test_only_what_converses_is_asked():
    with pytest.raises(GlotliftError, match="065"):
        revise(object(), rows())


def test_scores_are_by_turn_and_row():
    found = revise(
        scripted({0}, ["Post-edit"]), rows(6),
        score=lambda replies, references, codes: np.array(
            [float(a == b) for a, b in zip(replies, references, strict=True)]
        ),
    )  # fmt: skip
    assert found.scores.shape == (2, 6)
    assert found.scores[0].tolist() == [0, 1, 1, 1, 1, 1]
