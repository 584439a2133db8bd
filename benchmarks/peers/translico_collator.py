"""TransliCo's own collator of pairs, loaded from a checkout of cisnlp/TransliCo as it is."""

import ast
import dataclasses
import typing
from pathlib import Path

import numpy as np
import torch
from torch.nn.utils.rnn import pad_sequence
from transformers import PreTrainedTokenizerBase

NAME = "DataCollatorForTransliterationModeling"


def load(source):
    """Return the collator's class; the rest of its file reads data sets and is left alone."""
    text = (Path(source) / "utils.py").read_text(encoding="utf-8")
    [node] = [n for n in ast.parse(text).body if getattr(n, "name", None) == NAME]
    names = {
        "np": np,
        "torch": torch,
        "pad_sequence": pad_sequence,
        "PreTrainedTokenizerBase": PreTrainedTokenizerBase,
        "dataclass": dataclasses.dataclass,
        "__name__": NAME,
        **{name: getattr(typing, name) for name in ("Optional", "List", "Any", "Union", "Dict")},
    }
    names["Tuple"] = typing.Tuple  # noqa: UP006 - what the published annotations call it
    exec(compile(ast.Module([node], []), "utils.py", "exec"), names)
    return names[NAME]


def collating(source, pairs, tokenizer):
    """Return what collates all `pairs` of lists of ids once."""
    collator = load(source)(tokenizer)
    given = []
    for pair in pairs:
        row = {}
        for side, ids in enumerate(pair, start=1):
            special = tokenizer.get_special_tokens_mask(ids, already_has_special_tokens=True)
            row |= {
                f"input_ids_{side}": ids,
                f"attention_mask_{side}": [1] * len(ids),
                f"special_tokens_mask_{side}": special,
                f"pool_mask_{side}": [1 - flag for flag in special],
                f"token_type_ids_{side}": [0] * len(ids),
            }
        given.append(row)
    return lambda: collator(given)
