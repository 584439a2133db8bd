from glotlift.languages.macrolanguages import DEFAULT_MEMBER, KEPT_WHOLE, alpha2, alpha3, members


def test_defaults_are_members_of_their_macrolanguage():
    for macro, member in DEFAULT_MEMBER.items():
        assert member in members()[macro]
    assert not KEPT_WHOLE & set(DEFAULT_MEMBER)


def test_two_and_three_letter_codes_are_inverse():
    for long, short in alpha2().items():
        assert alpha3()[short] == long
    assert alpha3()["iw"] == alpha3()["he"] == "heb"
    assert alpha3()["ger"] == "deu"
