"""What starter models learn, and how: shapes, schooling, and the pretraining itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, Literal

from datasets import Dataset, concatenate_datasets
from transformers import PreTrainedModel, PreTrainedTokenizerFast, set_seed

from glotlift import world
from glotlift.corpus import Mixture, hand, natural
from glotlift.corpus.policies import Policy
from glotlift.objectives.choice import objective_for
from glotlift.objectives.features import FEATURES
from glotlift.runs import atomic
from glotlift.training.schedule import Budget
from glotlift.training.stages import Stage, TrainingSettings, discard_checkpoints, run_stage
from glotlift.vocabulary import DECODER, ENCODER, SEQ2SEQ, train_tokenizer
from glotlift.world.tiers import SHARES, deal

Kind = Literal["decoder", "encoder", "seq2seq"]
SPECIAL_TOKENS = {"decoder": DECODER, "encoder": ENCODER, "seq2seq": SEQ2SEQ}
BLOCK, BLOCKS_PER_STEP = 128, 8
SHORT = 2  # an encoder-decoder's blocks hold one short text each: it reads so many more of them
NEVER = 10**6
TRANSLATION = "translation"
SCHOOLING = hand({TRANSLATION: 0.8}, rest=natural)  # of an encoder-decoder
# The learning rate as a multiple of the size's, and the embeddings' as a multiple of that. T5's
# embeddings begin many times larger than its other weights and need larger steps.
PACE: Mapping[str, tuple[float, float]] = {
    "decoder": (1.0, 1.0),
    "encoder": (1.0, 1.0),
    "seq2seq": (1 / 3, 90.0),
}


@dataclass(frozen=True)
class StarterSize:
    """A starter's shape and schooling; `documents` are those of a language of the high tier."""

    width: int
    layers: int
    pieces: int
    steps: int
    documents: int
    learning_rate: float


def school(
    kind: Kind, shape: StarterSize, tiers: Mapping[str, str], seed: int
) -> dict[str, Dataset]:
    """Return what a starter learns from: documents by language, and translations if it writes."""
    rows = deal(tiers, shape.documents, seed=seed)
    if kind == "seq2seq" and len(tiers) > 1:
        rows[TRANSLATION] = translations(tiers, shape.documents, seed)
    return rows


def translations(tiers: Mapping[str, str], rows: int, seed: int) -> Dataset:
    """Return translations from each language into each; `source_text` says into which.

    Half of them are copies, from which reading what is written is learnt first. A pair of languages
    has as many as the one of the lower tier affords. The code of the language that is wanted comes
    first (Johnson et al. 2017, arXiv:1611.04558, section 3).
    """
    parts, start = [], 0
    for source, target in product(tiers, repeat=2):
        share = min(SHARES[tiers[source]], SHARES[tiers[target]])
        directions = 1 if source == target else len(tiers) - 1
        count = max(1, round(share * rows / directions))
        pairs = world.tasks.translation(
            source, target, count, split="train", seed=seed, start=start
        )
        parts.append(pairs)
        start += count
    found = concatenate_datasets(parts)
    asked = [ask(*pair) for pair in zip(found["language"], found["source_text"], strict=True)]
    return found.remove_columns("source_text").add_column("source_text", asked)


def ask(language: str, text: str) -> str:
    """Return what an encoder-decoder starter reads to write `text` in another language."""
    return f"{language} {text}"


