import copy
from itertools import pairwise

import numpy as np
import pytest
import torch
from datasets import Dataset

from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.instructions import InstructionTuning
from glotlift.objectives.named import objective_named
from glotlift.objectives.packing import columns
from glotlift.runs.errors import GlotliftError
from tiny import TEXTS, model_of, tokenizer

TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}</s>{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)
PAIRS = [
    {"prompt": asked, "response": answered}
    for asked, answered in zip(TEXTS[:4], TEXTS[4:], strict=True)
]
TURNS = {
    "messages": [
        {"role": "user", "content": "ni?"},
        {"role": "assistant", "content": "no"},
        {"role": "user", "content": "kan"},
        {"role": "assistant", "content": "the river"},
    ]
}


def templated(template=TEMPLATE):
    found = copy.deepcopy(tokenizer())
    found.chat_template = template
    return found


def pieces_of(objective, rows):
    flat, offsets = columns(objective.prepare(Dataset.from_list(rows)), objective.columns)
    return [flat[a:b] for a, b in pairwise(offsets)]


def learnt(objective, piece):
    return objective.tokenizer.decode(piece[piece[:, 1] == 1, 0])


@pytest.fixture(params=["plain", "template"])
def objective(request):
    return InstructionTuning(tokenizer() if request.param == "plain" else templated())


def test_an_answer_and_its_end_are_learnt_and_nothing_else(objective):
    for piece, pair in zip(pieces_of(objective, PAIRS), PAIRS, strict=True):
        assert learnt(objective, piece) == pair["response"] + "</s>"


def test_every_answer_of_a_conversation_is_learnt(objective):
    (piece,) = pieces_of(objective, [TURNS])
    assert learnt(objective, piece) == "no</s>the river</s>"


def test_a_prompt_is_asked_as_it_was_learnt(objective):
    for piece, pair in zip(pieces_of(objective, PAIRS), PAIRS, strict=True):
        before = piece[: np.flatnonzero(piece[:, 1])[0], 0].tolist()
        asked = objective.encode(objective.ask(pair["prompt"]))
        assert before[-len(asked) :] == asked


def test_packed_answers_cost_what_the_model_says_of_each_alone(objective):
    """The model's own loss with -100 on what is asked, one conversation at a time."""
    model = model_of("llama")
    pieces = pieces_of(objective, [*PAIRS])
    blocks = [[pieces[0], pieces[2]], [pieces[1]], [pieces[3]]]
    batch = objective.collate(blocks, [0, 1, 2])
    total, logs = objective.loss(model, batch)
    expected, count = 0.0, 0
    for piece in pieces:
        ids = torch.from_numpy(piece[:, 0].astype("int64"))[None]
        labels = ids.masked_fill(torch.from_numpy(piece[:, 1] == 0)[None], IGNORED)
        answers = int((labels[:, 1:] != IGNORED).sum())
        expected += model(input_ids=ids, labels=labels).loss.item() * answers
        count += answers
    assert total.item() == pytest.approx(expected, rel=1e-5)
    assert len(logs["each"]) == count


def test_the_slope_is_that_of_finite_differences():
    model, objective = model_of("llama").double(), InstructionTuning(tokenizer())
    batch = objective.collate([pieces_of(objective, PAIRS[:1])], [0])
    weight = model.model.layers[0].mlp.up_proj.weight

    def loss():
        return objective.loss(model, batch)[0]

    loss().backward()
    length = weight.grad.norm()
    step = 1e-3 * weight.grad / length
    with torch.no_grad():
        weight += step
        above = loss().item()
        weight -= 2 * step
        below = loss().item()
    assert length.item() == pytest.approx((above - below) / 2e-3, rel=1e-3)


def test_it_has_a_name():
    assert isinstance(
        objective_named("instructions", model_of("llama"), tokenizer(), separator=" "),
        InstructionTuning,
    )


REVERSING = "{% for m in messages|reverse %}<{{ m.role }}>{{ m.content }}{% endfor %}"


@pytest.mark.parametrize(
    ("code", "refused"),
    [
        ("080", lambda: objective_named("instructions", model_of("t5"), tokenizer())),
        ("080", lambda: objective_named("instructions", model_of("bert"), tokenizer())),
        ("081", lambda: pieces_of(InstructionTuning(tokenizer()), [{"text": "a"}])),
        ("082", lambda: pieces_of(InstructionTuning(tokenizer()), [PAIRS[0] | {"response": ""}])),
        ("083", lambda: pieces_of(InstructionTuning(templated(REVERSING)), [TURNS])),
    ],
)
def test_what_cannot_be_tuned_on_is_refused(code, refused):
    with pytest.raises(GlotliftError, match=f"GL-OBJECTIVE-{code}"):
        refused()
