"""The data card: front matter that the Hub reads, and the same facts for people."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets.utils.metadata import MetadataConfigs
from huggingface_hub import DatasetCard
from markdown_it import MarkdownIt
from tests.corpus.description.described import HOSTILE, described

from glotlift.corpus.description.data_card import COLUMNS, data_card
from glotlift.corpus.description.hub_terms import hub_language, hub_license, size_category
from glotlift.corpus.description.statistics import Statistics


def card(**changes):
    """Return the parsed card."""
    return DatasetCard(data_card(described(**changes)))


def test_the_hub_reads_its_front_matter():
    found = card().data.to_dict()
    assert found["pretty_name"] == "A corpus"
    assert sorted(found["language"]) == ["ar", "yo", "zh"]
    assert found["license"] == ["cc-by-4.0", "gpl-2.0", "unknown"]
    assert found["size_categories"] == "n<1K"
    assert found["multilinguality"] == "multilingual"


def test_each_language_is_a_configuration_with_its_files():
    found = MetadataConfigs.from_dataset_card_data(card().data)
    assert list(found) == ["yor_Latn", "zho_Hans"]
    assert found["yor_Latn"]["data_files"] == [
        {"split": "train", "path": ["data/yor_Latn/0.parquet", "data/yor_Latn/1.parquet"]}
    ]


def test_columns_rows_and_bytes_are_stated():
    yoruba, chinese = card().data.to_dict()["dataset_info"]
    assert yoruba["config_name"] == "yor_Latn"
    assert yoruba["download_size"] == 90
    assert yoruba["splits"][0]["num_examples"] == 9
    assert [column["name"] for column in chinese["features"]] == [
        "id",
        "language",
        "text",
        "source",
        "license",
    ]


def test_one_language_under_one_licence():
    statistics = Statistics(read=1)
    statistics.keep(["ọmọ"], ["yor_Latn"], ["a"], ["CC0-1.0"])
    found = card(statistics=statistics, manifest={}).data.to_dict()
    assert found["license"] == "cc0-1.0"
    assert found["language"] == ["yo"]
    assert found["multilinguality"] == "monolingual"
    assert "configs" not in found
    assert "dataset_info" not in found


def test_the_data_set_loads_by_its_card(tmp_path, monkeypatch):
    from datasets import load_dataset

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    for part, rows in (("yor_Latn/0", 5), ("yor_Latn/1", 4), ("zho_Hans/0", 3)):
        path = tmp_path / "data" / f"{part}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        values = {name: [f"{name} {row}" for row in range(rows)] for name in COLUMNS}
        schema = pa.schema([(name, pa.large_string()) for name in COLUMNS])
        pq.write_table(pa.table(values, schema=schema), path)
    (tmp_path / "README.md").write_text(data_card(described()), encoding="utf-8")
    cache = str(tmp_path / "cache")
    rows = load_dataset(str(tmp_path), "yor_Latn", split="train", cache_dir=cache)
    assert len(rows) == 9


def test_people_read_the_same_facts():
    body = card().text
    for said in (
        "13 texts in 3 languages",
        "81.2 % were kept",
        "| Yoruba (yor\\_Latn) | 10 | 9 | 90.0 % (low) |",
        "| letters too low | 1 |",
        "masked EMAIL | 1 rows, 2 places",
        "| CC-BY-4.0 | 9 |",
        "licence of some rows is not known",
        "glotlift corpus build corpus.yaml",
    ):
        assert said in body


def test_what_users_name_is_shown_as_it_stands():
    text = data_card(described(name=HOSTILE))
    html = MarkdownIt("commonmark", {"html": True}).enable("table").render(DatasetCard(text).text)
    assert "<script" not in html
    assert "href" not in html
    assert "\u202e" not in text


@pytest.mark.parametrize(
    ("rows", "category"),
    [
        (0, "n<1K"),
        (999, "n<1K"),
        (1_000, "1K<n<10K"),
        (123_456, "100K<n<1M"),
        (10**9, "1B<n<10B"),
        (10**12, "n>1T"),
    ],
)
def test_size_categories_are_those_of_the_hub(rows, category):
    assert size_category(rows) == category


@pytest.mark.parametrize(
    ("name", "identifier"),
    [
        ("CC BY 4.0", "cc-by-4.0"),
        ("GPL-3.0-or-later", "gpl-3.0"),
        ("", "unknown"),
        ("our own terms", "other"),
    ],
)
def test_licences_are_those_of_the_hub(name, identifier):
    assert hub_license(name) == identifier


@pytest.mark.parametrize(
    ("code", "listed"), [("yor_Latn", "yo"), ("arz_Arab", "arz"), ("xyz_Latn", "xyz")]
)
def test_languages_are_listed_by_iso_codes(code, listed):
    assert hub_language(code) == listed
