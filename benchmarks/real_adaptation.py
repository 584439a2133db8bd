"""The main job on real text: extension and replay, at equal total and at equal target bytes.

    GLOTLIFT_DATA=FOLDER python benchmarks/real_adaptation.py runs/real_adaptation [--record]

A decoder of about 2.9 million parameters with a tokenizer of 8,000 pieces is pretrained on six
languages; then it is adapted to three others on 0.5 MB of text, with and without extension and
replay, under three seeds. Killed and started again it goes on with what is missing. `--record`
writes the evidence (figures, no text) among the packaged results.
"""

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from datasets import Dataset, concatenate_datasets
from transformers import LlamaConfig, LlamaForCausalLM, set_seed

from glotlift import AdaptConfig, adapt
from glotlift.adaptation.text import load_text, training_sources
from glotlift.corpus import Mixture, deduplicate, equal_bytes, hand, read, split_rows
from glotlift.corpus.sizes import text_bytes
from glotlift.evidence.arms import Arm, Measurement, Metric, Recipe, Setting, run_recipe
from glotlift.evidence.scores import write_evidence
from glotlift.evidence.verdicts import Claim
from glotlift.objectives import CausalLanguageModelling
from glotlift.runs import atomic
from glotlift.runs.progress import hush_libraries, say
from glotlift.training import Budget, Stage, run_stage
from glotlift.training.stages import TrainingSettings
from glotlift.vocabulary import train_tokenizer

KNOWN = ("eng_Latn", "spa_Latn", "fra_Latn", "por_Latn", "tur_Latn", "vie_Latn")
TARGETS = ("yor_Latn", "mlt_Latn", "tel_Telu")
KEPT = ("eng_Latn", "spa_Latn")
SEEDS = (0, 1, 2)
TARGET_BYTES = 500_000
REPLAY = 0.25
HELD_OUT = {"validation": 0.02, "test": 0.08}
RESULTS = Path(__file__).parents[1] / "src/glotlift/recipes/results/adaptation"


def data_folder() -> Path:
    """Return the folder that GLOTLIFT_DATA names."""
    folder = os.environ.get("GLOTLIFT_DATA")
    if not folder or not Path(folder, "mono").is_dir():
        raise SystemExit("set GLOTLIFT_DATA to the folder that holds mono/")
    return Path(folder)


def pretrain(path: Path, megabytes: float) -> None:
    """Train the tokenizer and the base model on the known languages, in equal shares."""
    if path.is_dir():
        return
    splits = {code: split_rows(read_mono(code), **HELD_OUT) for code in KNOWN}
    rows = {code: split["train"] for code, split in splits.items()}
    tokenizer = train_tokenizer(
        (text for dataset in rows.values() for text in dataset["text"]), kind="bpe", size=8000
    )
    set_seed(0)
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=176,
        intermediate_size=480,
        num_hidden_layers=4,
        num_attention_heads=4,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    objective = CausalLanguageModelling(tokenizer)
    stage = Stage(
        "base",
        {code: objective.prepare(dataset) for code, dataset in rows.items()},
        Mixture(rows, equal_bytes),
        Budget(round(megabytes * 1e6), "bytes"),
        settings=TrainingSettings(
            learning_rate=2e-3, blocks_per_step=16, save_every=200, evaluate_every=500
        ),
    )
    watched = {code: split["validation"][:10]["text"] for code, split in splits.items()}
    checkpoints = path.with_name("base-checkpoints")
    trained = run_stage(LlamaForCausalLM(config), tokenizer, stage, checkpoints, validation=watched)
    with atomic.folder(path) as folder:
        trained.model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)
        atomic.write_json(folder / "pretraining.json", trained.history)
    shutil.rmtree(checkpoints)


def read_mono(code: str) -> Dataset:
    """Return a language's documents, each once."""
    return deduplicate(read(data_folder() / "mono" / f"{code}.jsonl.gz", language=code))


def cut_text(folder: Path) -> None:
    """Write the documents of each language that adaptation reads, watches and is tested on."""
    folder.mkdir(parents=True, exist_ok=True)
    for code in (*TARGETS, *KEPT):
        path = folder / f"{code}.jsonl"
        if not path.exists():
            rows = some_documents(code)
            lines = [
                json.dumps({**row, "text": text}, ensure_ascii=False)
                for row in rows
                for text in passages(row["text"])
            ]
            atomic.write_text(path, "\n".join(lines) + "\n")


