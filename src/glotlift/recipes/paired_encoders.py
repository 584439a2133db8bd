"""A small encoder that goes on learning from pairs of native text and its English or Latin form.

What the recipes about pairs share: the encoder of a seed, pretrained on native text alone, the
pairs that it goes on with, and the training.
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.corpus import Mixture, hand
from glotlift.corpus.pairing.likeness import derangement
from glotlift.corpus.policies import Policy
from glotlift.corpus.sizes import text_bytes
from glotlift.models.loading import find_model, load_model
from glotlift.objectives.named import objective_named
from glotlift.objectives.pairs import transliterated
from glotlift.recipes.one_stage import train_stage
from glotlift.recipes.romanised_encoders import first_text
from glotlift.recipes.romanised_text import ENGLISH, studied
from glotlift.recipes.small_encoders import base_encoder, encoder_tokenizer
from glotlift.training.schedule import Budget
from glotlift.training.stages import Trained
from glotlift.vocabulary.romanised_forms import cached_romaniser

SINGLE, TRANSLATED, TRANSLITERATED = "single", "translated", "transliterated"
Values = Mapping[str, Any]
WORLD: dict[str, Any] = {
    "text": "world:{}?rows=600&sentences=10",
    "documents": 600,
    "characters": 400_000,
    "parallel": "world",
    "items": 200,
    "pairs": 1500,
    "romanised": ["ell_Grek", "hin_Deva", "rus_Cyrl"],
    "latin": [ENGLISH, "spa_Latn", "tur_Latn"],
    "spelling": {"rus_Cyrl": "rus_Latn"},
    "topics": "world",
    "topic_rows": {"train": 450, "test": 200},
    "size": "tiny",
    "pieces": 2000,
    "steps": 700,
    "learning_rate": 1e-3,
    "layer": 1,
    "epochs": 3,
    "tuning_rate": 1e-3,
}
REAL: dict[str, Any] = WORLD | {
    "text": "$GLOTLIFT_DATA/mono/{}.jsonl.gz",
    "characters": 100_000,
    "parallel": "$GLOTLIFT_DATA/ntrex/{}.txt.gz",
    "romanised": ["hin_Deva", "srp_Cyrl", "tel_Telu"],
    "spelling": {"srp_Cyrl": "srp_Latn"},
    "topics": "$GLOTLIFT_DATA/sib200",
    "topic_rows": {"train": 350, "test": 204},
    "pieces": 6000,
    "steps": 500,
    "epochs": 4,
}


@lru_cache(maxsize=4)
def start(values: str, seed: int) -> tuple[PreTrainedTokenizerFast, Path]:
    """Return a seed's tokenizer and encoder, pretrained on native text; `values` are JSON."""
    chosen = json.loads(values)
    codes = [*chosen["romanised"], *chosen["latin"]]
    text = {code: first_text(chosen, code) for code in codes}
    tokenizer = encoder_tokenizer(chosen, text)
    return tokenizer, base_encoder(chosen, seed, text, tokenizer)


@lru_cache(maxsize=2)
def material(values: str) -> dict[str, Dataset]:
    """Return what there is to go on with, by kind and language; `values` are JSON.

    A ``single`` text is two neighbouring sentences, so as long as a pair; ``translated`` are native
    sentences with their English, ``transliterated`` ones the same with their Latin form.
    """
    said = studied(json.loads(values))
    romaniser = cached_romaniser()
    found = {f"{SINGLE} {code}": texts_of(code, two_by_two(texts)) for code, texts in said.items()}
    for code in said.keys() - {ENGLISH}:
        native = texts_of(code, said[code])
        found[f"{TRANSLATED} {code}"] = beside(native, said[ENGLISH])
        found[f"{TRANSLITERATED} {code}"] = transliterated(
            native, lambda texts, _: romaniser(list(texts))
        )
    return dict(sorted(found.items()))


def texts_of(code: str, texts: Sequence[str]) -> Dataset:
    """Return texts of one language as rows; translations share an id."""
    ids = [str(number) for number in range(len(texts))]
    return Dataset.from_dict({"id": ids, "language": [code] * len(ids), "text": list(texts)})


def two_by_two(texts: Sequence[str]) -> list[str]:
    """Return neighbouring texts joined in twos."""
    return [" ".join(texts[at : at + 2]) for at in range(0, len(texts), 2)]


def beside(rows: Dataset, english: Sequence[str]) -> Dataset:
    """Return pairs of native rows and their English."""
    pairs = rows.rename_columns({name: f"source_{name}" for name in ("language", "text")})
    return pairs.add_column("language", [ENGLISH] * len(rows)).add_column("text", list(english))


def shuffled(pairs: Dataset) -> Dataset:
    """Return pairs in which each text, with what is known of it, stands beside another's source."""
    fixed = [name for name in pairs.column_names if name == "id" or name.startswith("source_")]
    texts = pairs.remove_columns(fixed).select(derangement(len(pairs)))
    return concatenate_datasets([pairs.select_columns(fixed), texts.flatten_indices()], axis=1)


def by_rows(sources: Mapping[str, Dataset], shares: Mapping[str, float]) -> Policy:
    """Return the policy under which each source has its share of the rows, however long."""
    weights = {
        name: shares[name] * float(text_bytes(rows).mean()) for name, rows in sources.items()
    }
    total = sum(weights.values())
    policy: Policy = hand({name: weight / total for name, weight in weights.items()})
    return policy


def go_on(
    model: PreTrainedModel,
    tokenizer: PreTrainedTokenizerFast,
    sources: Mapping[str, Dataset],
    shares: Mapping[str, float],
    values: Values,
    seed: int,
    folder: Path,
    *,
    objective: str,
    steps: int,
    **settings: Any,
) -> Trained:
    """Train on the sources for some steps of ``values["pairs_per_step"]`` texts or pairs.

    `shares` are of rows; `settings` are those of the objective of that name.
    """
    taught = objective_named(objective, model, tokenizer, **settings)
    return train_stage(
        model,
        tokenizer,
        {name: taught.prepare(rows) for name, rows in sources.items()},
        Mixture(sources, by_rows(sources, shares), seed=seed),
        Budget(steps, "steps"),
        rate=values["learning_rate"],
        seed=seed,
        folder=folder,
        blocks=values["pairs_per_step"],
        objective=taught,
    )


def loaded(folder: Path) -> PreTrainedModel:
    """Return the encoder of a folder."""
    model: PreTrainedModel = load_model(find_model(str(folder)))
    return model