def pretrain(
    kind: Kind,
    shape: StarterSize,
    rows: Mapping[str, Dataset],
    path: Path,
    *,
    policy: Policy = natural,
    seed: int = 0,
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """Train a tokenizer and a model on text by source; checkpoints lie beside `path` meanwhile.

    A source with `source_text` is one of pairs: an encoder-decoder reads that and writes `text`.
    """
    tokenizer = make_tokenizer(kind, shape, rows)
    set_seed(seed)
    model = build(kind, shape, tokenizer)
    objective = objective_for(model, tokenizer)
    sources, features = dict(rows), {}
    for name, dataset in rows.items():
        if "source_text" in dataset.column_names:
            sources[name], features[name] = pair_features(tokenizer, dataset)
        else:
            features[name] = objective.prepare(dataset)
    pace, embeddings = PACE[kind]
    stage = Stage(
        f"starter {kind}",
        features,
        Mixture(sources, policy, seed=seed),
        Budget(shape.steps, "steps"),
        settings=TrainingSettings(
            learning_rate=pace * shape.learning_rate,
            embedding_rate=embeddings,
            block=BLOCK,
            blocks_per_step=BLOCKS_PER_STEP * (1 if objective.packs(model) else SHORT),
            micro_blocks=BLOCKS_PER_STEP * SHORT,
            save_every=NEVER,
            evaluate_every=NEVER,
            log_every=25,
        ),
        seed=seed,
    )
    checkpoints = path.with_name(f"{atomic.PARTIAL}checkpoints-{path.name}")
    trained = run_stage(model, tokenizer, stage, checkpoints)
    discard_checkpoints(checkpoints)
    return trained.model, tokenizer


def make_tokenizer(
    kind: Kind, shape: StarterSize, rows: Mapping[str, Dataset]
) -> PreTrainedTokenizerFast:
    """Train a starter's tokenizer on all that it will read."""
    columns = ("text", "source_text")
    tokenizer: PreTrainedTokenizerFast = train_tokenizer(
        (
            text
            for dataset in rows.values()
            for column in columns
            if column in dataset.column_names
            for text in dataset[column]
        ),
        kind="bpe",
        size=shape.pieces,
        special_tokens=SPECIAL_TOKENS[kind],
    )
    return tokenizer


def pair_features(tokenizer: PreTrainedTokenizerFast, pairs: Dataset) -> tuple[Dataset, Dataset]:
    """Return the pairs that prefix modelling can learn, and their features.

    It cuts a piece of text in the middle, so what is to be written must not be longer than what is
    read; where it is shorter, end tokens fill it up. The few pairs that do not fit are left out.
    """
    texts = list(pairs["text"])
    sources = tokenizer(list(pairs["source_text"]), verbose=False)["input_ids"]
    targets = tokenizer(texts, verbose=False)["input_ids"]
    end = [tokenizer.eos_token_id]
    features: dict[str, list[Any]] = {"input_ids": [], "bytes": []}
    kept = []
    for row, (source, target) in enumerate(zip(sources, targets, strict=True)):
        spare = len(source) - len(target)
        if spare >= -1:
            kept.append(row)
            features["input_ids"].append(source + target + end * spare)
            features["bytes"].append(len(texts[row].encode()))
    return pairs.select(kept), Dataset.from_dict(features, features=FEATURES)


def build(kind: Kind, shape: StarterSize, tokenizer: PreTrainedTokenizerFast) -> PreTrainedModel:
    """Return an untrained model: Llama, ModernBERT or T5 of the given shape."""
    import transformers

    heads = max(2, shape.width // 32)
    tokens = {
        "vocab_size": len(tokenizer),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
    inner = 8 * round(shape.width * 8 / 3 / 8)
    plain: dict[str, Any] = {
        "hidden_size": shape.width,
        "intermediate_size": inner,
        "num_hidden_layers": shape.layers,
        "num_attention_heads": heads,
        "max_position_embeddings": 512,
        **tokens,
    }
    if kind == "decoder":
        return transformers.LlamaForCausalLM(
            transformers.LlamaConfig(**plain, tie_word_embeddings=True)
        )
    if kind == "encoder":
        # Every layer sees the whole text. Begun smaller, a model this narrow finds only how
        # frequent pieces are; so does BERT, which knows positions and not distances.
        modern = transformers.ModernBertConfig(
            **plain,
            cls_token_id=tokenizer.bos_token_id,
            sep_token_id=tokenizer.eos_token_id,
            layer_types=["full_attention"] * shape.layers,
            initializer_range=0.06,
        )
        return transformers.ModernBertForMaskedLM(modern)
    seq2seq: dict[str, Any] = {"decoder_start_token_id": tokenizer.pad_token_id}
    t5 = transformers.T5Config(
        d_model=shape.width,
        d_kv=shape.width // heads,
        d_ff=inner,
        num_layers=shape.layers,
        num_heads=heads,
        feed_forward_proj="gated-gelu",
        dropout_rate=0.0,
        **tokens,
        **seq2seq,
    )
    return transformers.T5ForConditionalGeneration(t5)
