"""A model in this process, asked for text, log-probability and vectors."""

import copy
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from transformers import (
    GenerationConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    StoppingCriteria,
    StoppingCriteriaList,
)

from glotlift.clients.likelihood import (
    batches,
    causal_pairs,
    counts,
    pad,
    refuse_long,
    resting,
    score_causal,
    score_masked,
    score_seq2seq,
)
from glotlift.clients.pairs import Pair, bodies, frame
from glotlift.clients.sharing import SharedReading
from glotlift.clients.stopping import cut as cut
from glotlift.clients.vectors import Piece, Pooling, Span, encode_layers, encode_words
from glotlift.objectives.features import padding_id
from glotlift.objectives.instructions import asked
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message, Scores

Kind = Literal["causal", "masked", "seq2seq", "encoder"]
SCORERS = {"masked": score_masked, "seq2seq": score_seq2seq}


class LocalModel:
    """A `Generator`, `Talker`, `Scorer` and `Encoder` over a transformers model.

    `batch_tokens` bounds the padded tokens of a batch. Answers do not depend on it, nor on
    `share_prefixes`, beyond float rounding. A model that cannot do what is asked refuses with
    GL-CLIENT-001.
    """

    def __init__(
        self,
        model: PreTrainedModel,
        tokenizer: PreTrainedTokenizerFast,
        *,
        batch_tokens: int = 8192,
        share_prefixes: bool = True,
    ) -> None:
        """Raises GL-CLIENT-002 for a batch of no tokens."""
        if batch_tokens < 1:
            raise GlotliftError(
                "GL-CLIENT-002", f"batch_tokens is {batch_tokens}", fix="give at least 1"
            )
        self.model, self.tokenizer, self.batch_tokens = model, tokenizer, batch_tokens
        self.kind = kind_of(model)
        shares = share_prefixes and self.kind == "causal"
        self.sharing = SharedReading(model, self._score_plainly) if shares else None

    def generate(
        self, prompts: Sequence[str], *, max_new_tokens: int, stop: Sequence[str] = ()
    ) -> list[str]:
        """Continue each prompt greedily, up to the end token, a stop string or the limit.

        The stop string is not returned. Raises GL-CLIENT-001 (the model does not write) or -003
        (a prompt and its answer do not fit the model's positions).
        """
        if self.kind not in ("causal", "seq2seq"):
            raise self._cannot("write text")
        rows = self._prompt_ids(prompts)
        causal = self.kind == "causal"
        refuse_long(self.model, [len(row) + (max_new_tokens if causal else 0) for row in rows])
        texts = [""] * len(rows)
        lengths = [len(row) + max_new_tokens for row in rows]
        with resting(self.model):
            for batch in batches(lengths, self.batch_tokens):
                answers = self._continue([rows[index] for index in batch], max_new_tokens, stop)
                for index, answer in zip(batch, answers, strict=True):
                    texts[index] = answer
        return texts

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Answer each conversation greedily, written as it is learnt (`InstructionTuning`).

        By the tokenizer's chat template, or without one a line for what is asked and an end token
        after each answer. Raises what `generate` raises.
        """
        texts = [asked(self.tokenizer, messages) for messages in conversations]
        start = self.tokenizer.bos_token
        if start and frame(self.tokenizer).before:  # `generate` writes it again
            texts = [text.removeprefix(start) for text in texts]
        return self.generate(texts, max_new_tokens=max_new_tokens, stop=stop)

    def score(self, contexts: Sequence[str], continuations: Sequence[str]) -> Scores:
        """Return log-probabilities in nats and token counts of continuations, [n] each.

        Context and continuation are tokenised together (see `pairs`) for causal and masked models;
        a masked model gives pseudo-log-likelihoods. A causal model reads what texts begin with in
        common once (see `sharing`), unless `notes` says that it cannot. An encoder-decoder reads
        the context and writes the continuation, the end token not counted. Raises GL-CLIENT-001
        (no output layer), -003 (too long), -004 (a continuation without tokens) or -005 (lists of
        unlike length).
        """
        if len(contexts) != len(continuations):
            raise GlotliftError(
                "GL-CLIENT-005",
                f"{len(contexts)} contexts do not pair with {len(continuations)} continuations",
                fix="give one context per continuation",
            )
        if self.kind == "encoder":
            raise self._cannot("score text")
        both = self.model, self.tokenizer, contexts, continuations
        with resting(self.model):
            if self.kind != "causal":
                return SCORERS[self.kind](*both, self.batch_tokens)
            pairs = causal_pairs(*both)
            if self.sharing is None:
                return Scores(self._score_plainly(pairs), counts(pairs))
            return Scores(self.sharing.score(pairs, self.batch_tokens), counts(pairs))

    @property
    def notes(self) -> list[str]:
        """What to know of how the answers came about: why prefixes are not shared, if so."""
        return [self.sharing.note] if self.sharing is not None and self.sharing.note else []

    def encode(
        self, texts: Sequence[str], *, layer: int = -1, pooling: Pooling = "mean"
    ) -> NDArray[np.float32]:
        """Return one vector per text, [n, width]: a layer's hidden states, pooled over tokens.

        Layer 0 is the embeddings, -1 the last; see `vectors.pool` for the poolings. Of an
        encoder-decoder the encoder is asked. Raises GL-CLIENT-003 (too long), -018 (no such layer)
        or -019 (no such pooling).
        """
        (vectors,) = self.encode_layers(texts, layers=[layer], pooling=pooling)
        return vectors  # type: ignore[no-any-return]

    def encode_layers(
        self,
        texts: Sequence[str],
        *,
        layers: Sequence[int] | None = None,
        pooling: Pooling = "mean",
    ) -> NDArray[np.float32]:
        """Return what `encode` does for several layers at once, by default all: [layers, n, width].

        The texts are read once.
        """
        with resting(self.model):
            return encode_layers(
                self.model, self.tokenizer, texts, layers, pooling, self.batch_tokens
            )

    def encode_words(
        self,
        texts: Sequence[str],
        spans: Sequence[Sequence[Span]],
        *,
        layers: Sequence[int] | None = None,
        piece: Piece = "first",
    ) -> NDArray[np.float32]:
        """Return the states of words in their texts, [layers, words, width], text after text.

        `spans` say where the words of each text stand; a word's state is that of its first token,
        or of its last, which alone has seen the whole word in a causal model.
        """
        with resting(self.model):
            return encode_words(
                self.model, self.tokenizer, texts, spans, layers, piece, self.batch_tokens
            )

    def _score_plainly(self, pairs: Sequence[Pair]) -> NDArray[np.float64]:
        return score_causal(self.model, pairs, padding_id(self.tokenizer), self.batch_tokens)

    def _prompt_ids(self, prompts: Sequence[str]) -> list[list[int]]:
        """Return prompts as the model reads them: a causal one without a token that ends them."""
        if self.kind == "seq2seq":
            return [list(ids) for ids in self.tokenizer(list(prompts), verbose=False)["input_ids"]]
        before = frame(self.tokenizer).before
        rows = [[*before, *ids] for ids in bodies(self.tokenizer, prompts)]
        start = self.tokenizer.bos_token_id or self.tokenizer.eos_token_id or 0
        return [row or [start] for row in rows]

    def _continue(
        self, rows: list[list[int]], max_new_tokens: int, stop: Sequence[str]
    ) -> list[str]:
        """Return the greedy continuations of one batch of prompts."""
        causal = self.kind == "causal"
        settings = self._greedy(max_new_tokens)
        ids = pad(rows, padding_id(self.tokenizer), left=causal)
        mask = pad([[1] * len(row) for row in rows], 0, left=causal)
        prefix = ids.shape[1] if causal else 1
        criteria = StoppingCriteriaList([StopText(self.tokenizer, stop, prefix)] if stop else [])
        model: Any = self.model
        written = model.generate(
            input_ids=ids.to(self.model.device),
            attention_mask=mask.to(self.model.device),
            generation_config=settings,
            stopping_criteria=criteria,
        )
        ends = settings.eos_token_id
        ends = set(ends if isinstance(ends, list) else [ends])
        answers = []
        for row in written[:, prefix:].tolist():
            end = next((place for place, number in enumerate(row) if number in ends), len(row))
            answers.append(cut(decode(self.tokenizer, row[:end]), stop))
        return answers

    def _greedy(self, max_new_tokens: int) -> GenerationConfig:
        """Return the model's own generation settings, made greedy."""
        settings: Any = copy.deepcopy(self.model.generation_config)
        settings.update(
            do_sample=False, num_beams=1, temperature=None, top_p=None, top_k=None,
            max_length=None, max_new_tokens=max_new_tokens, pad_token_id=padding_id(self.tokenizer),
        )  # fmt: skip
        if settings.eos_token_id is None:
            settings.eos_token_id = self.tokenizer.eos_token_id
        return settings  # type: ignore[no-any-return]

    def _cannot(self, deed: str) -> GlotliftError:
        return GlotliftError(
            "GL-CLIENT-001",
            f"a {type(self.model).__name__} cannot {deed}",
            fix="load the model with the language-modelling head that can",
        )


class StopText(StoppingCriteria):
    """Ends a row once one of the stop strings has been written."""

    def __init__(
        self, tokenizer: PreTrainedTokenizerFast, stop: Sequence[str], prefix: int
    ) -> None:
        self.tokenizer, self.stop, self.prefix = tokenizer, stop, prefix
        # A token spells at least a byte, so the last few are enough to look at.
        self.tail = max(len(text.encode()) for text in stop) + 4

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        """Tell which rows are done, [rows]."""
        tails = input_ids[:, max(self.prefix, input_ids.shape[1] - self.tail) :].tolist()
        texts = [decode(self.tokenizer, tail) for tail in tails]
        done = [any(stop in text for stop in self.stop) for text in texts]
        return torch.tensor(done, device=input_ids.device)


def kind_of(model: Any) -> Kind:
    """Tell what a model can be asked from its configuration and its output layer."""
    if model.config.is_encoder_decoder:
        return "seq2seq" if model.get_output_embeddings() is not None else "encoder"
    if model.can_generate():
        return "causal"
    return "masked" if model.get_output_embeddings() is not None else "encoder"


def decode(tokenizer: PreTrainedTokenizerFast, ids: list[int]) -> str:
    """Return the text of `ids`, spaces as they are."""
    text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text)
