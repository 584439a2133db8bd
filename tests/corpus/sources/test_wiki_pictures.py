from dataclasses import fields, replace

import pytest

from glotlift.corpus.sources.wiki_pictures import (
    PictureRow,
    check_language,
    filter_rows,
    picture_rows,
    sections,
)
from glotlift.languages.identification import Guess
from glotlift.world.encyclopedia import File

FILES = {
    "a.png": File(
        "image/png", 300, 200, "CC0-1.0", [("eng_Latn", "A cat."), ("spa_Latn", "Gato.")]
    ),
    "b.png": File("image/png", 300, 200, "CC-BY-4.0", []),
}
MARKUP = """[[File:a.png|thumb|200px|alt=A cat on a mat|The [[cat|red cat]] sleeps|]]
'''Cats''' sleep much.<ref>A book</ref>
== Food ==
They eat fish.
=== At night ===
[[image:b.png|left|A bowl of {{small|fish|x}} stands there]] They eat mice.
[[File:unknown.png|thumb|Nobody knows this file]] [[Dog|Dogs]] too."""


@pytest.fixture
def rows():
    return picture_rows(MARKUP, FILES, language="eng_Latn", title="Cats", address="wiki/Cats")


def test_a_row_has_the_columns_of_wit_in_their_order():
    assert [field.name for field in fields(PictureRow)] == [
        *("language", "page_url", "image_url", "page_title", "section_title"),
        *("hierarchical_section_title", "caption_reference_description"),
        *("caption_attribution_description", "caption_alt_text_description", "mime_type"),
        *("original_height", "original_width", "is_main_image", "attribution_passes_lang_id"),
        *("page_changed_recently", "context_page_description", "context_section_description"),
    ]


def test_pictures_have_their_texts_and_places(rows):
    first, second = rows
    assert first.caption_alt_text_description == "A cat on a mat"
    assert first.caption_attribution_description == "A cat.\nGato."
    assert first.is_main_image
    assert not second.is_main_image
    assert second.section_title == "At night"
    assert second.hierarchical_section_title == "Cats / Food / At night"
    assert second.caption_reference_description.startswith("A bowl of")
    assert (second.original_width, second.original_height) == (300, 200)


def test_contexts_do_not_hold_the_captions(rows):
    first, second = rows
    assert first.context_page_description == second.context_page_description == "Cats sleep much."
    assert second.context_section_description == "They eat mice.\nDogs too."


def test_sections_have_levels():
    assert [(level, name) for level, name, _ in sections(MARKUP)] == [
        (1, ""),
        (2, "Food"),
        (3, "At night"),
    ]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"mime_type": "application/pdf"}, "media type"),
        ({"original_height": 99}, "small picture"),
        ({"image_url": "unfree.png"}, "license"),
        (
            {
                "caption_reference_description": "cat.jpg",
                "caption_alt_text_description": "Two words",
                "caption_attribution_description": "",
            },
            "no text",
        ),
    ],
)
def test_each_rule_finds_what_it_is_for(rows, change, reason):
    licenses = {"a.png": "CC0-1.0", "b.png": "CC-BY-4.0", "unfree.png": "all rights reserved"}
    kept, dropped = filter_rows([rows[0], replace(rows[0], page_url="other", **change)], licenses)
    assert [row.page_url for row in kept] == ["wiki/Cats"]
    assert dropped == {reason: 1}


def test_repeated_pictures_and_those_of_many_pages_go(rows):
    licenses = dict.fromkeys(FILES, "CC0-1.0")
    _, dropped = filter_rows([rows[0], rows[0]], licenses)
    assert dropped == {"repeated picture": 1}
    many = [replace(rows[0], page_url=str(page)) for page in range(6)]
    assert filter_rows(many, licenses)[1] == {"picture of many pages": 6}
    codes = ("eng_Latn", "spa_Latn")
    parted = [replace(row, language=codes[n % 2]) for n, row in enumerate(many)]
    assert len(filter_rows(parted, licenses)[0]) == 6


def test_three_characters_are_enough_without_spaces(rows):
    row = replace(rows[1], language="zho_Hans", caption_reference_description="猫在睡")
    assert filter_rows([row], {"b.png": "CC0-1.0"})[0] == [row]


class Spanish:
    name, languages = "spanish", ("spa_Latn",)

    def identify(self, texts):
        return [Guess("spa_Latn" if text == "Gato." else "eng_Latn", 1.0) for text in texts]


def test_descriptions_in_other_languages_go_and_the_flag_says_so(rows):
    checked = check_language(rows, Spanish())
    assert [row.caption_attribution_description for row in checked] == ["A cat.", ""]
    assert [row.attribution_passes_lang_id for row in checked] == [True, False]
