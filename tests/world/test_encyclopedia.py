from glotlift.world.encyclopedia import KINDS, UNFREE, encyclopedia

LANGUAGES = ("eng_Latn", "zho_Hans")


def test_a_page_shows_the_same_pictures_in_every_language():
    articles, files = encyclopedia(LANGUAGES, 6)
    for english, chinese in zip(articles[::2], articles[1::2], strict=True):
        assert english.id == chinese.id
        assert [(one.file, one.kind) for one in english.shown] == [
            (one.file, one.kind) for one in chinese.shown
        ]
        assert all(one.file in files for one in english.shown)


def test_what_gold_says_stands_on_the_page():
    for page in encyclopedia(LANGUAGES, 6)[0]:
        for one in page.shown:
            assert f"[[File:{one.file}|" in page.markup
            assert one.reference in page.markup
            assert one.section_context in page.markup
            assert f"== {one.section} ==" in page.markup or not one.section


def test_all_kinds_of_junk_stand_among_the_pictures():
    articles, files = encyclopedia(LANGUAGES[:1], 40)
    shown = [one for page in articles for one in page.shown]
    assert {one.kind for one in shown} == set(KINDS)
    assert {files[one.file].license for one in shown if one.kind == "unfree"} == {UNFREE}
    assert all(files[one.file].width < 100 for one in shown if one.kind == "small")
    assert all(not files[one.file].descriptions for one in shown if one.kind == "short")


def test_a_page_does_not_depend_on_where_the_call_starts():
    assert encyclopedia(LANGUAGES, 3)[0][4:] == encyclopedia(LANGUAGES, 1, start=2)[0]
