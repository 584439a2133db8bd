"""From addresses of text to a tokenizer in a folder, within a budget of bytes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from datasets import Dataset
from pydantic import Field
from transformers import PreTrainedTokenizerFast

from glotlift.corpus.ledger import Ledger
from glotlift.corpus.mixture import Mixture
from glotlift.corpus.policies import Policy, alpha, equal_bytes, natural
from glotlift.corpus.reading import clean, find_sources
from glotlift.languages import language
from glotlift.runs import atomic
from glotlift.runs.config import Config
from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.report import vocabulary_report
from glotlift.vocabulary.sampling import Sample, sample_texts
from glotlift.vocabulary.train import (
    CONVENTIONS,
    DECODER,
    ENCODER,
    SEQ2SEQ,
    Kind,
    checked_kind,
    train_tokenizer,
)
from glotlift.vocabulary.variants import Variant

SPECIAL = {
    "decoder": DECODER,
    "encoder": ENCODER,
    "seq2seq": SEQ2SEQ,
    "bert": CONVENTIONS["wordpiece"],
}
RECORD = "training.json"
MEASURED = 1000
# Where words are not spaced, training takes about 100 bytes of memory for each byte: 2 GB.
BUDGET_BYTES = 20_000_000


class TrainConfig(Config):
    """A tokenizer to train."""

    text: dict[str, list[str]]
    """Addresses of text by language."""
    output: Path
    """Folder of the tokenizer."""
    size: int = Field(ge=1)
    """Pieces, special tokens included."""
    kind: Kind = "bpe"
    variant: Variant = "plain"
    special: Literal["decoder", "encoder", "seq2seq", "bert"] | None = None
    """Set of special tokens; the kind's own if not given."""
    policy: str = "equal"
    """equal, natural, or the exponent of the languages' bytes."""
    budget_bytes: int = Field(default=BUDGET_BYTES, ge=1)
    """Bytes of text to train on, at most; also the most that is held of each language."""
    seed: int = 0


def train_on_addresses(config: TrainConfig) -> dict[str, Any]:
    """Train a tokenizer, write it with ``training.json`` to a folder, and return that record.

    Keys: output, pieces, kind, variant, policy, bytes_trained_on, languages (rows of
    `vocabulary_report` on a part of the text, with the bytes read and held, and the share of the
    training text) and notes. Raises what reading and `train_tokenizer` raise, GL-VOCABULARY-092
    (the policy) and -089 (the output holds something else).
    """
    check(config)
    samples = {code: sample(paths, code, config) for code, paths in config.text.items()}
    sources = {
        code: Dataset.from_dict(
            {"id": list(map(str, range(len(found.texts)))), "text": found.texts}
        )
        for code, found in samples.items()
    }
    mixture = Mixture(sources, policy_named(config.policy), seed=config.seed)
    total = min(config.budget_bytes, sum(mixture.sizes.values()))
    tokenizer = train_tokenizer(
        mixture,
        kind=config.kind,
        variant=config.variant,
        size=config.size,
        special_tokens=SPECIAL[config.special] if config.special else None,
        budget_bytes=total,
    )
    record = {
        "output": str(config.output),
        "pieces": len(tokenizer),
        "kind": config.kind,
        "variant": config.variant,
        "policy": config.policy,
        "bytes_trained_on": total,
        "languages": language_rows(tokenizer, samples, mixture),
        "notes": [
            f"{code}: {found.bytes_kept:,} of {found.bytes_read:,} bytes were drawn at random"
            for code, found in samples.items()
            if found.bytes_kept < found.bytes_read
        ],
    }
    with atomic.folder(config.output) as folder:
        tokenizer.save_pretrained(folder)
        atomic.write_json(folder / RECORD, record)
    return record


def language_rows(
    tokenizer: PreTrainedTokenizerFast, samples: Mapping[str, Sample], mixture: Mixture
) -> list[dict[str, Any]]:
    """Return each language's row of `vocabulary_report`, and what of its text was used."""
    measured = {code: found.texts[:MEASURED] for code, found in samples.items()}
    return [
        row
        | {
            "bytes_read": samples[row["language"]].bytes_read,
            "bytes_held": samples[row["language"]].bytes_kept,
            "share": mixture.weights[row["language"]],
        }
        for row in vocabulary_report(tokenizer, measured)
    ]


def sample(addresses: list[str], code: str, config: TrainConfig) -> Sample:
    """Read a language's text as a stream, holding no more than the budget of it."""
    rows = clean(find_sources(addresses, None, "auto"), language(code).code, None, None, Ledger())
    return sample_texts((row[2] for row in rows), config.budget_bytes, seed=config.seed)


def policy_named(name: str) -> Policy:
    """Return a policy by name or exponent; raises GL-VOCABULARY-092 and GL-CORPUS-034."""
    if name in {"equal", "natural"}:
        return equal_bytes if name == "equal" else natural
    try:
        return alpha(float(name))
    except ValueError:
        raise GlotliftError(
            "GL-VOCABULARY-092",
            f"unknown policy {name!r}",
            place="policy",
            fix="choose equal, natural, or an exponent from 0 to 1 such as 0.3",
        ) from None


def check(config: TrainConfig) -> None:
    """Refuse before anything is read what cannot be done."""
    from glotlift.vocabulary.checkpoints import refuse_other

    policy_named(config.policy)
    checked_kind(config.kind, config.variant)
    refuse_other(config.output, RECORD)


def plan_training(config: TrainConfig) -> dict[str, Any]:
    """Return what would be trained; nothing is read or written."""
    check(config)
    return {
        "kind": config.kind,
        "variant": config.variant,
        "size": config.size,
        "policy": config.policy,
        "text": config.text,
        "budget_bytes": config.budget_bytes,
        "writes": str(config.output),
    }
