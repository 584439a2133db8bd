from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from datasets import Dataset
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift.corpus import Mixture, changing, equal_bytes, hand
from glotlift.objectives.features import FEATURES
from glotlift.objectives.packing import columns, pack
from glotlift.runs.errors import GlotliftError
from glotlift.training.schedule import Budget, Documents, Ramp, plan_blocks

BLOCK = 64


def corpus(lengths_by_source, bytes_per_token=3):
    """Rows and features whose token ids tell source, row and place, so that each can be found."""
    rows, features = {}, {}
    for number, (name, lengths) in enumerate(lengths_by_source.items()):
        sizes = [bytes_per_token * n for n in lengths]
        rows[name] = Dataset.from_dict(
            {"id": [f"{name}{i}" for i in range(len(lengths))], "text": ["x" * n for n in sizes]}
        )
        ids = [[number * 10**6 + row * 1000 + t for t in range(n)] for row, n in enumerate(lengths)]
        features[name] = Dataset.from_dict({"input_ids": ids, "bytes": sizes}, features=FEATURES)
    return rows, Documents(features)


def lognormal(count, seed, mean=3.3):
    return np.random.default_rng(seed).lognormal(mean, 0.9, count).astype(int).clip(1, 400).tolist()


ROWS, DOCUMENTS = corpus({"yor_Latn": lognormal(900, 1), "replay:eng_Latn": lognormal(700, 2, 3.8)})
SHARES = {"yor_Latn": 0.7, "replay:eng_Latn": 0.3}


def planned(budget, documents=DOCUMENTS, rows=ROWS, policy=None, seed=0, **settings):
    mixture = Mixture(rows, policy or hand(SHARES), seed=seed)
    given_settings = {"block": BLOCK, "blocks_per_step": 4, "overlap": 1, "packs": True, **settings}
    return plan_blocks(documents, mixture, budget, seed=seed, **given_settings)


def read(plan, overlap=1):
    """Tokens by (source, row) as they stand in the blocks, the overlap once; a recount."""
    seen = Counter()
    for block in plan.blocks:
        for index in block:
            source, row, start, stop = plan.pieces[index].tolist()
            seen[source, row] += stop - start - (overlap if start else 0)
    return seen


@pytest.mark.parametrize("overlap", [0, 1])
@pytest.mark.parametrize("amount", [1, 2, 100, 5_000, 5_001, 40_000, 120_000])
def test_a_budget_in_tokens_is_met_to_the_token(amount, overlap):
    plan = planned(Budget(amount, "tokens"), overlap=overlap)
    assert plan.total_tokens == amount
    assert sum(read(plan, overlap).values()) == amount


@pytest.mark.parametrize("amount", [10, 1_000, 77_777, 200_000])
def test_a_budget_in_bytes_is_met_to_within_a_token(amount):
    assert planned(Budget(amount, "bytes")).total_bytes == pytest.approx(amount, abs=3)


@pytest.mark.parametrize("packs", [True, False])
@pytest.mark.parametrize("steps", [1, 7, 60])
def test_a_budget_in_steps_fills_exactly_that_many(steps, packs):
    plan = planned(Budget(steps, "steps"), packs=packs)
    assert len(plan.blocks) == steps * 4


@pytest.mark.parametrize("unit", ["steps", "tokens", "bytes"])
@pytest.mark.parametrize("amount", [0, -3])
def test_a_budget_of_nothing_is_refused(amount, unit):
    with pytest.raises(GlotliftError, match="GL-TRAINING-001"):
        Budget(amount, unit)


@pytest.mark.parametrize("packs", [True, False])
def test_no_block_is_longer_than_it_may_be(packs):
    plan = planned(Budget(40_000, "tokens"), packs=packs)
    lengths = plan.pieces[:, 3] - plan.pieces[:, 2]
    assert max(lengths[block].sum() for block in plan.blocks) <= BLOCK
    assert packs or max(map(len, plan.blocks)) == 1


