"""Evidence as real runs write it, with text in four scripts and two directions."""

import math
import random
from typing import Any

HINDI = "सुबह की बारिश के बाद गाँव का बाज़ार फिर से भर गया।"
URDU = "صبح کی بارش کے بعد گاؤں کا بازار پھر سے بھر گیا۔"
TELUGU = "ఉదయం వాన తర్వాత ఊరి సంత మళ్ళీ నిండింది."
ENGLISH = "After the morning rain the village market filled again."


def change(estimate: float, half: float) -> dict[str, float]:
    """Return a change with a symmetric interval."""
    return {"estimate": estimate, "low": estimate - half, "high": estimate + half}


def measured_language(code: str, name: str, role: str, before: float, after: float, **more: Any):
    """Return one row of measured languages."""
    return {
        "language": code,
        "name": name,
        "direction": "ltr",
        "role": role,
        "documents": 412,
        "bytes": 1_084_211,
        "before": before,
        "after": after,
        "change": change(after - before, 0.031 if role == "target" else 0.009),
        "unit": "bits per byte",
        "verdict": "CONFIRMED",
    } | more


def vocabulary_row(code: str, fertility: float | None, bytes_per_token: float, fallback: float):
    """Return one row of a vocabulary report."""
    return {
        "language": code,
        "sentences": 500,
        "bytes": 61_000,
        "words": 9_100,
        "tokens": 21_000,
        "fertility": fertility,
        "bytes_per_token": bytes_per_token,
        "parity": None,
        "byte_fallback_fraction": fallback,
        "unknown_fraction": 0.0,
    }


def vocabulary() -> dict[str, Any]:
    """Return the vocabulary part of an adaptation."""
    return {
        "pieces_added": 2_000,
        "unreached": 0,
        "report_before": [
            vocabulary_row("hin_Deva", 9.42, 1.31, 0.412),
            vocabulary_row("eng_Latn", 1.38, 4.22, 0.0),
            vocabulary_row("tur_Latn", 2.31, 3.14, 0.001),
            vocabulary_row("urd_Arab", 5.10, 1.62, 0.21),
        ],
        "report_after": [
            vocabulary_row("hin_Deva", 2.07, 5.96, 0.003),
            vocabulary_row("eng_Latn", 1.38, 4.22, 0.0),
            vocabulary_row("tur_Latn", 2.31, 3.14, 0.001),
            vocabulary_row("urd_Arab", 5.10, 1.62, 0.21),
        ],
        "audit": [
            {
                "language": "eng_Latn",
                "sentences": 500,
                "changed_sentences": 3,
                "changed_fraction": 0.006,
                "tokens_before": 12_310,
                "tokens_after": 12_304,
            }
        ],
        "segmentation": [
            {"language": "hin_Deva", "text": HINDI, "before": list(HINDI), "after": words(HINDI)},
            {"language": "urd_Arab", "text": URDU, "before": halves(URDU), "after": words(URDU)},
            {
                "language": "eng_Latn",
                "text": ENGLISH,
                "before": words(ENGLISH),
                "after": words(ENGLISH),
            },
        ],
    }


def words(text: str) -> list[str]:
    """Cut a text into words that keep the space before them."""
    first, *rest = text.split(" ")
    return [first, *(f" {word}" for word in rest)]


def halves(text: str) -> list[str]:
    """Cut a text into pieces of at most three letters."""
    return [word[start : start + 3] for word in words(text) for start in range(0, len(word), 3)]


def curves() -> dict[str, Any]:
    """Return curves that fall as losses do."""
    chance = random.Random(0)
    finals = {"hin_Deva": (3.21, 1.45), "eng_Latn": (1.10, 1.12), "tur_Latn": (1.42, 1.43)}
    return {
        "train": [
            {"step": step, "loss": 2.1 + 3.3 * math.exp(-step / 110) + chance.gauss(0, 0.06)}
            for step in range(10, 610, 5)
        ],
        "validation": [
            {
                "step": step,
                "language": code,
                "bits_per_byte": after + (before - after) * math.exp(-step / 140),
            }
            for step in range(0, 601, 75)
            for code, (before, after) in finals.items()
        ],
    }


