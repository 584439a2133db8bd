"""The same tokenizer with other ids."""

from collections.abc import Mapping

import numpy as np
from transformers import PreTrainedTokenizerFast

from glotlift.vocabulary.edit import VocabularyEdit
from glotlift.vocabulary.extension import kind_of
from glotlift.vocabulary.segmentation import backend_of, vocabulary_of


def renumbered(
    tokenizer: PreTrainedTokenizerFast, ids: Mapping[str, int]
) -> PreTrainedTokenizerFast:
    """Return a copy whose every piece, added and special tokens too, has the id that `ids` says.

    `ids` maps all pieces to 0, 1, 2 and so on. Where a special token moves, the copy is a plain
    `PreTrainedTokenizerFast`: several classes of transformers have such ids written into them
    (Unigram's unknown token above all) and would load another tokenizer than was saved.
    """
    old = vocabulary_of(tokenizer)
    old_to_new = np.full(max(old.values()) + 1, -1, dtype=np.int64)
    for piece, number in old.items():
        old_to_new[number] = ids[piece]
    kind = kind_of(backend_of(tokenizer))
    edited = VocabularyEdit(kind=kind, old_to_new=old_to_new).tokenizer(tokenizer)
    moved = any(old_to_new[number] != number for number in tokenizer.all_special_ids)
    return as_plain(edited) if moved else edited


def as_plain(tokenizer: PreTrainedTokenizerFast) -> PreTrainedTokenizerFast:
    """Return a tokenizer in the class that takes everything from its file, settings kept."""
    roles = tokenizer.special_tokens_map
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer.backend_tokenizer,
        extra_special_tokens=list(tokenizer.extra_special_tokens),
        model_max_length=tokenizer.model_max_length,
        padding_side=tokenizer.padding_side,
        truncation_side=tokenizer.truncation_side,
        chat_template=tokenizer.chat_template,
        clean_up_tokenization_spaces=tokenizer.clean_up_tokenization_spaces,
        model_input_names=tokenizer.model_input_names,
        **{role: token for role, token in roles.items() if isinstance(token, str)},
    )
