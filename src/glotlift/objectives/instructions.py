"""Supervised tuning: what is asked is read, and only the answers are learnt.

The loss stands on the answers' tokens and the token that ends each (Wei et al. 2022,
arXiv:2109.01652; Ouyang et al. 2022, arXiv:2203.02155, section 3.5). Several conversations share a
block, and none sees another.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
import torch
from datasets import Dataset, Features, Value
from datasets import Sequence as SequenceOf
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from glotlift.objectives.causal import CausalLanguageModelling
from glotlift.objectives.cross_entropy import IGNORED
from glotlift.objectives.features import FEATURES, laid_out
from glotlift.objectives.packing import Ids
from glotlift.runs.errors import GlotliftError
from glotlift.runs.protocols import Message

FEATURES_OF_ANSWERS = Features({**FEATURES, "answer": SequenceOf(Value("int32"))})


class InstructionTuning(CausalLanguageModelling):
    """Answers are predicted from what was asked; what was asked carries no loss.

    A row holds `prompt` and `response`, or `messages` of a `role` and `content` each, of which
    every one by the assistant is an answer. A tokenizer's chat template writes them. Without one a
    conversation is the start token, then each message: what is asked ends with the `separator`, an
    answer with the end token. To be answered, a prompt is written as it was learnt (`ask`).
    """

    columns: tuple[str, ...] = ("answer",)

    def __init__(self, tokenizer: PreTrainedTokenizerFast, separator: str = "\n") -> None:
        super().__init__(tokenizer)
        self.separator = separator

    @classmethod
    def for_model(
        cls, model: PreTrainedModel, tokenizer: PreTrainedTokenizerFast, **settings: Any
    ) -> Self:
        """Return the objective for a decoder; raises GL-OBJECTIVE-080 for other models."""
        if model.config.is_encoder_decoder or not model.can_generate():
            raise GlotliftError(
                "GL-OBJECTIVE-080",
                f"a {type(model).__name__} cannot answer from left to right",
                place="objective",
                fix="tune a decoder, or use prefix for an encoder-decoder",
            )
        return cls(tokenizer, **settings)

    def prepare(self, rows: Dataset) -> Dataset:
        """Return `input_ids`, `answer` (1 where a token is learnt) and `bytes` of each row.

        Raises GL-OBJECTIVE-081 (rows without the columns), -082 (a row without an answer) and -083
        (a chat template that writes the beginning of a conversation otherwise than the whole).
        """
        if not {"prompt", "response"} <= {*rows.column_names} and (
            "messages" not in rows.column_names
        ):
            raise GlotliftError(
                "GL-OBJECTIVE-081",
                f"rows with the columns {', '.join(rows.column_names)} hold no conversation",
                place="rows",
                fix="give them prompt and response, or messages",
            )
        found: dict[str, list[Any]] = {name: [] for name in FEATURES_OF_ANSWERS}
        for number, row in enumerate(rows):
            messages = messages_of(row)
            ids, answer = self.write(messages, f"row {row.get('id', number)}")
            found["input_ids"].append(ids)
            found["answer"].append(answer)
            found["bytes"].append(sum(len(message["content"].encode()) for message in messages))
        return Dataset.from_dict(found, features=FEATURES_OF_ANSWERS)

    def write(self, messages: Sequence[Message], place: str) -> tuple[list[int], list[int]]:
        """Return a conversation's ids and, for each, whether it belongs to an answer."""
        if not any(m["role"] == "assistant" and m["content"] for m in messages):
            raise GlotliftError(
                "GL-OBJECTIVE-082", "nothing is answered here", place=place, fix="drop the row"
            )
        if self.tokenizer.chat_template:
            return self.by_template(messages, place)
        ids, answer = [self.start], [0]
        for message in messages:
            answers = message["role"] == "assistant"
            text = message["content"] + ("" if answers else self.separator)
            added = self.encode(text) + (self.end if answers else [])
            ids += added
            answer += [int(answers)] * len(added)
        return ids, answer

    def by_template(self, messages: Sequence[Message], place: str) -> tuple[list[int], list[int]]:
        """Write a conversation by the tokenizer's chat template."""
        whole = self.templated(messages)
        answer = np.zeros(len(whole), dtype=np.int64)
        for at, message in enumerate(messages):
            if message["role"] != "assistant":
                continue
            asked = self.templated(messages[:at], add_generation_prompt=True)
            answered = self.templated(messages[: at + 1])
            if whole[: len(answered)] != answered or whole[: len(asked)] != asked:
                raise GlotliftError(
                    "GL-OBJECTIVE-083",
                    "the chat template writes the beginning of a conversation otherwise than all",
                    place=place,
                    fix="set tokenizer.chat_template to None, or to one that only adds",
                )
            answer[len(asked) : len(answered)] = 1
        return whole, answer.tolist()

    def templated(self, messages: Sequence[Message], **settings: Any) -> list[int]:
        """Return the ids of messages as the chat template writes them."""
        chat = [dict(message) for message in messages]
        text = self.tokenizer.apply_chat_template(chat, tokenize=False, **settings)
        return self.encode(str(text))

    def encode(self, text: str) -> list[int]:
        """Return the ids of a text, without special tokens."""
        return list(self.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"])

    def ask(self, prompt: str) -> str:
        """Return a prompt as it is written before its answer, without the start token."""
        return asked(self.tokenizer, [{"role": "user", "content": prompt}], self.separator)

    def collate(self, blocks: Sequence[Sequence[Ids]], seeds: Sequence[int]) -> dict[str, Any]:
        """Return `input_ids`, `position_ids` and `labels` [blocks, length], as for causal models.

        A label stands only where the token that is predicted belongs to an answer.
        """
        batch = super().collate([[piece[:, 0] for piece in pieces] for pieces in blocks], seeds)
        _, (_, answers) = laid_out(blocks, batch["labels"].shape[1], [0, 0])
        batch["labels"][:, :-1][torch.from_numpy(answers[:, 1:] == 0)] = IGNORED
        return batch


def messages_of(row: Mapping[str, Any]) -> list[Message]:
    """Return a row as messages."""
    if "messages" in row:
        return list(row["messages"])
    return [
        {"role": "user", "content": row["prompt"]},
        {"role": "assistant", "content": row["response"]},
    ]


def asked(
    tokenizer: PreTrainedTokenizerFast, messages: Sequence[Message], separator: str = "\n"
) -> str:
    """Return a conversation as `InstructionTuning` writes it before the next answer.

    The start token is not written; a template may write its own.
    """
    if tokenizer.chat_template:
        chat = [dict(message) for message in messages]
        return str(tokenizer.apply_chat_template(chat, tokenize=False, add_generation_prompt=True))
    ends = {"assistant": str(tokenizer.eos_token or tokenizer.sep_token or "")}
    return "".join(m["content"] + ends.get(m["role"], separator) for m in messages)