def some_documents(code: str) -> Dataset:
    """Return all held-out documents of a language and about `TARGET_BYTES` to train on.

    An id's hash decides its split, so what is held out here was held out from pretraining too.
    """
    split = split_rows(read_mono(code), **HELD_OUT)
    others = split["train"].shuffle(seed=0)
    whole = np.cumsum([len(text.encode()) for text in others["text"]])
    chosen = others.select(range(min(len(others), 1 + int(np.searchsorted(whole, TARGET_BYTES)))))
    return concatenate_datasets([split["test"], split["validation"], chosen])


def passages(text: str, length: int = 1500) -> list[str]:
    """Cut a long document at line ends into passages of about `length` characters.

    They keep the document's id, so that all of them fall into the same split.
    """
    passages = [""]
    for line in text.splitlines():
        if len(passages[-1]) + len(line) > length and passages[-1]:
            passages.append("")
        passages[-1] += line + "\n"
    return [passage.strip() for passage in passages if passage.strip()]


def adapted(
    setting: Setting, seed: int, work: Path, *, extend: bool, replay: float, total: float
) -> Path:
    """Adapt the base model once; a finished run is found again, whichever recipe asks."""
    code = setting.name
    output = work / f"{code}-{'extend' if extend else 'plain'}-{replay:g}-{total:.0f}-{seed}"
    texts = work.parent / "text"
    return adapt(
        AdaptConfig(
            model=str(work.parent / "base"),
            language=code,
            text=[str(texts / f"{code}.jsonl")],
            keep={kept: [str(texts / f"{kept}.jsonl")] for kept in KEPT},
            output=output,
            budget=f"{total / 1000:.0f}kB",
            replay=replay,
            seed=seed,
            **HELD_OUT,
            extension={"pieces": "auto" if extend else 0},
            training={"evaluations": 1, "block": 256, "save_every": 200},
            evaluation={"documents": 100, "bytes": 120_000, "samples": 0},
        )
    )


def enough(setting: Setting, seed: int, work: Path, *, extend: bool) -> float:
    """Return the total at which a run with replay has read `TARGET_BYTES` of the target.

    The shares of a mixture hold in the long run; what a short run reads of each language depends
    on its seed. The order is known beforehand, so the total is counted, not tuned. It is made from
    the text of the shorter run with replay under the same seed.
    """
    shorter = adapted(setting, seed, work, extend=extend, replay=REPLAY, total=TARGET_BYTES)
    sources, shares = training_sources(load_text(shorter / "text"), setting.name, REPLAY)
    warmup = AdaptConfig.model_fields["extension"].get_default(call_default_factory=True)
    parts = [(2 * seed, 1.0)]
    if extend:
        parts = [(2 * seed, 1 - warmup.warmup_share), (2 * seed + 1, warmup.warmup_share)]
    read = [(share, *read_bytes(Mixture(sources, hand(shares), seed=s))) for s, share in parts]

    def seen(total: float) -> float:
        return sum(float(np.interp(share * total, whole, target)) for share, whole, target in read)

    return min(np.arange(1.0, 2.0, 0.001) * TARGET_BYTES, key=lambda t: abs(seen(t) - TARGET_BYTES))


def read_bytes(mixture: Mixture) -> tuple[np.ndarray, np.ndarray]:
    """Return the bytes read after each position of a mixture, of all and of its first source."""
    sources, rows = mixture.items(0, 4 * sum(map(len, mixture.sources.values())))
    sizes = [text_bytes(dataset) for dataset in mixture.sources.values()]
    lengths = np.array([sizes[s][row] for s, row in zip(sources, rows, strict=True)])
    return np.cumsum(lengths), np.cumsum(lengths * (sources == 0))


