"""Starter models: small real models pretrained on the sample world, made once and cached.

A starter is what a recipe, a test or the demo starts from where no downloaded model is at hand.
"""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

from glotlift import world
from glotlift.corpus import natural
from glotlift.runs import atomic
from glotlift.runs.cache import cache_folder
from glotlift.runs.errors import GlotliftError
from glotlift.runs.hashing import hash_json
from glotlift.training.micro_batches import processes
from glotlift.training.schooling import BLOCK as BLOCK
from glotlift.training.schooling import BLOCKS_PER_STEP as BLOCKS_PER_STEP
from glotlift.training.schooling import (
    SCHOOLING,
    TRANSLATION,
    Kind,
    StarterSize,
    build,
    make_tokenizer,
    pretrain,
    school,
)

STARTER = "starter:"
APART = """
import json, sys
from glotlift.training import starter
*what, seed = json.loads(sys.argv[1])
starter(*what, seed=seed)
"""
LAUNCHER = re.compile(r"(LOCAL_|GROUP_|ROLE_)?(RANK|WORLD_SIZE)$|ACCELERATE_|FSDP_|TORCHELASTIC_")
KINDS = ("decoder", "encoder", "seq2seq")
Languages = Sequence[str] | Mapping[str, str]
SCHOOLED = ("eng_Latn", "spa_Latn", "deu_Latn", "rus_Cyrl")
ALL, UNSEEN = "all", "unseen"
VERSION = 5  # raise when the recipe changes in code
SIZES = {
    "tiny": StarterSize(
        width=64, layers=2, pieces=800, steps=300, documents=300, learning_rate=4e-3
    ),
    "small": StarterSize(
        width=128, layers=4, pieces=3000, steps=600, documents=5000, learning_rate=3e-3
    ),
}


def parse(address: str) -> tuple[Kind, str, dict[str, str] | None]:
    """Read ``starter:KIND[:SIZE[:LANGUAGES]]``.

    Languages are joined by ``+``, each with a tier if it is not to be high:
    ``eng_Latn+hin_Deva=low``. ``all`` are all of the world in their own scripts;
    ``all-tur_Latn-hin_Deva`` leaves two of them out.

    Raises GL-TRAINING-010 and what `choose_languages` raises.
    """
    kind, size, languages, *more = [*address.removeprefix(STARTER).split(":"), "", ""]
    if kind not in KINDS or (size or "small") not in SIZES or any(more):
        raise GlotliftError(
            "GL-TRAINING-010",
            f"no such starter: {address!r}",
            place="model",
            fix=f"write starter:KIND:SIZE:LANGUAGES with one of {', '.join(KINDS)}; "
            f"{', '.join(SIZES)}; and eng_Latn+hin_Deva=low or all-tur_Latn, say",
        )
    chosen = read_languages(languages) if languages else None
    return cast(Kind, kind), size or "small", chosen


def read_languages(text: str) -> dict[str, str]:
    """Return the tiers by language that the last part of an address names."""
    first, *without = text.split("-")
    if first == ALL:
        return choose_languages(without=without) if without else choose_languages(world.LANGUAGES)
    items = (item.partition("=") for item in text.split("+"))
    return choose_languages({code: tier or "high" for code, _, tier in items})


def choose_languages(
    languages: Languages | None = None, without: Sequence[str] = ()
) -> dict[str, str]:
    """Return the tier of each language that a starter learns, in the order of their codes.

    `languages` are codes, all of the high tier, or tiers by code (see `world.tiers.deal`). The
    default is `SCHOOLED`, or with `without` all of the world but those. An unseen language is one
    left out. Raises GL-TRAINING-011 (none is left) and -012 (what is left out was not in).
    """
    named = languages or (world.LANGUAGES if without else SCHOOLED)
    tiers = dict(named) if isinstance(named, Mapping) else dict.fromkeys(named, "high")
    strange = [code for code in without if code not in tiers]
    if strange:
        raise GlotliftError(
            "GL-TRAINING-012",
            f"{strange[0]!r} cannot be left out, since it is not in",
            fix=f"leave out some of {', '.join(tiers)}",
        )
    kept = {
        code: tiers[code] for code in sorted(tiers) if code not in without and tiers[code] != UNSEEN
    }
    if not kept:
        raise GlotliftError(
            "GL-TRAINING-011",
            "a starter needs a language to learn",
            fix="leave at least one in, of the tier high, middle or low",
        )
    return kept


