"""Small models taught translation by single turns or by conversations, and asked to revise.

What is read is the conversation so far, what is written the next reply. In conversations half of
the first replies hold errors: words of other sentences in place of right ones. After "revise" the
second reply is the right one, after "again" it is the first reply over again; or it is that after
both. All learn as many tokens.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from datasets import Dataset
from numpy.typing import NDArray
from transformers import PreTrainedTokenizerFast, set_seed

from glotlift.evaluation.metrics import chrf_rows
from glotlift.evaluation.revision import Prompts, Revised, revise
from glotlift.evidence.design import Measurement, Setting
from glotlift.probing.similarity import derangement
from glotlift.recipes.few_words import said
from glotlift.recipes.small_mbart import ROLES, untrained
from glotlift.recipes.small_seq2seq import Pair, State, encode, learn, write
from glotlift.runs.machine import peak_memory
from glotlift.runs.protocols import Message
from glotlift.vocabulary import train_tokenizer

Values = Mapping[str, Any]
Floats = NDArray[np.float64]
Talk = list[tuple[str, str]]  # of what is asked and what is replied
Layout = Callable[[str, str, Sequence[str], np.random.Generator], Talk]
REVISE, AGAIN = "revise", "again"
ASKED = Prompts("{source_text}", (REVISE,), AGAIN)
FIRST, LAST, ABOVE = "turn 1", "the last turn that was taught", "turn 1 above others' replies"
GAIN, RETRY, BEYOND = "gain of turn 2", "gain of again", "gain above again"
PLANTED, KEPT = "gain after planted errors", "gain after a right draft"
LONGEST = 40  # tokens of a reply
ERRING, ERRORS = 0.5, 0.4  # of the drafts, and of the words of those
LETTERS = 3  # words of more are put in place of one another


def single(source: str, target: str, known: Sequence[str], rng: np.random.Generator) -> Talk:
    """Lay out a translation as one turn."""
    return [(source, target)]


def in_two(
    source: str,
    target: str,
    known: Sequence[str],
    rng: np.random.Generator,
    *,
    mended: bool,
) -> Talk:
    """Lay out a translation as a draft and what follows on "revise" or "again"."""
    draft = spoilt(target, known, rng) if rng.random() < ERRING else target
    asked = REVISE if rng.random() < 0.5 else AGAIN
    return [(source, draft), (asked, target if mended and asked == REVISE else draft)]


corrected = partial(in_two, mended=True)
repeated = partial(in_two, mended=False)


def long_words(texts: Sequence[str]) -> list[str]:
    """Return the words that take one another's place, without marks, each once."""
    found = (word.strip(".,!?") for text in texts for word in text.split())
    return sorted({word for word in found if len(word) > LETTERS})


def spoilt(text: str, known: Sequence[str], rng: np.random.Generator) -> str:
    """Return a text with errors: of its longer words, one or more are others of the language."""
    words = text.split()
    able = [at for at, word in enumerate(words) if len(word.strip(".,!?")) > LETTERS]
    if not able:
        return text
    wrong = [at for at in able if rng.random() < ERRORS] or [able[int(rng.integers(len(able)))]]
    for at in wrong:
        bare = words[at].strip(".,!?")
        others = [word for word in known if word != bare and word[0].isupper() == bare[0].isupper()]
        if others:
            words[at] = words[at].replace(bare, others[int(rng.integers(len(others)))])
    return " ".join(words)


@dataclass(frozen=True)
class Correspondent:
    """An encoder-decoder as a `Talker`: it reads the conversation and writes the next reply."""

    state: State

    def chat(
        self,
        conversations: Sequence[Sequence[Message]],
        *,
        max_new_tokens: int,
        stop: Sequence[str] = (),
    ) -> list[str]:
        """Return the next message of each conversation, greedily; `stop` is not looked at."""
        model, tokenizer = self.state
        read = [
            together(tokenizer, [message["content"] for message in told]) for told in conversations
        ]
        ids = write(model, tokenizer, read, longest=max_new_tokens)
        return [str(tokenizer.decode(row, skip_special_tokens=True)).strip() for row in ids]


def together(tokenizer: PreTrainedTokenizerFast, told: Sequence[str]) -> list[int]:
    """Return messages as one list of ids, each with the end token."""
    return [number for text in told for number in encode(tokenizer, text)]


