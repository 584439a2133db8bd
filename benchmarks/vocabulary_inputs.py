"""What `vocabulary.py` works on: random Unicode strings, and small tokenizers of ten families."""

import random
import re
import sys
import unicodedata
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

import orjson
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from glotlift import world
from glotlift.languages.identification.writing import SCRIPTS, script_table
from glotlift.vocabulary import train_tokenizer
from glotlift.vocabulary.segmentation import state_of

KNOWN = ("eng_Latn", "spa_Latn", "rus_Cyrl", "tur_Latn", "arb_Arab", "zho_Hans", "swh_Latn")
"""Languages that the tokenizers are trained on."""
NEW = ("hin_Deva", "ell_Grek", "cat_Latn")
"""Languages that they are extended by."""
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000"
SPACES += "".join(map(chr, range(0x2000, 0x200B)))
JOINERS = "\u200c\u200d\u2060\ufeff\u00ad\ufe0f\ufe0e\u034f"
DIRECTIONS = "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
LITERALS = ["▁", "▁▁a", "Ġthe", "##ing", "⇧", "⇧a", "⇩", "⇧⇩", "A⇧B", " ", "  ", "\u2581 \u2581"]
PARTING = re.compile("[" + SPACES + "]+")
NO_SPACES = str.maketrans(dict.fromkeys(SPACES))
META, UNKNOWN = "▁", "<unk>"
BYTE_PIECES = [f"<0x{byte:02X}>" for byte in range(256)]


@cache
def pools() -> dict[str, list[str]]:
    """Return the assigned characters of each script, and other sets of characters by name."""
    table = script_table()
    found: dict[str, list[str]] = {name: [] for name in SCRIPTS}
    marks, emoji = [], []
    for point in range(0x30000):
        letter = chr(point)
        category = unicodedata.category(letter)
        if category in ("Cn", "Cs", "Co"):
            continue
        found[SCRIPTS[table[point]]].append(letter)
        if category in ("Mn", "Mc", "Me"):
            marks.append(letter)
        if 0x1F300 <= point < 0x1FAFF or 0x2600 <= point < 0x27C0:
            emoji.append(letter)
    controls = [*map(chr, range(32)), *map(chr, range(0x7F, 0xA0)), *SPACES, "\ufffd", "\ufffe"]
    flags = [chr(0x1F1E6 + number) for number in range(26)]
    tones = [chr(0x1F3FB + number) for number in range(5)]
    composed = [one for one in map(chr, range(0xC0, 0x2000)) if unicodedata.decomposition(one)]
    composed += [chr(point) for point in range(0xAC00, 0xD7A4, 7)]
    return {name: letters for name, letters in found.items() if letters} | {
        "marks": marks, "emoji": emoji, "controls": controls, "flags": flags, "tones": tones,
        "composed": composed,
    }  # fmt: skip


def random_strings(number: int, seed: int = 0) -> list[str]:
    """Return strings of every script and kind, the same for the same seed.

    One script, several, composed or decomposed, emoji with joiners, tones and flags, joiners and
    marks of direction inside words, controls and spaces, combining marks without a letter, any
    code point whether assigned or not, slices of sentences, and letters that tokenizers themselves
    write with. Lone surrogates are no Unicode text and left out.
    """
    draw = random.Random(seed)
    sets = pools()
    scripts = [sets[name] for name in SCRIPTS if name in sets]
    plain = sentences(world.LANGUAGES, 30)

    def some(letters: Collection[str], most: int = 14) -> str:
        return "".join(draw.choices(letters, k=draw.randint(1, most)))  # type: ignore[arg-type]

    def anything(_: str) -> str:
        points = (draw.randrange(sys.maxunicode + 1) for _ in range(draw.randint(1, 8)))
        return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)

    def emoji(_: str) -> str:
        people = draw.choices(sets["emoji"], k=draw.randint(1, 4))
        parts = [one + draw.choice(["", *sets["tones"], "\ufe0f"]) for one in people]
        return draw.choice(["", "\u200d", " "]).join(parts) + some(sets["flags"], 4)

    def sliced(_: str) -> str:
        text = draw.choice(plain)
        start = draw.randrange(len(text))
        return text[start : start + draw.randint(1, 30)]

    def form(_: str) -> str:
        return unicodedata.normalize(draw.choice(["NFC", "NFD"]), some(sets["composed"]))

    makers: list[tuple[int, Callable[[str], str]]] = [
        (24, lambda one: one),
        (10, lambda one: " ".join([one, *(some(draw.choice(scripts), 5) for _ in range(3))])),
        (10, form),
        (10, emoji),
        (9, lambda one: woven(draw, one, JOINERS)),
        (9, lambda one: woven(draw, some(draw.choice([sets["Arab"], sets["Hebr"]])), DIRECTIONS)),
        (6, lambda one: woven(draw, one, sets["controls"])),
        (6, lambda one: some(sets["marks"], 4) + draw.choice(["", " ", one])),
        (5, anything),
        (9, sliced),
        (2, lambda one: draw.choice(LITERALS) + draw.choice(["", one])),
    ]
    chosen = draw.choices([make for _, make in makers], [share for share, _ in makers], k=number)
    return [make(some(draw.choice(scripts))) for make in chosen]