def adapt_evidence() -> dict[str, Any]:
    """Return the evidence of one adaptation to Hindi that keeps three languages."""
    return {
        "schema": 1,
        "kind": "adapt",
        "title": "Hindi for starter-decoder-small",
        "created": "2026-05-11T14:03:22+00:00",
        "glotlift": "0.1.0",
        "command": "glotlift adapt --model starter:decoder --language hin_Deva --text hindi/",
        "model": {
            "name": "starter:decoder-small",
            "architecture": "LlamaForCausalLM",
            "revision": None,
            "parameters_before": 3_145_216,
            "parameters_after": 3_529_216,
            "vocabulary_before": 8_000,
            "vocabulary_after": 10_000,
        },
        "target": "hin_Deva",
        "kept": ["eng_Latn", "tur_Latn", "urd_Arab"],
        "languages": [
            measured_language("hin_Deva", "Hindi", "target", 3.2134, 1.4512),
            measured_language("eng_Latn", "English", "kept", 1.1021, 1.1234),
            measured_language(
                "tur_Latn", "Turkish", "kept", 1.4203, 1.4241, verdict="NOT SEPARABLE"
            ),
            measured_language(
                "urd_Arab", "Urdu", "kept", 2.2010, 2.3120, direction="rtl", verdict="CONTRADICTED"
            ),
        ],
        "tasks": [
            task("two-choice cause", "hin_Deva", "accuracy", 0.5, 0.51, 0.68, 0.05),
            task("topic", "hin_Deva", "accuracy", 0.25, 0.27, 0.61, 0.06),
            task("topic", "eng_Latn", "accuracy", 0.25, 0.74, 0.73, 0.03),
            task("translation eng → hin", "hin_Deva", "chrF++", None, 3.1, 27.9, 1.4),
        ],
        "vocabulary": vocabulary(),
        "cost": {
            "seconds": 151.4,
            "tokens": 2_451_002,
            "bytes": 9_822_114,
            "peak_memory_bytes": 1_912_334_221,
            "disk_bytes": 28_412_002,
            "tokens_per_second": 21_310.4,
            "stages": [
                {"name": "vocabulary", "seconds": 11.2},
                {"name": "new rows", "seconds": 31.8},
                {"name": "all weights", "seconds": 83.1},
                {"name": "measure", "seconds": 25.3},
            ],
        },
        "tokens_seen": [
            seen("hin_Deva", "target", 1_480_112, 6_875_480, 0.70, 2.4),
            seen("eng_Latn", "replay", 482_101, 1_473_317, 0.15, 0.3),
            seen("tur_Latn", "replay", 301_442, 982_211, 0.10, 0.2),
            seen("urd_Arab", "replay", 187_347, 491_106, 0.05, 0.1),
        ],
        "curves": curves(),
        "samples": [
            {
                "language": "hin_Deva",
                "prompt": "गाँव का बाज़ार",
                "before": "गगगगगग �� of the of the",
                "after": "गाँव का बाज़ार सुबह से खुला था और लोग फल ख़रीद रहे थे।",
                "reference": HINDI,
            },
            {
                "language": "urd_Arab",
                "prompt": "گاؤں کا بازار",
                "before": URDU,
                "after": "گاؤں کا بازار (market) صبح سے کھلا تھا۔",
                "reference": None,
            },
        ],
        "corpus": [
            corpus_row("hin_Deva", "target", 5_210, {"duplicate": 212, "empty text": 8}),
            corpus_row("eng_Latn", "replay", 2_004, {"duplicate": 3}),
            corpus_row("tur_Latn", "replay", 1_530, {}),
        ],
        "notes": [
            "Speech and vision: not measured.",
            f"Telugu was not a target; one line of it for its letters: {TELUGU}",
        ],
        "machine": {"cpu": "2 cores", "memory": "24 GB", "accelerators": [], "system": "Linux"},
        "versions": {"python": "3.11.2", "torch": "2.13.0", "transformers": "5.23.0"},
        "claims": adapt_claims(),
        "reproduce": {
            "command": "glotlift adapt run.yaml",
            "config": {"model": "starter:decoder", "language": "hin_Deva", "seed": 0, "keep": {}},
        },
    }


def task(name: str, code: str, metric: str, chance: float | None, before, after, half):
    """Return one row of tasks."""
    return {
        "task": name,
        "language": code,
        "metric": metric,
        "rows": 200,
        "chance": chance,
        "before": before,
        "after": after,
        "change": change(after - before, half),
        "higher_is_better": True,
    }


def seen(code: str, role: str, tokens: int, size: int, share: float, epochs: float):
    """Return one row of tokens really seen."""
    return {
        "language": code,
        "role": role,
        "tokens": tokens,
        "bytes": size,
        "share": share,
        "epochs": epochs,
    }


