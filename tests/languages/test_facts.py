from glotlift.languages import facts


def test_tiers_follow_the_stated_bytes():
    sizes = facts.web_bytes()
    for code in ("hin_Deva", "tel_Telu", "yor_Latn"):
        expected = "high" if sizes[code] >= 1e11 else "middle" if sizes[code] >= 1e10 else "low"
        assert facts.tier(code) == expected
    assert {facts.tier(code) for code in sizes} == {"high", "middle", "low"}
    assert facts.tier("xxx_Latn") == "unknown"
    assert facts.tier("xxx_Latn", "hin_Deva") == "high"


def test_every_family_code_is_iso639_3():
    assert len(facts.families()) > 7000
    assert all(len(code) == 3 and code.islower() for code in facts.families())
    assert facts.family("hin") == facts.family("spa") == "Indo-European"
    assert facts.family("qqq") == "unknown"


def test_tables_state_their_source():
    from importlib.resources import files

    for name in ("families.tsv", "web_text.tsv"):
        head = files("glotlift.languages").joinpath("data", name).read_text(encoding="utf-8")[:400]
        assert head.startswith("# ")
        assert "CC-BY" in head or "ODC-By" in head
