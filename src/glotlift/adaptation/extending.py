"""The vocabulary step: new pieces, their rows, and what changed for every language."""

from pathlib import Path

from glotlift.adaptation.config import AdaptConfig
from glotlift.adaptation.text import Text
from glotlift.adaptation.work import save
from glotlift.models.loading import ModelFiles, load_model, load_tokenizer
from glotlift.runs import atomic
from glotlift.vocabulary import (
    apply_edit,
    audit,
    extend,
    mean_of_pieces,
    random_rows,
    segment,
    vocabulary_report,
)

INITIALISERS = {"mean_of_pieces": mean_of_pieces, "random_rows": random_rows}
REPORTED = 400  # documents per language in the vocabulary report


def change_vocabulary(
    config: AdaptConfig, files: ModelFiles, corpus: Text, pieces: int, folder: Path
) -> None:
    """Extend the tokenizer, carry the embeddings over, and write both with what changed."""
    tokenizer = load_tokenizer(files.folder)
    model = load_model(files)
    kept = {code: corpus.texts("train", code, REPORTED) for code in config.keep}
    watched = {code: corpus.texts("validation", code, REPORTED) for code in config.languages}
    report = {
        "report_before": vocabulary_report(tokenizer, watched),
        "pieces_added": 0,
        "unreached": 0,
    }
    extended = tokenizer
    if pieces:
        edit = extend(
            tokenizer,
            corpus.texts("train", config.language),
            pieces=pieces,
            keep_texts=kept or None,
            max_changed=config.extension.max_changed if kept else None,
        )
        extended = edit.tokenizer(tokenizer)
        apply_edit(model, edit, INITIALISERS[config.extension.initialiser], seed=config.seed)
        edit.save(folder / "edit.json")
        report["pieces_added"] = len(edit.added)
        report["unreached"] = len(edit.unreached)
    report["report_after"] = vocabulary_report(extended, watched)
    report["audit"] = audit(tokenizer, extended, watched)
    report["segmentation"] = [
        {
            "language": code,
            "text": text,
            "before": segment(tokenizer, text),
            "after": segment(extended, text),
        }
        for code in config.languages
        for text in [first_sentences(text) for text in watched[code][:3]]
    ]
    atomic.write_json(folder / "report.json", report)
    save(model, extended, folder / "model")


def first_sentences(text: str, limit: int = 160) -> str:
    """Return the beginning of a text, cut at a space."""
    line = " ".join(text.split())
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0]
