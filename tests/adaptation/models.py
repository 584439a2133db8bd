"""A model folder to adapt, with a chat template and a generation configuration."""

from pathlib import Path

from transformers import GenerationConfig

import tiny

CHAT = "{% for m in messages %}<s>{{ m['role'] }}: {{ m['content'] }}</s>{% endfor %}"
GENERATION = {"do_sample": True, "temperature": 0.7, "top_p": 0.9, "repetition_penalty": 1.1}


def save_model(folder: Path, kind: str = "llama") -> Path:
    """Write a tiny model and its tokenizer to `folder`."""
    model, tokenizer = tiny.model_of(kind), tiny.tokenizer()
    if kind == "llama":
        model.config.max_position_embeddings = 512  # rotary positions have no weights
    model.generation_config = GenerationConfig(**GENERATION, **tiny.COMMON)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    (folder / "chat_template.jinja").write_text(CHAT, encoding="utf-8")
    return folder
