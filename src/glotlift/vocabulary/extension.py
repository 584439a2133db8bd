"""Extend a vocabulary so that ordinary segmentation reaches every new piece."""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tokenizers import Tokenizer
from transformers import PreTrainedTokenizerFast

from glotlift.runs.errors import GlotliftError
from glotlift.vocabulary.edit import KINDS, ModelKind, VocabularyEdit
from glotlift.vocabulary.keep import cap_changes
from glotlift.vocabulary.merging import Chains, Merge, continue_merges
from glotlift.vocabulary.segmentation import backend_of, cuts_character, encodings, is_byte_level
from glotlift.vocabulary.words import count_words, missing_letters, unpack

# Unigram and WordPiece drop candidates that segmentation does not choose, so they start with more.
SURPLUS = 1.25
ROUNDS = 4
REFILLS = 3


@dataclass(frozen=True)
class Source:
    """The tokenizer to extend and the text to extend it for, read once."""

    tokenizer: PreTrainedTokenizerFast
    backend: Tokenizer
    kind: ModelKind
    vocabulary: Mapping[str, int]
    texts: Sequence[str]

    @property
    def size(self) -> int:
        """Ids of the old tokenizer."""
        return max(self.vocabulary.values()) + 1


def extend(
    tokenizer: PreTrainedTokenizerFast,
    texts: Iterable[str],
    *,
    pieces: int,
    keep_texts: Sequence[str] | Mapping[str, Sequence[str]] | None = None,
    max_changed: float | None = None,
) -> VocabularyEdit:
    """Learn up to `pieces` new pieces from `texts`, each of them reached by ordinary segmentation.

    Every kind first gains the characters that it lacks, then continues byte-pair encoding (Sennrich
    et al. 2016) from the old segmentation of `texts`. A BPE gains the merges themselves, ranked
    after the old ones. For Unigram (Kudo 2018) and WordPiece the wholes are candidates: those that
    Viterbi or longest-match segmentation of `texts` does not choose are dropped, and a Unigram
    piece scores the log of its share of the tokens of `texts`. Text in which no new piece applies
    segments as before. Fewer pieces come back where the text has no more pairs that occur twice.

    `max_changed` caps the fraction of sentences of `keep_texts` (of every language apart, if it
    maps languages to texts) that segment differently afterwards: new pieces are dropped, those
    first that change most kept sentences per occurrence in `texts`, with the pieces built on them;
    others are then learnt in their place while that helps.

    Raises GL-VOCABULARY-001 (slow tokenizer), -013 (a model that cannot be edited), -014 (pieces
    below 1), -015 (no text), -016 (max_changed outside [0, 1]) and -051 (max_changed without
    keep_texts).
    """
    check_request(pieces, keep_texts, max_changed)
    backend = backend_of(tokenizer)
    source = Source(
        tokenizer,
        backend,
        kind_of(backend),
        backend.get_vocab(with_added_tokens=True),
        [text for text in texts if text.strip()],
    )
    if not source.texts:
        raise GlotliftError(
            "GL-VOCABULARY-015", "there is no text to learn from", place="texts", fix="give text"
        )
    if keep_texts is None or max_changed is None:
        return learn(source, pieces, frozenset())
    groups = keep_texts if isinstance(keep_texts, Mapping) else {"kept": keep_texts}
    return learn_within(source, pieces, groups, max_changed)


def check_request(
    pieces: int, keep_texts: Collection[object] | None, max_changed: float | None
) -> None:
    """Raise GL-VOCABULARY-014, -016 or -051 for a request that makes no sense."""
    if pieces < 1:
        raise GlotliftError(
            "GL-VOCABULARY-014",
            f"cannot add {pieces} pieces",
            place="pieces",
            fix="ask for 1 or more",
        )
    check_cap(max_changed)
    if max_changed is not None and not keep_texts:
        raise GlotliftError(
            "GL-VOCABULARY-051",
            "there is no text whose changed sentences could be capped",
            place="max_changed",
            fix="give keep_texts too, or leave max_changed out",
        )


def check_cap(max_changed: float | None) -> None:
    """Raise GL-VOCABULARY-016 for a cap that is no fraction."""
    if max_changed is not None and not 0 <= max_changed <= 1:
        raise GlotliftError(
            "GL-VOCABULARY-016",
            f"cannot cap the changed sentences at {max_changed}",
            place="max_changed",
            fix="give a fraction from 0 to 1",
        )


def kind_of(backend: Tokenizer) -> ModelKind:
    """Return the kind of segmentation model; raises GL-VOCABULARY-013 for one not known here."""
    name = type(backend.model).__name__.lower()
    if name not in KINDS:
        raise GlotliftError(
            "GL-VOCABULARY-013",
            f"a {type(backend.model).__name__} model cannot be edited",
            place="tokenizer",
            fix=f"use one of {', '.join(KINDS)}",
        )
    return KINDS[KINDS.index(name)]


def learn_within(
    source: Source, pieces: int, groups: Mapping[str, Sequence[str]], max_changed: float
) -> VocabularyEdit:
    """Learn under the cap on kept text, refilling what the cap drops while that adds pieces."""
    refused: set[str] = set()
    best: VocabularyEdit | None = None
    for _ in range(REFILLS):
        draft = learn(source, pieces, refused)
        capped = cap_changes(draft, source.tokenizer, groups, max_changed)
        edit = settled(source, capped)
        if best is None or len(edit.added) > len(best.added):
            best = edit
        lost = set(draft.added) - set(capped.added)
        if not lost:
            break
        refused |= lost
    assert best is not None
    return best


