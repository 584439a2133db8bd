"""The model card: metadata that a hub can read, and a body in which nothing is live."""

from itertools import repeat
from typing import Any

import pytest
import yaml
from huggingface_hub import ModelCard
from markdown_it import MarkdownIt

from glotlift.evidence.card import escape, fenced, model_card

from .fixtures import adapt_evidence
from .hostile import HOSTILE
from .test_report import replaced


def metadata(card: str) -> dict[str, Any]:
    """Return the front matter as a plain YAML reader sees it."""
    _, front, _ = card.split("---\n", 2)
    return yaml.safe_load(front)


def kinds(card: str) -> list[str]:
    """Return the kinds of Markdown token in the body, in order."""
    body = card.split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark", {"linkify": False}).enable("table").parse(body)
    return [
        inner.type
        for token in tokens
        for inner in (token, *(token.children or []))
        if inner.type not in {"text", "text_special", "inline", "code_inline"}
    ]


def test_the_hub_reads_languages_and_results():
    data = ModelCard(model_card(adapt_evidence())).data
    assert data.language == ["hi", "en", "tr", "ur"]
    assert data.pipeline_tag == "text-generation"
    assert data.library_name == "transformers"
    found = {
        (result.dataset_config, result.metric_type): result.metric_value
        for result in data.eval_results
    }
    assert found["hin_Deva", "bits_per_byte"] == 1.4512
    assert found["hin_Deva", "chrf"] == 27.9
    assert len(data.eval_results) == 8


@pytest.mark.parametrize(
    ("name", "revision", "expected"),
    [
        ("Qwen/Qwen3-0.6B", "0a1b2c", "Qwen/Qwen3-0.6B"),
        ("runs/base", None, None),
        ("/home/me/model", "0a1b2c", None),
        ("starter:decoder", None, None),
    ],
)
def test_the_base_model_is_named_where_the_hub_knows_it(name, revision, expected):
    evidence = adapt_evidence()
    evidence["model"] |= {"name": name, "revision": revision}
    assert metadata(model_card(evidence)).get("base_model") == expected


def test_the_licence_is_stated_only_where_known():
    evidence = adapt_evidence()
    assert "license" not in metadata(model_card(evidence))
    assert "licence of the base model was not recorded" in model_card(evidence)
    evidence["model"]["license"] = "Apache-2.0"
    assert metadata(model_card(evidence))["license"] == "apache-2.0"
    assert "was not recorded" not in model_card(evidence)


@pytest.fixture(scope="module")
def plain():
    """Return a card in which every text is a harmless word."""
    return model_card(replaced(adapt_evidence(), repeat("harmless")))


@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text(hostile, plain):
    card = model_card(replaced(adapt_evidence(), repeat(hostile)))
    assert kinds(card) == kinds(plain)
    data = metadata(card)
    assert set(data) == set(metadata(plain))
    assert data["tags"] == ["glotlift", "language-adaptation", "multilingual"]
    assert len(ModelCard(card).data.eval_results) == len(ModelCard(plain).data.eval_results)
    card.encode("utf-8")


def test_a_fence_is_longer_than_what_it_holds():
    assert fenced("a ```` b").startswith("`````")


def test_escaping_leaves_ordinary_names_alone():
    assert escape("Qwen3-0.6B, São Tomé: a test") == "Qwen3-0.6B, São Tomé: a test"


def test_a_card_can_be_made_of_nothing():
    card = model_card({"kind": "adapt"})
    assert metadata(card)["library_name"] == "transformers"
    assert "Not measured" in card
    assert "None" not in card


@pytest.mark.parametrize("name", adapt_evidence())
def test_each_part_may_be_missing(name):
    evidence = {key: value for key, value in adapt_evidence().items() if key != name}
    assert metadata(model_card(evidence))["tags"]