def measure(
    setting: Setting,
    seed: int,
    folder: Path,
    *,
    work: Path,
    extend: bool,
    replay: float,
) -> Measurement:
    """Return the change in bits per byte of every held-out document, after minus before."""
    total: float = TARGET_BYTES
    if replay and setting.values["unit"] == "target bytes":
        total = enough(setting, seed, work, extend=extend)
    run = adapted(setting, seed, work, extend=extend, replay=replay, total=total)
    evidence = json.loads((run / "evidence.json").read_text(encoding="utf-8"))
    bits = {
        moment: json.loads((run / moment / "measurements.json").read_text(encoding="utf-8"))["bits"]
        for moment in ("before", "after")
    }
    scores, weights, rows = {}, {}, {}
    for code in (setting.name, *KEPT):
        metric = "target" if code == setting.name else code
        sizes = np.asarray(bits["before"][code]["bytes"], dtype=np.float64)
        change = np.asarray(bits["after"][code]["bits"]) - np.asarray(bits["before"][code]["bits"])
        scores[metric], weights[metric] = change / sizes, sizes
        rows[metric] = [f"{code}/{number}" for number in range(len(sizes))]
    target = next(row for row in evidence["tokens_seen"] if row["role"] == "target")
    vocabulary = evidence["vocabulary"]
    fertility = {
        f"tokens per byte {moment}": 1 / row["bytes_per_token"]
        for moment in ("before", "after")
        for row in vocabulary[f"report_{moment}"]
        if row["language"] == setting.name
    }
    spent = (
        target["bytes"] if setting.values["unit"] == "target bytes" else evidence["cost"]["bytes"]
    )
    before = next(row["before"] for row in evidence["languages"] if row["role"] == "target")
    return Measurement(
        budget=spent,
        scores=scores,
        weights=weights,
        rows=rows,
        cost={
            "seconds": evidence["cost"]["seconds"],
            "bits per byte before": before,
            "pieces added": vocabulary["pieces_added"],
            **fertility,
        },
    )


def recipe(code: str, unit: str, work: Path) -> Recipe:
    """Return the comparison for one language at equal total bytes or equal target bytes."""
    arm = partial(partial, measure, work=work)
    described = {
        "plain": ("no extension, no replay", arm(extend=False, replay=0.0)),
        "extend": (
            "vocabulary extension, no replay",
            arm(extend=True, replay=0.0),
        ),
        "replay": (
            "no extension, a quarter replayed",
            arm(extend=False, replay=REPLAY),
        ),
        "both": ("extension and replay", arm(extend=True, replay=REPLAY)),
    }
    bits = "bits per byte"
    extended = "vocabulary extension improves the target further"
    cheap = "replay costs the target at most 0.05 bits per byte"
    claims = [
        claim("gain", "adaptation alone improves the target", "target", "plain", 0.0, 0.0),
        claim("extension", extended, "target", "extend", "plain", 0.0),
        claim("extension-replayed", f"with replay, {extended}", "target", "both", "replay", 0.0),
        claim("english", "replay forgets less English", "eng_Latn", "replay", "plain", 0.02),
        claim("spanish", "replay forgets less Spanish", "spa_Latn", "replay", "plain", 0.02),
        claim(
            "english-extended",
            "with extension, replay forgets less English",
            "eng_Latn",
            "both",
            "extend",
            0.02,
        ),
        claim("price", cheap, "target", "replay", "plain", -0.05),
    ]
    return Recipe(
        name="adaptation",
        part="equal-" + unit.replace(" ", "-"),
        question="Do vocabulary extension and replay help to carry a model into a new language?",
        difference="whether the vocabulary is extended, and whether source text is replayed",
        budget_unit=unit,
        seeds=SEEDS,
        arms=tuple(Arm(name, text, run) for name, (text, run) in described.items()),
        claims=tuple(claims),
        metrics={name: Metric(f"change in {bits}", False) for name in ("target", *KEPT)},
        settings=(Setting(code, {"unit": unit, "target_bytes": TARGET_BYTES, "replay": REPLAY}),),
    )


def claim(name: str, text: str, metric: str, arm: str, versus: str | float, margin: float) -> Claim:
    """Return the claim that `arm` has fewer bits per byte than `versus`, by `margin` at least."""
    return Claim(name, text, metric, arm, versus, "less", margin, "bits per byte")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the grid and print its verdicts."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--record", action="store_true", help="write the packaged results")
    parser.add_argument("--megabytes", type=float, default=12, help="of text to pretrain on")
    parser.add_argument("--languages", nargs="+", default=TARGETS)
    parser.add_argument("--base-only", action="store_true")
    options = parser.parse_args(arguments)
    hush_libraries()
    pretrain(options.folder / "base", options.megabytes)
    if options.base_only:
        return
    cut_text(options.folder / "text")
    for code in options.languages:
        for unit in ("bytes", "target bytes"):
            asked = recipe(code, unit, options.folder / "runs")
            folder = options.folder / "grid" / f"{asked.part}-{code}"
            evidence = run_recipe(
                asked, code, folder, progress=say, command="python benchmarks/real_adaptation.py"
            )
            for row in evidence["claims"]:
                interval = f"{row['estimate']:+.3f} [{row['low']:+.3f}, {row['high']:+.3f}]"
                print(f"{code} {asked.part} {row['id']}: {interval} {row['verdict']}", flush=True)
            if options.record:
                write_evidence(evidence, RESULTS / f"{asked.part}-{code}.json")


if __name__ == "__main__":
    main()