def corpus_row(code: str, role: str, rows: int, dropped: dict[str, int]):
    """Return one row of the corpus table."""
    return {
        "language": code,
        "role": role,
        "rows": rows,
        "bytes": rows * 612,
        "train": int(rows * 0.9),
        "validation": int(rows * 0.05),
        "test": rows - int(rows * 0.9) - int(rows * 0.05),
        "dropped": dropped,
        "licenses": {"CC-BY-SA-4.0": rows - 10, "CC0-1.0": 10},
    }


def adapt_claims() -> list[dict[str, Any]]:
    """Return the claims of an adaptation, one with each verdict."""
    common = {"unit": "bits per byte", "needed": None, "published": None}
    return [
        {
            "id": "gain-hin_Deva",
            "text": "Hindi costs at least 0.05 bits per byte less than before",
            "kind": "less",
            "margin": 0.05,
            **change(-1.7622, 0.031),
            "verdict": "CONFIRMED",
            **common,
        },
        {
            "id": "kept-tur_Latn",
            "text": "Turkish is unchanged within 0.01 bits per byte",
            "kind": "within",
            "margin": 0.01,
            **change(0.0038, 0.009),
            "verdict": "NOT SEPARABLE",
            **common,
            "needed": "about 900 documents",
        },
        {
            "id": "kept-urd_Arab",
            "text": "Urdu is unchanged within 0.05 bits per byte",
            "kind": "within",
            "margin": 0.05,
            **change(0.111, 0.009),
            "verdict": "CONTRADICTED",
            **common,
        },
    ]


def recipe_evidence() -> dict[str, Any]:
    """Return the evidence of a recipe of three arms, two metrics and five seeds."""
    arms = {"replay": (1.47, 1.12), "no replay": (1.44, 1.61), "frozen": (3.21, 1.10)}
    return {
        "schema": 1,
        "kind": "recipe",
        "recipe": "marco-llm",
        "part": "forgetting",
        "setting": "world",
        "values": {"target": "hin_Deva", "rows": 2_000},
        "question": "Does replay of the source languages keep them while a new one is learnt?",
        "difference": "a fifth of the bytes comes from the source languages",
        "created": "2026-05-11T14:03:22+00:00",
        "glotlift": "0.1.0",
        "budget": {"unit": "bytes", "value": 4_000_000.0, "tolerance": 0.01},
        "seeds": [0, 1, 2, 3, 4],
        "arms": [recipe_arm(name, *values) for name, values in arms.items()],
        "metrics": {
            "target_bits_per_byte": {"unit": "bits per byte", "higher_is_better": False},
            "source_bits_per_byte": {"unit": "bits per byte", "higher_is_better": False},
        },
        "controls": [
            {"name": "shuffled text", "metric": "source_bits_per_byte", "value": 4.31},
        ],
        "claims": recipe_claims(),
        "rows": {},
        "machine": {"cpu": "2 cores", "memory": "24 GB"},
        "versions": {"python": "3.11.2", "torch": "2.13.0"},
        "seconds": 1_931.2,
        "command": "glotlift recipe run marco-llm --record",
    }


def recipe_arm(name: str, target: float, source: float) -> dict[str, Any]:
    """Return one arm with its seeds spread around two means."""
    spread = (-0.021, 0.008, 0.0, 0.017, -0.004)
    return {
        "name": name,
        "description": f"Continued pretraining, {name}.",
        "budget_spent": {str(seed): 4_000_000 + 1_200 * seed for seed in range(5)},
        "cost": {"seconds": 120.3, "tokens": 1_002_311.5, "peak_memory_bytes": 1_300_000_000},
        "metrics": {
            metric: {"mean": mean, "by_seed": [mean + delta for delta in spread]}
            for metric, mean in (
                ("target_bits_per_byte", target),
                ("source_bits_per_byte", source),
            )
        },
    }


def recipe_claims() -> list[dict[str, Any]]:
    """Return the claims of a recipe, one with a published figure."""
    return [
        {
            "id": "less-forgetting",
            "text": "Replay forgets less of the source languages",
            "metric": "source_bits_per_byte",
            "arm": "replay",
            "versus": "no replay",
            "kind": "less",
            "margin": 0.05,
            "unit": "bits per byte",
            **change(-0.49, 0.04),
            "verdict": "CONFIRMED",
            "needed": None,
            "published": {"figure": "-0.31", "source": "Marco-LLM, table 4"},
        },
        {
            "id": "free-of-cost",
            "text": "Replay costs nothing in the target language",
            "metric": "target_bits_per_byte",
            "arm": "replay",
            "versus": "no replay",
            "kind": "within",
            "margin": 0.03,
            "unit": "bits per byte",
            **change(0.03, 0.02),
            "verdict": "NOT SEPARABLE",
            "needed": "about 14 seeds",
            "published": None,
        },
    ]
