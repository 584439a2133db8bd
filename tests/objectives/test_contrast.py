import math

import pytest
import torch

from glotlift.objectives.contrast import Contrast
from glotlift.runs.errors import GlotliftError


def vectors(pairs=6, width=8, dtype=torch.float64):
    return torch.randn(pairs, 2, width, generator=torch.Generator().manual_seed(1), dtype=dtype)


def by_hand(rows, similarity, temperature, negatives):
    """Return [pairs, 2] losses, one vector at a time."""
    flat = [row for pair in rows for row in pair]

    def alike(one, other):
        product = float(one @ other)
        return product / float(one.norm() * other.norm()) if similarity == "cosine" else product

    losses = []
    for place, row in enumerate(flat):
        partner = place + 1 if place % 2 == 0 else place - 1
        rivals = [
            other
            for other in range(len(flat))
            if other != place and (negatives == "both sides" or other % 2 == partner % 2)
        ]
        odds = {other: math.exp(alike(row, flat[other]) / temperature) for other in rivals}
        losses.append(-math.log(odds[partner] / sum(odds.values())))
    return torch.tensor(losses, dtype=torch.float64).view(-1, 2)


@pytest.mark.parametrize("similarity", ["cosine", "dot"])
@pytest.mark.parametrize("negatives", ["both sides", "other side"])
def test_losses_are_those_of_a_plain_softmax(similarity, negatives):
    rows = vectors()
    found = Contrast(similarity, 0.3, negatives).losses(rows)
    assert torch.allclose(found, by_hand(rows, similarity, 0.3, negatives), atol=1e-10)


def test_two_orthogonal_pairs_have_a_closed_form():
    rows = torch.eye(2, dtype=torch.float64)[:, None].repeat(1, 2, 1)
    tau = 0.5
    one_side, both = (
        Contrast("dot", tau, negatives).losses(rows) for negatives in ("other side", "both sides")
    )
    assert torch.allclose(one_side, torch.full((2, 2), math.log(1 + math.exp(-1 / tau))).double())
    assert torch.allclose(both, torch.full((2, 2), math.log(1 + 2 * math.exp(-1 / tau))).double())


def test_length_matters_to_dot_products_alone():
    rows = vectors()
    for similarity, same in (("cosine", True), ("dot", False)):
        contrast = Contrast(similarity, 1.0)
        found = torch.allclose(contrast.losses(rows), contrast.losses(3 * rows), atol=1e-9)
        assert found is same


def test_sentence_transformers_has_the_same_loss():
    losses = pytest.importorskip(
        "sentence_transformers.losses", reason="sentence-transformers is not installed"
    )
    rows = vectors()
    sides = [rows[:, 0], rows[:, 1]]
    ours = Contrast("cosine", 1 / 20, "other side").losses(rows).mean(0)
    for side in range(2):
        ranking = losses.MultipleNegativesRankingLoss(None, scale=20.0)
        theirs = ranking.compute_loss_from_embeddings([sides[side], sides[1 - side]], None)
        assert ours[side].item() == pytest.approx(theirs.item(), abs=1e-9)
    ranking = losses.MultipleNegativesRankingLoss(
        None, scale=20.0, directions=("query_to_doc", "query_to_query"), partition_mode="joint"
    )
    theirs = ranking.compute_loss_from_embeddings(sides, None)
    both = Contrast("cosine", 1 / 20).losses(rows)[:, 0].mean()
    assert both.item() == pytest.approx(theirs.item(), abs=1e-9)


def test_the_same_text_is_no_negative_of_itself():
    rows = vectors(5)
    texts = torch.arange(10).view(5, 2)
    texts[3] = texts[1]  # the same pair twice
    texts[4, 0] = texts[0, 0]  # a text that has two partners
    found = Contrast("dot", 1.0).losses(rows, texts)
    flat = rows.flatten(0, 1)
    kept = [1, 2, 3, 4, 5, 6, 7, 9]  # for the first vector: not itself, not place 8, its own text
    scores = flat[kept] @ flat[0]
    assert found[0, 0].item() == pytest.approx((scores.logsumexp(0) - scores[0]).item())
    kept = [0, 1, 3, 4, 5, 8, 9]  # for the third: not the copies of itself and of its partner
    scores = flat[kept] @ flat[2]
    assert found[1, 0].item() == pytest.approx((scores.logsumexp(0) - scores[2]).item())


def test_what_is_no_pair_takes_no_part():
    rows = vectors(5)
    whole = torch.tensor([True, False, True, True, False])
    for negatives in ("both sides", "other side"):
        contrast = Contrast("cosine", 0.1, negatives)
        found = contrast.losses(rows, whole=whole)
        assert torch.allclose(found, contrast.losses(rows[whole]))
    rows.requires_grad_()
    none = Contrast().losses(rows, whole=torch.zeros(5, dtype=torch.bool)).sum()
    none.backward()
    assert none.item() == 0
    assert not rows.grad.any()


def test_gradients_are_those_of_finite_differences():
    rows = vectors(3, 4).requires_grad_()
    texts = torch.tensor([[0, 1], [2, 3], [0, 4]])
    for negatives in ("both sides", "other side"):
        for similarity in ("cosine", "dot"):
            contrast = Contrast(similarity, 0.4, negatives)
            assert torch.autograd.gradcheck(lambda x, by=contrast: by.losses(x, texts), rows)


def test_a_part_of_the_losses_is_contrasted_with_everyone():
    rows = vectors()
    whole = torch.tensor([True, True, False, True, True, True])
    contrast = Contrast()
    everyone = contrast.losses(rows, whole=whole)
    parts = [contrast.losses(rows, whole=whole, mine=slice(a, a + 3)) for a in (0, 3)]
    assert torch.allclose(torch.cat(parts), everyone)


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"similarity": "euclid"}, "GL-OBJECTIVE-062"),
        ({"negatives": "none"}, "GL-OBJECTIVE-062"),
        ({"temperature": 0.0}, "GL-OBJECTIVE-063"),
    ],
)
def test_what_is_no_contrast_is_refused(settings, code):
    with pytest.raises(GlotliftError, match=code):
        Contrast(**settings)