def woven(draw: random.Random, text: str, between: Collection[str]) -> str:
    """Return a text with signs put between some of its characters, and at its ends."""
    signs = draw.choices([*between, *[""] * len(between)], k=len(text) + 1)
    return "".join(part for pair in zip(signs, [*text, ""], strict=True) for part in pair)


@cache
def sentences(languages: tuple[str, ...], rows: int, start: int = 0) -> tuple[str, ...]:
    """Return sentences of the sample world."""
    return tuple(
        text
        for code in languages
        for text in world.documents(code, rows, start=start, sentences=3)["text"]
    )


@dataclass(frozen=True)
class Family:
    """A tokenizer, and the text that it gives back for a text: its normal form."""

    tokenizer: PreTrainedTokenizerFast
    form: Callable[[str, Collection[str]], str]
    """From a text and the tokenizer's pieces to what decoding its encoding must give."""
    settle: Callable[[str], str] = str
    """What is done to both before they are compared."""
    unknown: bool = False
    """It has characters that it cannot write."""
    whole_words: bool = False
    """A word with such a character is unknown as a whole; text with one is left out."""


def as_it_is(text: str, _: Collection[str]) -> str:
    """Every byte comes back."""
    return text


def composed(text: str) -> str:
    """Return canonical composition: what comes back may be composed by an older Unicode."""
    return unicodedata.normalize("NFC", text)


def with_spaces(text: str, _: Collection[str]) -> str:
    """The sign for a space comes back as one."""
    return text.replace(META, " ")


def with_spaces_after_one(text: str, _: Collection[str]) -> str:
    """As `with_spaces`; one space at the start is the one that is put there anyhow."""
    return text.replace(META, " ").removeprefix(" ")


def known_words(text: str, pieces: Collection[str]) -> str:
    """Words with one space between; each run of characters without a piece is one unknown."""
    words = (word if word.startswith(META) else META + word for word in PARTING.split(text) if word)
    return known("".join(words), pieces)


def known_text(text: str, pieces: Collection[str]) -> str:
    """Only spaces part words and several are one; otherwise as `known_words`."""
    text = re.sub(" {2,}", " ", text).replace(" ", META)
    return known(text if not text or text.startswith(META) else META + text, pieces)


def known(text: str, pieces: Collection[str]) -> str:
    """Return a text with the unknown token for each run of characters that no piece spells."""
    parts: list[str] = []
    for letter in text:
        if letter in pieces:
            parts.append(" " if letter == META else letter)
        elif not parts or parts[-1] != UNKNOWN:
            parts.append(UNKNOWN)
    return "".join(parts).removeprefix(" ")


def cleaned(text: str, _: Collection[str]) -> str:
    """BERT's clean text: no controls, formats, private signs, nor the replacement character."""
    gone = ("Cc", "Cf", "Co")
    return "".join(
        letter for letter in text if unicodedata.category(letter) not in gone and letter != "\ufffd"
    )


def unspaced(text: str) -> str:
    """Return a text without white space, which BERT's decoding puts elsewhere."""
    return text.translate(NO_SPACES)


def byte_pairs(size: int) -> tuple[dict[str, int], list[tuple[str, str]], dict[str, Any]]:
    """Return vocabulary, merges and state of a byte-level BPE."""
    tokenizer = train_tokenizer(training_text(), size=size, special_tokens={})
    state = state_of(tokenizer.backend_tokenizer)
    model = state["model"]
    return model["vocab"], [tuple(merge) for merge in model["merges"]], state


def training_text() -> tuple[str, ...]:
    """Return what tokenizers are trained on: sentences, and strings for a wide alphabet."""
    return sentences(KNOWN, 120) + tuple(random_strings(1500, 77))