def test_packing_leaves_less_than_three_percent_empty():
    plan = planned(Budget(120_000, "tokens"))
    assert plan.total_tokens / (len(plan.blocks) * BLOCK) > 0.97


def test_no_piece_is_lost_or_doubled():
    plan = planned(Budget(60_000, "tokens"))
    placed = [index for block in plan.blocks for index in block]
    assert sorted(placed) == list(range(len(plan.pieces)))


def test_an_epoch_reads_every_token_of_every_document_once_and_the_next_again():
    rows, documents = corpus({"yor_Latn": lognormal(300, 4)})
    total = len(documents.columns[0][0])
    for epochs in (1, 2):
        plan = planned(
            Budget(epochs * total, "tokens"), documents, rows, hand({"yor_Latn": 1.0}), overlap=0
        )
        tokens = Counter(
            int(token)
            for block in plan.blocks
            for index in block
            for token in documents.piece(*plan.pieces[index].tolist())
        )
        assert set(tokens.values()) == {epochs}
        assert len(tokens) == total


def test_the_second_epoch_has_another_order():
    rows, documents = corpus({"yor_Latn": [8] * 100})
    plan = planned(Budget(1600, "tokens"), documents, rows, hand({"yor_Latn": 1.0}))
    first, second = plan.pieces[:100, 1].tolist(), plan.pieces[100:, 1].tolist()
    assert sorted(first) == sorted(second) == list(range(100))
    assert first != second


def test_shares_of_bytes_are_those_of_the_mixture():
    plan = planned(Budget(300_000, "bytes"))
    share = plan.bytes["yor_Latn"] / plan.total_bytes
    assert share == pytest.approx(0.7, abs=0.02)


def test_counts_are_what_the_blocks_hold():
    plan = planned(Budget(90_000, "bytes"))
    seen = read(plan)
    for number, name in enumerate(plan.sources):
        mine = {row: count for (source, row), count in seen.items() if source == number}
        assert plan.tokens[name] == sum(mine.values())
        assert plan.bytes[name] == pytest.approx(3 * sum(mine.values()), abs=1)  # three a token
        starts = sum(
            plan.pieces[i, 0] == number and plan.pieces[i, 2] == 0 for b in plan.blocks for i in b
        )
        assert plan.documents[name] == starts


def test_counts_of_a_budget_in_steps_leave_out_what_did_not_fit():
    plan = planned(Budget(3, "steps"), packs=False)
    assert plan.total_tokens == sum(read(plan).values()) < 3 * 4 * BLOCK


def test_the_same_question_has_the_same_plan_and_another_seed_another():
    one, two, other = (planned(Budget(30_000, "tokens"), seed=seed) for seed in (0, 0, 1))
    assert (one.pieces == two.pieces).all()
    assert one.blocks == two.blocks
    assert one.blocks != other.blocks


def test_a_larger_budget_begins_with_the_same_documents():
    small, large = planned(Budget(20_000, "tokens")), planned(Budget(60_000, "tokens"))
    shared = len(small.pieces) - 2  # the last document of the small one is cut
    assert (small.pieces[:shared] == large.pieces[:shared]).all()


def test_blocks_are_shuffled_so_that_long_and_short_documents_mix():
    plan = planned(Budget(60_000, "tokens"))
    pieces_per_block = np.asarray([len(block) for block in plan.blocks])
    half = len(pieces_per_block) // 2
    assert pieces_per_block[:half].mean() == pytest.approx(pieces_per_block[half:].mean(), rel=0.25)


def test_a_piece_holds_the_documents_tokens():
    assert DOCUMENTS.piece(1, 5, 0, DOCUMENTS.length(1, 5)).tolist() == [
        10**6 + 5000 + t for t in range(DOCUMENTS.length(1, 5))
    ]
    assert (
        DOCUMENTS.piece(0, 7, 2, 4).tolist() == [7002, 7003][: max(0, DOCUMENTS.length(0, 7) - 2)]
    )