def starter_address(address: str) -> Path:
    """Return the folder of the starter that an address names, made first if it is not cached."""
    return starter(*parse(address))


def starter(
    kind: Kind = "decoder",
    size: str = "small",
    languages: Languages | None = None,
    *,
    without: Sequence[str] = (),
    seed: int = 0,
) -> Path:
    """Return the folder of a starter model, pretraining it first if it is not cached.

    `languages` are those it is pretrained on: codes, or tiers by code ("high", "middle", "low",
    "unseen"); all of the world's but those in `without`; or by default a few, so that there are
    languages to adapt to. A tier says how much text there is, and all text is read equally often.
    An encoder-decoder also learns to copy, and to translate between any two of its languages: the
    text to translate begins with the code of the language that is wanted.

    Raises GL-TRAINING-011 and -012 (languages), GL-WORLD-001 (language), -013 (tier).
    """
    tiers, shape = choose_languages(languages, without), SIZES[size]
    path = folder_of(kind, size, tiers, seed)
    if processes() > 1 and not path.is_dir():
        make_apart(kind, size, tiers, seed)
    with atomic.locked(path):
        if not path.is_dir():
            began, used = time.monotonic(), time.process_time()
            rows = school(kind, shape, tiers, seed)
            policy = SCHOOLING if TRANSLATION in rows else natural
            model, tokenizer = pretrain(kind, shape, rows, path, policy=policy, seed=seed)
            with atomic.folder(path) as folder:
                model.save_pretrained(folder)
                tokenizer.save_pretrained(folder)
                made = {
                    "seconds": round(time.monotonic() - began, 1),
                    "processor_seconds": round(time.process_time() - used, 1),
                }
                recipe = describe(kind, size, tiers, seed)
                atomic.write_json(folder / "starter.json", recipe | made)
    return path


def describe(kind: Kind, size: str, tiers: Mapping[str, str], seed: int) -> dict[str, Any]:
    """Return all that decides a starter."""
    shape = asdict(SIZES[size])
    return {"version": VERSION, "kind": kind, **shape, "languages": tiers, "seed": seed}


def folder_of(kind: Kind, size: str, languages: Languages | None = None, seed: int = 0) -> Path:
    """Return where a starter is cached, made or not."""
    name = hash_json(describe(kind, size, choose_languages(languages), seed))[:12]
    return cache_folder("starters") / f"{kind}-{size}-{name}"


def write_untrained(kind: Kind, size: str, languages: Languages | None, folder: Path) -> None:
    """Write a model of a starter's shape with random weights, and its tokenizer."""
    rows = school(kind, SIZES[size], choose_languages(languages), 0)
    tokenizer = make_tokenizer(kind, SIZES[size], rows)
    build(kind, SIZES[size], tokenizer).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def untrained_starter(address: str) -> Path:
    """Return the folder of a model with a starter's shape, its tokenizer and random weights.

    Made once and cached, in a moment: it is what objectives are shown with. Raises what `parse`
    raises.
    """
    kind, size, languages = parse(address)
    path = folder_of(kind, size, languages)
    path = path.with_name(f"untrained-{path.name}")
    with atomic.locked(path):
        if not path.is_dir():
            with atomic.folder(path) as folder:
                write_untrained(kind, size, languages, folder)
    return path


def make_apart(*what: Any) -> None:
    """Make a starter in a process that trains alone, so that it is the same under any launcher."""
    alone = {name: value for name, value in os.environ.items() if not LAUNCHER.match(name)}
    subprocess.run([sys.executable, "-c", APART, json.dumps(what)], env=alone, check=True)