@cache
def marked_pairs(size: int) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Return pieces and merges of a BPE over words marked with ``▁``."""
    backend = Tokenizer(models.BPE())
    backend.pre_tokenizer = pre_tokenizers.Metaspace()
    backend.train_from_iterator(
        training_text(), trainers.BpeTrainer(vocab_size=size, show_progress=False)
    )
    model = state_of(backend)["model"]
    names = sorted(model["vocab"], key=model["vocab"].__getitem__)
    return tuple(names), tuple((one, other) for one, other in model["merges"])


def numbered(special: list[str], size: int) -> dict[str, Any]:
    """Return vocabulary and merges of a BPE that falls back on byte pieces."""
    names, merges = marked_pairs(size)
    pieces = dict.fromkeys([*special, *BYTE_PIECES, *names, META])
    return {
        "vocab": {piece: number for number, piece in enumerate(pieces)},
        "merges": list(merges),
    }


def gpt2() -> PreTrainedTokenizerFast:
    """Byte-level BPE with the pattern of GPT-2."""
    vocab, merges, _ = byte_pairs(2600)
    vocab = {**vocab, "<|endoftext|>": len(vocab)}
    return transformers.GPT2Tokenizer(vocab=vocab, merges=merges)


def qwen() -> PreTrainedTokenizerFast:
    """Byte-level BPE of composed text with the pattern of Qwen."""
    vocab, merges, _ = byte_pairs(2600)
    vocab = {**vocab, "<|endoftext|>": len(vocab)}
    return transformers.Qwen2Tokenizer(vocab=vocab, merges=merges)


def llama3() -> PreTrainedTokenizerFast:
    """Byte-level BPE that lists every pair of a piece as a merge, as from tiktoken."""
    vocab, merges, state = byte_pairs(2200)
    ranked = {"".join(merge): None for merge in merges}
    state["model"]["merges"] = [
        [piece[:cut], piece[cut:]]
        for piece in ranked
        for cut in range(1, len(piece))
        if piece[:cut] in vocab and piece[cut:] in vocab
    ]
    state["model"]["ignore_merges"] = True
    backend = Tokenizer.from_str(orjson.dumps(state).decode())
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        bos_token="<|begin_of_text|>",
        eos_token="<|end_of_text|>",
        pad_token="<|pad|>",
    )


def unigram(special: list[str], size: int) -> list[tuple[str, float]]:
    """Return the pieces and scores of a Unigram model, these special tokens first."""
    learnt = train_tokenizer(training_text(), kind="unigram", size=size, byte_fallback=False)
    items = state_of(learnt.backend_tokenizer)["model"]["vocab"]
    closed = {*special, "<s>", "</s>", "<pad>", UNKNOWN}
    plain = [(piece, score) for piece, score in items if piece not in closed]
    return [(piece, 0.0) for piece in special] + plain


def wordpiece() -> PreTrainedTokenizerFast:
    """WordPiece as in multilingual BERT, case kept."""
    learnt = train_tokenizer(training_text(), kind="wordpiece", size=6000)
    return transformers.BertTokenizer(vocab=learnt.get_vocab(), do_lower_case=False)


XLMR = ["<s>", "<pad>", "</s>", UNKNOWN]
FAMILIES: dict[str, Callable[[], Family]] = {
    "gpt2": lambda: Family(gpt2(), as_it_is),
    "llama3": lambda: Family(llama3(), as_it_is),
    "qwen": lambda: Family(qwen(), as_it_is, composed),
    "llama2": lambda: Family(
        transformers.LlamaTokenizer(**numbered([UNKNOWN, "<s>", "</s>"], 5200)),
        with_spaces_after_one,
    ),
    "gemma": lambda: Family(
        transformers.GemmaTokenizer(**numbered(["<pad>", "<eos>", "<bos>", UNKNOWN], 5200)),
        with_spaces,
    ),
    "xlm-roberta": lambda: Family(
        transformers.XLMRobertaTokenizer(vocab=unigram(XLMR, 7000)), known_words, unknown=True
    ),
    "mbart50": lambda: Family(
        transformers.MBart50Tokenizer(vocab=unigram(XLMR[1:], 7000), src_lang="hi_IN"),
        known_text,
        unknown=True,
    ),
    "bert": lambda: Family(wordpiece(), cleaned, unspaced, unknown=True, whole_words=True),
    "combined variant": lambda: Family(
        train_tokenizer(sentences(KNOWN, 120), size=2600, variant="combined"), as_it_is
    ),
    "characters": lambda: Family(
        train_tokenizer(training_text(), kind="character", size=2600), as_it_is
    ),
}
# The tokenizer that each is replaced by.
OTHERS = {
    "gpt2": "llama2", "llama3": "xlm-roberta", "qwen": "gemma", "llama2": "gpt2",
    "gemma": "llama3", "xlm-roberta": "qwen", "mbart50": "bert", "bert": "mbart50",
    "combined variant": "gpt2", "characters": "combined variant",
}  # fmt: skip


@cache
def family(name: str) -> Family:
    """Return a family by name; nobody changes its tokenizer."""
    return FAMILIES[name]()