def lessons(
    tokenizer: PreTrainedTokenizerFast,
    rows: Sequence[tuple[str, str]],
    layout: Layout,
    seed: int,
) -> Iterator[Pair]:
    """Yield what is read and written in each turn of each conversation, without end."""
    rng = np.random.default_rng([seed, 0x524556])
    known = long_words([target for _, target in rows])
    while True:
        for place in rng.permutation(len(rows)):
            told: list[str] = []
            source, target = rows[int(place)]
            for asked, reply in layout(source, target, known, rng):
                told.append(asked)
                yield together(tokenizer, told), encode(tokenizer, reply)
                told.append(reply)


@lru_cache(maxsize=1)
def tokenizer_for(key: str) -> PreTrainedTokenizerFast:
    """Return the tokenizer of all arms, which has read what is asked besides."""
    values, known = json.loads(key), said(key).pairs
    texts = [text for some in known.values() for text in some]
    made: PreTrainedTokenizerFast = train_tokenizer(
        [*texts, *[REVISE, AGAIN] * 20],
        kind="bpe",
        size=values["pieces"],
        special_tokens=ROLES,
    )
    return made


def held_out(values: Values, key: str) -> Dataset:
    """Return the rows of translation into English that the model is asked about."""
    known = said(key).held_out
    english = known[values["pivot"]]
    return Dataset.from_list(
        [
            {
                "id": f"{code}/{number}",
                "language": values["pivot"],
                "source_language": code,
                "source_text": source,
                "text": target,
            }
            for code in values["languages"]
            for number, (source, target) in enumerate(zip(known[code], english, strict=True))
        ]
    )


def teach(setting: Setting, seed: int, folder: Path, *, layout: Layout, turns: int) -> Measurement:
    """Teach a model translations laid out so, and ask it to revise.

    The budget is ``values["tokens"]`` written; `turns` is how many a conversation has. A row of the
    scores is a held-out sentence in a language.
    """
    del folder
    values, key = setting.values, json.dumps(dict(setting.values), sort_keys=True)
    known, tokenizer = said(key).pairs, tokenizer_for(key)
    rows = [
        pair
        for code in values["languages"]
        for pair in zip(known[code], known[values["pivot"]], strict=True)
    ]
    set_seed(seed)
    model = untrained(values, tokenizer)
    spent = learn(
        model,
        tokenizer,
        lessons(tokenizer, rows, layout, seed),
        amount=values["tokens"],
        unit="tokens written",
        rate=values["rate"],
        seed=seed,
    )
    tested = held_out(values, key)
    scores, cost = revised(
        Correspondent((model, tokenizer)), tested, long_words(known[values["pivot"]]), turns
    )
    cost |= {
        "steps": float(spent.steps),
        "processor seconds of training": spent.seconds,
        "peak_memory_bytes": float(peak_memory()),
        "test sentences in training": float(
            sum(
                pair in set(rows)
                for pair in zip(tested["source_text"], tested["text"], strict=True)
            )
        ),
    }
    ids = [str(id) for id in tested["id"]]
    return Measurement(spent.written, scores, dict.fromkeys(scores, ids), cost=cost)


def revised(
    client: Any, rows: Dataset, known: Sequence[str], turns: int
) -> tuple[dict[str, Floats], dict[str, float]]:
    """Return what further turns bring a client, [rows], and figures beside it."""

    def asked(drafts: Sequence[str] | None = None) -> Revised:
        return revise(client, rows, prompts=ASKED, drafts=drafts, max_new_tokens=LONGEST)

    references = list(rows["text"])
    rng = np.random.default_rng(0x504C41)
    own = asked()
    planted = asked([spoilt(text, known, rng) for text in references])
    right = asked(references)
    first = own.scores[0]
    others = [own.replies[0][place] for place in derangement(len(first), 0)]
    scores = {
        FIRST: first,
        LAST: own.scores[turns - 1],
        ABOVE: first - chrf_rows(others, references),
        GAIN: own.scores[1] - first,
        RETRY: own.again_scores - first,
        BEYOND: own.scores[1] - own.again_scores,
        PLANTED: planted.scores[1] - planted.scores[0],
        KEPT: right.scores[1] - right.scores[0],
    }
    return scores, {
        "second replies that are the first": own.same,
        "chrF++ of planted drafts": float(planted.scores[0].mean()),
        "copied": float(chrf_rows(list(rows["source_text"]), references).mean()),
    }
