"""Sentinels and mode tokens for denoising, added to a tokenizer that has none.

A sentinel stands for a hidden span of text: T5's ``<extra_id_0>``, ``<extra_id_1>`` and so on
(Raffel et al. 2020, section 3.1.4). A mode token says which kind of denoising is asked for:
``[NLU]`` regular, ``[NLG]`` extreme, ``[S2S]`` sequential, as UL2's checkpoints write them
(Tay et al. 2022, arXiv:2205.05131, section 3).
"""

from transformers import PreTrainedTokenizerFast

from glotlift.vocabulary.language_codes import LanguageCodeEdit, add_language_codes
from glotlift.vocabulary.segmentation import vocabulary_of

REGULAR, EXTREME, SEQUENTIAL = "[NLU]", "[NLG]", "[S2S]"
MODES = (REGULAR, EXTREME, SEQUENTIAL)
SENTINELS = 100


def sentinel(number: int) -> str:
    """Return T5's sentinel of that number."""
    return f"<extra_id_{number}>"


def add_denoising_tokens(
    tokenizer: PreTrainedTokenizerFast,
    *,
    sentinels: int = SENTINELS,
    modes: tuple[str, ...] = MODES,
) -> LanguageCodeEdit:
    """Return the edit that adds the mode tokens and sentinels which the tokenizer lacks.

    They become special tokens after all old ids, as language codes do; a matrix that is padded
    beyond the tokenizer keeps its size. Begin their rows with `random_rows`: `mean_of_pieces` would
    give all of them one row. Raises GL-VOCABULARY-001 (slow tokenizer), -013 (unknown kind) and
    -075 (nothing is lacking).
    """
    known = vocabulary_of(tokenizer)
    wanted = [*modes, *(sentinel(number) for number in range(sentinels))]
    return add_language_codes(tokenizer, [token for token in wanted if token not in known])
