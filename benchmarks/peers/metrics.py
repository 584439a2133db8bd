"""Metrics as their reference libraries compute them: run in an environment of its own.

    pip install seqeval scikit-learn pytrec-eval-terrier sacrebleu netcal
    python metrics.py MLQA_SCRIPT FIXTURES

MLQA_SCRIPT is ``mlqa_evaluation_v1.py`` of facebookresearch/MLQA. Writes inputs drawn at random,
what the libraries say of them, and the libraries' versions to FIXTURES, which the tests read.
"""

import importlib.util
import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytrec_eval
from netcal.metrics import ECE
from sacrebleu.metrics import BLEU, CHRF
from seqeval.metrics import f1_score, precision_score, recall_score
from sklearn.metrics import ndcg_score

ANSWERS = {
    "en": ["The United States", "a dog, an apple", "theatre", "bandana", "In 1905!", "Anna's", ""],
    "es": ["La casa de los Reyes", "el 12 de mayo", "elástico", "Una", "¿las dos?", "unánime", ""],
    "de": ["Der Rhein", "eine Million", "dessen", "Einen Tag.", "dem Land", "das «Haus»", ""],
    "vi": ["những con mèo", "của Việt Nam", "cái bàn là", "Hà Nội", "1.000 người", "lá", ""],
    "hi": ["नई दिल्ली", "दिल्ली में", "१९४७", "भारत का संविधान", "नदी।", "the नदी", ""],
    "zh": ["北京大学", "在1898年", "中国 北京", "《红楼梦》", "约 3.5 公里", "AI 技术", ""],
}
LANGUAGES = {
    "en": "eng_Latn", "es": "spa_Latn", "de": "deu_Latn", "vi": "vie_Latn", "hi": "hin_Deva",
    "zh": "zho_Hans",
}  # fmt: skip
SENTENCES = {
    "eng_Latn": ("13a", ["The cat sat on the mat.", "It isn't 3,000 km!"],
                 ["A cat sat on the mat.", "It is not 3,000 km."]),
    "zho_Hans": ("zh", ["猫坐在垫子上。", "今天天气很好"],
                 ["猫坐在这个垫子上。", "今天的天气很好。"]),
    "rus_Cyrl": ("intl", ["Кот сидел на «ковре».", "Сегодня тепло"],
                 ["Кот сидит на «ковре».", "Сегодня очень тепло."]),
    "tha_Thai": ("char", ["แมวนั่งบนเสื่อ", "วันนี้อากาศดี"], ["แมวนั่งอยู่บนเสื่อ", "วันนี้อากาศดีมาก"]),
}  # fmt: skip


def load(path: str):
    spec = importlib.util.spec_from_file_location("mlqa", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def answers(mlqa) -> list[dict]:
    rows = []
    for code, texts in ANSWERS.items():
        for answer in texts:
            for reference in texts:
                if not mlqa.normalize_answer(reference, code):
                    continue
                rows.append({
                    "language": LANGUAGES[code], "answer": answer, "reference": reference,
                    "exact": float(mlqa.exact_match_score(answer, reference, code)),
                    "f1": float(mlqa.f1_score(answer, reference, code)),
                })  # fmt: skip
    return rows


def spans(rng) -> list[dict]:
    tags = ["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG"]
    rows = []
    for _ in range(40):
        lengths = rng.integers(1, 12, 5)
        gold = [rng.choice(tags, n).tolist() for n in lengths]
        said = [
            [t if rng.random() < 0.7 else str(rng.choice(tags)) for t in sentence]
            for sentence in gold
        ]
        rows.append({
            "gold": gold, "said": said,
            "precision": float(precision_score(gold, said, zero_division=0)),
            "recall": float(recall_score(gold, said, zero_division=0)),
            "f1": float(f1_score(gold, said, zero_division=0)),
        })  # fmt: skip
    return rows


def rankings(rng) -> list[dict]:
    rows = []
    for _ in range(40):
        scores, grades = rng.random(20), rng.choice([0, 0, 0, 1, 2, 3], 20)
        grades[rng.integers(20)] = 1
        run = {"q": {f"d{i}": float(s) for i, s in enumerate(scores)}}
        gold = {"q": {f"d{i}": int(g) for i, g in enumerate(grades)}}
        names = {"ndcg_cut.10", "recall.10", "map_cut.10", "recip_rank"}
        found = pytrec_eval.RelevanceEvaluator(gold, names).evaluate(run)["q"]
        rows.append({
            "scores": scores.tolist(), "grades": grades.tolist(), "k": 10,
            "ndcg": found["ndcg_cut_10"], "recall": found["recall_10"],
            "average_precision": found["map_cut_10"], "reciprocal_rank": found["recip_rank"],
            "ndcg of scikit-learn": float(ndcg_score([grades], [scores], k=10)),
        })  # fmt: skip
    return rows


def calibrations(rng) -> list[dict]:
    rows = []
    for classes in (2, 3, 5):
        said = rng.dirichlet(np.ones(classes), 60)
        right = rng.integers(classes, size=60)
        error = ECE(bins=10).measure(said, right)
        rows.append({
            "said": said.tolist(), "right": right.tolist(), "error": float(error),
        })  # fmt: skip
    return rows


def texts() -> list[dict]:
    rows = []
    for code, (tokenizer, said, right) in SENTENCES.items():
        rows.append({
            "language": code, "said": said, "right": right,
            "bleu": BLEU(tokenize=tokenizer).corpus_score(said, [right]).score,
            "chrf": CHRF(word_order=2).corpus_score(said, [right]).score,
        })  # fmt: skip
    return rows


def main() -> None:
    rng = np.random.default_rng(0)
    libraries = ("seqeval", "scikit-learn", "pytrec-eval-terrier", "netcal", "sacrebleu")
    fixtures = {
        "versions": {name: version(name) for name in libraries},
        "answers": answers(load(sys.argv[1])),
        "spans": spans(rng),
        "rankings": rankings(rng),
        "calibrations": calibrations(rng),
        "texts": texts(),
    }
    Path(sys.argv[2]).write_text(json.dumps(fixtures, ensure_ascii=False), encoding="utf-8")


if __name__ == "__main__":
    main()
