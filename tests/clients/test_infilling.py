"""Gaps are written by a model that has learnt them by heart, and the text around them stays."""

from functools import cache

import numpy as np
import pytest
import torch

from glotlift.clients import infill
from glotlift.clients.infilling import continue_prefixes, encode, greedy, put_in, spans_in
from glotlift.objectives.denoisers import sentinels_of
from glotlift.objectives.layouts import Example, as_mask, layout_for, prefix_attention
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary import add_denoising_tokens, apply_edit, random_rows
from tiny import TEXTS, model_of
from tiny import tokenizer as plain_tokenizer

LEARNT = {
    "The heron waits___ the river___ light goes.": (" beside", " until the"),
    "Three___, 42 nets and one old dog": (" boats",),
    "Waits the river, sleeps___ has a storm.": (" the fish, and the village",),
}
KINDS = ("llama", "t5")


@cache
def tokenizer():
    return add_denoising_tokens(plain_tokenizer(), sentinels=6).tokenizer(plain_tokenizer())


def untrained(kind):
    edit = add_denoising_tokens(plain_tokenizer(), sentinels=6)
    return apply_edit(model_of(kind), edit, random_rows)


@cache
def learnt(kind):
    """Return a model that knows the three texts by heart."""
    model, sentinels = untrained(kind), sentinels_of(tokenizer())
    mode = tokenizer().convert_tokens_to_ids("[NLU]")
    examples = []
    for text, spans in LEARNT.items():
        target = [
            x
            for number, span in enumerate(spans)
            for x in [sentinels[number], *tokenizer()(span, add_special_tokens=False)["input_ids"]]
        ]
        source = [mode, *encode(tokenizer(), text.split("___"))]
        examples.append([Example(np.array(source), np.array(target))])
    layout = layout_for(model, tokenizer())
    batch = layout.lay_out(examples)
    optimiser = torch.optim.Adam(model.parameters(), lr=1e-2 if kind == "t5" else 3e-3)
    for _ in range(100):
        loss, _ = layout.loss(model, batch)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


@pytest.mark.parametrize("kind", KINDS)
def test_what_was_learnt_stands_in_the_gaps(kind):
    found = infill(learnt(kind), tokenizer(), list(LEARNT), max_new_tokens=24)
    assert [filled.spans for filled in found] == list(LEARNT.values())
    assert found[0].text == TEXTS[0]
    assert found[1].text == "Three boats, 42 nets and one old dog"


@pytest.mark.parametrize("kind", KINDS)
def test_answers_do_not_depend_on_the_batch(kind):
    together = infill(learnt(kind), tokenizer(), list(LEARNT), max_new_tokens=24)
    alone = [infill(learnt(kind), tokenizer(), [text], max_new_tokens=24)[0] for text in LEARNT]
    assert together == alone
    assert together == infill(
        learnt(kind), tokenizer(), list(LEARNT), max_new_tokens=24, batch_tokens=8
    )


def test_spaces_before_a_gap_are_written_and_others_stay():
    asked = "The heron waits ___ the river  ___ light goes."
    found = infill(learnt("llama"), tokenizer(), [asked], max_new_tokens=24)[0]
    assert found.text == TEXTS[0]
    parts = ["\tA  heron ", "  waits,\nthen ", " goes "]
    body = encode(tokenizer(), parts)
    spans = [tokenizer()(text)["input_ids"] for text in (" here", "")]
    kept = put_in(tokenizer(), parts, body, spans, sentinels_of(tokenizer()).tolist())
    assert kept.text == "\tA  heron here  waits,\nthen goes "
    other = infill(learnt("llama"), tokenizer(), ["Three[?], 42"], gap="[?]", max_new_tokens=8)
    assert len(other[0].spans) == 1


@pytest.mark.parametrize("kind", ["llama", "gpt2", "gptj", "qwen2"])
def test_the_cache_writes_what_reading_all_anew_at_each_token_writes(kind):
    model = untrained(kind).eval()
    rows = [[0, 20, 31, 44, 59], [0, 90, 12]]
    written = continue_prefixes(model, rows, greedy(model, tokenizer(), 6))
    for row, ids in zip(rows, written, strict=True):
        whole = list(row)
        for number in ids:
            length = len(whole)
            ones = torch.ones(1, length, dtype=torch.long)
            read = torch.tensor([[1] * len(row) + [0] * (length - len(row))])
            with torch.no_grad():
                logits = model(
                    input_ids=torch.tensor([whole]),
                    attention_mask=as_mask(prefix_attention(ones, read), model),
                    position_ids=torch.arange(length)[None],
                    use_cache=False,
                ).logits
            assert int(logits[0, -1].argmax()) == number
            whole.append(number)


def test_spans_are_read_up_to_the_next_sentinel_and_missing_ones_are_empty():
    assert spans_in([7, 1, 2, 9, 3], [7, 8, 9], [7, 8, 9]) == [[1, 2], [], [3]]
    assert spans_in([1, 2], [7], [7, 8]) == [[]]
    assert spans_in([7, 1, 7, 2], [7], [7, 8]) == [[1]]
    parts = ["The heron", " waits"]
    body = encode(tokenizer(), parts)
    empty = put_in(tokenizer(), parts, body, [[]], sentinels_of(tokenizer()).tolist())
    assert (empty.text, empty.spans) == ("The heron waits", ("",))


def test_what_cannot_be_filled_is_refused():
    model = learnt("llama")
    with pytest.raises(GlotliftError, match="GL-CLIENT-040"):
        infill(model, tokenizer(), ["a gap ___", "no gap"])
    with pytest.raises(GlotliftError, match="GL-CLIENT-041"):
        infill(model, tokenizer(), ["___ " * 7])
    with pytest.raises(GlotliftError, match="GL-CLIENT-003"):
        infill(model, tokenizer(), ["___" + "the river " * 60])
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-040"):
        infill(model_of("llama"), plain_tokenizer(), ["___"])
    with pytest.raises(GlotliftError, match="GL-OBJECTIVE-042"):
        infill(untrained("bloom"), tokenizer(), ["___"])
