"""A client as a model of mteb, the library of the Massive Text Embedding Benchmark.

So any task and benchmark of mteb can be run on it, by mteb's own interface (extra
``glotlift[mteb]``; Muennighoff et al. 2023, arXiv:2210.07316).
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
from numpy.typing import ArrayLike, NDArray

from glotlift.evaluation.embeddings import cosines, pair_cosines
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Encoder


class MtebEncoder:
    """What ``mteb.evaluate(MtebEncoder(client, "me/model"), tasks)`` takes for a model.

    Texts are encoded as they stand: instructions that mteb has for a task are left out. Vectors are
    compared by cosine.
    """

    def __init__(self, client: Encoder, name: str, revision: str = "local") -> None:
        """`name`, of the form ORG/NAME, and `revision` are what mteb keeps results under.

        Raises GL-EVALUATION-097 where mteb is not installed.
        """
        self.client = client
        self.mteb_model_meta = library().models.ModelMeta.create_empty(
            overwrites={"name": name, "revision": revision}
        )

    def encode(
        self, inputs: Iterable[Mapping[str, Sequence[str]]], **settings: Any
    ) -> NDArray[Any]:
        """Return the vectors of batches of texts, [texts, width]."""
        return self.client.encode([text for batch in inputs for text in batch["text"]])

    def similarity(self, one: ArrayLike, other: ArrayLike) -> torch.Tensor:
        """Return the cosine of each vector with each, [n, m]."""
        return torch.from_numpy(cosines(one, other))

    def similarity_pairwise(self, one: ArrayLike, other: ArrayLike) -> torch.Tensor:
        """Return the cosine of each pair of vectors, [n]."""
        return torch.from_numpy(pair_cosines(one, other))


def library() -> Any:
    """Return the module mteb; raises GL-EVALUATION-097 where it is not installed."""
    try:
        import mteb
    except ImportError as error:
        raise GlotliftError(
            "GL-EVALUATION-097",
            f"mteb cannot be imported: {error}",
            fix="pip install 'glotlift[mteb]'",
        ) from error
    return mteb