@settings(max_examples=20)
@given(
    st.lists(st.integers(1, 90), min_size=1, max_size=12),
    st.lists(st.integers(1, 90), min_size=1, max_size=12),
    st.integers(1, 800),
    st.integers(8, 40),
    st.booleans(),
    st.sampled_from([0, 1]),
)
def test_any_corpus_meets_a_budget_in_tokens(first, second, amount, block, packs, overlap):
    rows, documents = corpus({"a": first, "b": second})
    plan = planned(
        Budget(amount, "tokens"),
        documents,
        rows,
        equal_bytes,
        block=block,
        packs=packs,
        overlap=overlap,
    )
    assert plan.total_tokens == sum(read(plan, overlap).values()) == amount
    lengths = plan.pieces[:, 3] - plan.pieces[:, 2]
    assert all(lengths[b].sum() <= block for b in plan.blocks)
    assert not packs or len(plan.blocks) == len(pack(lengths, block))


def test_columns_of_documents_are_not_copied():
    flat, _ = DOCUMENTS.columns[0]
    assert np.shares_memory(DOCUMENTS.piece(0, 3, 0, 2), flat)
    assert len(columns(FEATURES_ROWS)[0]) == 3


FEATURES_ROWS = Dataset.from_dict({"input_ids": [[1], [2, 3]], "bytes": [1, 2]}, features=FEATURES)


def step_sizes(plan, per_step):
    filled = [bool(block) for block in plan.blocks]
    return [sum(filled[at : at + per_step]) for at in range(0, len(filled), per_step)]


@pytest.mark.parametrize("share", [0.3, 1.0])
@pytest.mark.parametrize(("unit", "amount"), [("steps", 40), ("tokens", 30_000)])
def test_steps_grow_to_all_their_blocks(unit, amount, share):
    plan = planned(Budget(amount, unit), blocks_per_step=8, ramp=Ramp(share, 2))
    sizes = step_sizes(plan, 8)
    steps = len(sizes)
    expected = [int(2 + 6 * min(1, step / (share * steps))) for step in range(steps)]
    assert sizes[:-1] == expected[:-1]
    assert 0 < sizes[-1] <= 8
    assert steps == amount if unit == "steps" else plan.total_tokens == amount
    assert sum(read(plan).values()) == plan.total_tokens


@pytest.mark.parametrize("packs", [True, False])
def test_a_step_is_of_one_source_and_nothing_is_lost(packs):
    budget = Budget(60_000, "tokens")
    plan = planned(budget, one_source=True, packs=packs)
    mixed = planned(budget, packs=packs)
    assert read(plan) == read(mixed)
    steps = [plan.blocks[at : at + 4] for at in range(0, len(plan.blocks), 4)]
    of = [{int(plan.pieces[i][0]) for block in step for i in block} for step in steps]
    assert all(len(sources) == 1 for sources in of)
    turns = sum(one != other for one, other in pairwise(of))
    assert turns > len(steps) / 8  # both sources come by turns, not one after the other


def test_steps_of_one_source_fill_a_budget_in_steps():
    plan = planned(Budget(30, "steps"), one_source=True)
    assert len(plan.blocks) == 30 * 4


def test_a_mixture_that_changes_is_read_in_its_order():
    policy = changing(hand({"yor_Latn": 1.0, "replay:eng_Latn": 0.0}),
                      hand({"yor_Latn": 0.0, "replay:eng_Latn": 1.0}), over=180_000)  # fmt: skip
    plan = planned(Budget(180_000, "bytes"), policy=policy)
    tenths = np.array_split(np.arange(len(plan.blocks)), 5)
    shares = []
    for part in tenths:
        held = plan.pieces[[i for number in part for i in plan.blocks[number]]]
        lengths = held[:, 3] - held[:, 2]
        shares.append(lengths[held[:, 0] == 1].sum() / lengths.sum())
    assert shares == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9], abs=0.1)
    assert plan.bytes["yor_Latn"] / plan.total_bytes == pytest.approx(0.5, abs=0.05)
