import pytest
from datasets import Dataset

from glotlift.commands.world_check import answered, shared_questions
from glotlift.world.tasks.catalogue import TASKS

RANKING = TASKS["retrieval_queries"]


@pytest.mark.parametrize("code", ["eng_Latn", "zho_Hans"])
def test_no_query_has_the_same_answer_in_both_splits(code):
    train, test = (RANKING.make(code, 120, split=split, seed=0) for split in ("train", "test"))
    assert shared_questions(RANKING, code, train, test) == 0
    assert len(answered(code, 120, "test")) >= 120


def test_a_question_of_both_splits_is_counted():
    task = TASKS["topic"]
    rows = [{name: f"{name} {i}" for name in task.reads} for i in range(4)]
    train, test = Dataset.from_list(rows[:3]), Dataset.from_list(rows[2:])
    assert shared_questions(task, "eng_Latn", train, test) == 1