def learn(source: Source, pieces: int, refused: Collection[str]) -> VocabularyEdit:
    """Learn up to `pieces` new pieces, none of them `refused`."""
    wanted = missing_letters(source.backend, source.texts)
    letters = [letter for letter, _ in wanted.most_common(pieces) if letter not in refused]
    start = with_letters(source, letters)
    backend = backend_of(start.tokenizer(source.tokenizer)) if letters else source.backend
    number = pieces - len(letters)
    words, total = count_words(backend, source.texts)
    merges = continue_merges(
        Chains(*unpack(words)),
        {number: piece for piece, number in backend.get_vocab(with_added_tokens=True).items()},
        number=number if source.kind == "bpe" else math.ceil(number * SURPLUS),
        first_id=start.new_size,
        join=joiner(backend),
        refused=refuser(backend, refused),
    )
    draft = with_merges(start, merges, wanted, total)
    return settled(source, draft) if source.kind == "bpe" else selected(source, draft, pieces)


def with_letters(source: Source, letters: Sequence[str]) -> VocabularyEdit:
    """Return the edit that only adds one-character pieces."""
    unknown = getattr(source.backend.model, "unk_token", None)
    spelt = [source.backend.model.tokenize(letter) for letter in letters]
    return VocabularyEdit(
        kind=source.kind,
        old_to_new=np.arange(source.size, dtype=np.int64),
        added=tuple(letters),
        parts=tuple(
            tuple(token.id for token in tokens if token.value not in (unknown, letter))
            for letter, tokens in zip(letters, spelt, strict=True)
        ),
        counts=(1,) * len(letters),
        scores=(0.0,) * len(letters) if source.kind == "unigram" else (),
    )


def joiner(backend: Tokenizer) -> Callable[[str, str], str]:
    """Return how two adjacent pieces read as one: the right one loses its continuation mark."""
    prefix = getattr(backend.model, "continuing_subword_prefix", None) or ""
    return lambda left, right: left + right[len(prefix) :]


def refuser(backend: Tokenizer, refused: Collection[str]) -> Callable[[str, str], bool]:
    """Return which pairs may not merge: into a `refused` piece or a piece with a cut character."""
    join = joiner(backend)
    if not is_byte_level(backend):
        return lambda left, right: join(left, right) in refused
    return lambda left, right: join(left, right) in refused or cuts_character(left, right)


def with_merges(
    start: VocabularyEdit, merges: Sequence[Merge], letters: Mapping[str, int], total: int
) -> VocabularyEdit:
    """Return `start` with the wholes of `merges` added after its letters.

    Counts are those at the time of learning; `total` is the number of old pieces in the text.
    """
    spelt = dict(zip(start.added_ids, start.parts, strict=True))
    for whole, merge in enumerate(merges, start.new_size):
        spelt[whole] = tuple(
            number for side in (merge.left, merge.right) for number in spelt.get(side, (side,))
        )
    counts = [letters[letter] for letter in start.added] + [merge.count for merge in merges]
    return replace(
        start,
        added=start.added + tuple(merge.piece for merge in merges),
        parts=tuple(spelt.values()),
        counts=tuple(counts),
        merges=tuple(merge.pair for merge in merges) if start.kind == "bpe" else (),
        scores=log_shares(counts, total) if start.kind == "unigram" else (),
    )


def log_shares(counts: Sequence[int], total: int) -> tuple[float, ...]:
    """Return the natural log of each count's share of `total`, a Unigram piece's score."""
    return tuple(math.log(max(count, 1) / max(total, 1)) for count in counts)


def recounted(source: Source, edit: VocabularyEdit) -> tuple[VocabularyEdit, int]:
    """Return the edit with the counts of its pieces in the segmented text, and all its pieces."""
    backend = backend_of(edit.tokenizer(source.tokenizer))
    counts = np.zeros(edit.new_size, dtype=np.int64)
    for encoding in encodings(backend, source.texts):
        counts += np.bincount(encoding.ids, minlength=edit.new_size)
    return replace(edit, counts=tuple(counts[edit.added_ids.start :].tolist())), int(counts.sum())


def settled(source: Source, edit: VocabularyEdit) -> VocabularyEdit:
    """Return the edit with its final counts and without pieces that segmentation does not reach."""
    edit, _ = recounted(source, edit)
    return settled(source, edit.without(edit.unreached)) if edit.unreached else edit


def selected(source: Source, draft: VocabularyEdit, pieces: int) -> VocabularyEdit:
    """Return the `pieces` candidates that segmentation chooses most often.

    Each round segments the text, rescores Unigram pieces by what was chosen (hard expectation
    maximisation), and drops what was not chosen or is beyond the number asked for.
    """
    for _ in range(ROUNDS):
        draft, total = recounted(source, draft)
        order = sorted(range(len(draft.added)), key=lambda place: -draft.counts[place])
        lost = {draft.added[place] for place in order[pieces:]} | set(draft.unreached)
        if draft.kind == "unigram":
            draft = replace(draft, scores=log_shares(draft.counts, total))
        draft = draft.without(lost)
        if not lost:
            break
    return settled(source, draft)
