import gzip
import json
import os
import re
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from glotlift import world
from glotlift.corpus.protection import personal_identities, personal_phones
from glotlift.corpus.protection.personal import KINDS, Personal, find_personal, fold, mask_personal
from glotlift.corpus.protection.personal_accounts import LENGTHS, is_issued, luhn, remainder
from glotlift.corpus.protection.personal_phones import regions_of
from glotlift.runs.errors import GlotliftError

phonenumbers = pytest.importorskip("phonenumbers")
pytest.importorskip("stdnum")

FOUND = [
    ("EMAIL", "josé.núñez+news@correo.example.es"),
    ("EMAIL", "иван.петров@пример.рф"),
    ("EMAIL", "o'brien@mail.example.ie"),
    ("EMAIL", "ana (at) example (dot) org"),
    ("PHONE", "+49 (0)30 1234567"),
    ("PHONE", "0049 30 12345678"),
    ("PHONE", "+254 712 345678"),
    ("PHONE", "(+33) 1 42 68 53 00"),
    ("PHONE", "+٩٧١ ٥٠ ١٢٣ ٤٥٦٧"),
    ("PHONE", "+९१ ९८७६५ ४३२१०"),
    ("PHONE", "＋81 3-1234-5678"),
    ("PHONE", "(0)20 7946 0958"),
    ("PHONE", "415-555-2671"),
    ("IPV4", "203.0.113.77"),
    ("IPV6", "2001:db8:85a3::8a2e:370:7334"),
    ("IPV6", "2a02:8109:9c40:1b::17"),
    ("IBAN", "DE89 3704 0044 0532 0130 00"),
    ("IBAN", "NL91-ABNA-0417-1643-00"),
    ("IBAN", "MT84MALT011000012345MTLCAST001S"),
    ("IBAN", "NO93 8601 1117 947"),
    ("CREDIT_CARD", "4111-1111-1111-1111"),
    ("CREDIT_CARD", "3782 822463 10005"),
    ("CREDIT_CARD", "30569309025904"),
    ("CREDIT_CARD", "٤١١١ ١١١١ ١١١١ ١١١١"),
    ("URL_TOKEN", "https://app.example.org/reset?user=5&token=a81bc81bdeadbeef"),
    ("URL_TOKEN", "https://bob:hunter22@files.example.net/x"),
    ("URL_TOKEN", "https://h.example/cb#access_token=eyJhbGciOiJIUzI1NiJ9.e30.abc12"),
    ("URL_TOKEN", "https://s.example/a.jsp;jsessionid=1A530637289A03B07199A44E8D531427"),
    ("NATIONAL_ID", "529.982.247-25"),
    ("NATIONAL_ID", "RSSMRA85T10A562S"),
    ("NATIONAL_ID", "11010519491231002X"),
    ("NATIONAL_ID", "131052-308T"),
]
AROUND = [
    ("abc ", " xyz"),
    ("ID: ", "\nz"),
    ("", ""),
    ("(", ")"),
    ("text\n", ".\nmore"),
    ('"', '",'),
]
ALONE = [
    *("version 1.21.192.168 of the kernel", "v2.10.44.7", "nginx/1.18.0.12", "Figure 3.2.1.4"),
    *("ISBN 978-3-16-148410-0", "ISSN 0317-8471", "EAN 4006381333931", "10.5281/zenodo.3462435"),
    *("2024-02-29 23:59:59", "15.03.2021", "03/15/2021 10:20", "2023-05-08T12:30:00+02:00"),
    *("1700000000000", "1984 1985 1986", "1990-1995", "pp. 1123-1187", "٢٠٢٣-٠٥-٠٨"),
    *("order no. 55231-8841", "ticket 0012345678", "room 555-01", "call(1234567)"),
    *("12 345 678,90 €", "$1,299.00", "USD 12 500 000", "1.000.000.000", "100 000 000"),
    *("lat 48.858370, lon 2.294481", "https://maps.example/@48.85837,2.294481,17z"),
    *("4111 1111 1111 1112", "5555555555554443", "GB82 WEST 1234 5698 7654 33"),
    *("@someone said", "icon@2x.png", "lodash@4.17.21", "git@example.org:~/project", "a@b"),
    *("1, 2, 3, 4, 5, 6, 7, 8", "01 02 03 04 05", "3.14159265358979", "-0.036275889628626+0.005"),
    *("d41d8cd98f00b204e9800998ecf8427e", "550e8400-e29b-41d4-a716-446655440000"),
    *("12:30:00", "00:1A:2B:3C:4D:5E", "std::vector::add", "2001:db8 is a prefix"),
    *("192.168.0.1", "127.0.0.1", "255.255.255.0", "198.51.100.0/24"),
    *("https://example.com/?token=YOUR_TOKEN", "smb://user:password@server/printer"),
    *("https://example.org/page?id=12345678", "+5 to +10", "UTC+01:00", "x=+0.0754898329"),
]


def kinds_of(text, region=None):
    return [(kind, text[start:end]) for kind, start, end in find_personal(text, region)]


@pytest.mark.parametrize(("kind", "text"), FOUND)
def test_personal_data_is_found_wherever_it_stands(kind, text):
    for before, after in AROUND:
        assert kinds_of(before + text + after) == [(kind, text)]


@pytest.mark.parametrize(("kind", "text"), [one for one in FOUND if one[1].isascii()])
def test_scripts_without_spaces_may_touch_it(kind, text):
    assert kinds_of(f"请联系{text}。谢谢") == [(kind, text)]


@pytest.mark.parametrize("text", ALONE)
@pytest.mark.parametrize("region", [None, ("US", "IN", "GB"), ("FR", "DE"), ("ES", "MX"), ("JP",)])
def test_harmless_numbers_stay(text, region):
    assert kinds_of(f"Text\n{text}\nmore", region) == []
    assert kinds_of(f"see {text}, and", region) == []


@pytest.mark.parametrize("region", sorted(phonenumbers.SUPPORTED_REGIONS))
def test_numbers_of_every_country_are_found_with_their_prefix(region):
    """The examples of phonenumbers, two kinds a country, in two forms."""
    for kind in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE):
        example = phonenumbers.example_number_for_type(region, kind)
        for form in ("INTERNATIONAL", "E164"):
            if example:
                style = getattr(phonenumbers.PhoneNumberFormat, form)
                number = phonenumbers.format_number(example, style)
                assert kinds_of(f"abc {number} xyz") == [("PHONE", number)]


def test_national_numbers_need_their_country():
    assert kinds_of("Ara 0532 123 45 67 bize", "TR") == [("PHONE", "0532 123 45 67")]
    assert kinds_of("Ara 0532 123 45 67 bize") == []
    assert kinds_of("al 612 34 56 78 hoy", ("MX", "ES")) == [("PHONE", "612 34 56 78")]
    assert kinds_of("Telefon: 0532 123 45 67") == [("PHONE", "0532 123 45 67")]


def test_languages_have_the_countries_where_they_are_spoken():
    assert regions_of("swh_Latn")[0] == "TZ"
    assert "KE" in regions_of("swh_Latn")
    assert regions_of("vie_Latn") == ("VN",)
    assert regions_of("hau_Latn")[0] == "NG"
    assert len(regions_of("eng_Latn")) == 6


@pytest.mark.parametrize(
    ("before", "number"),
    [("PESEL ", "44051401359"), ("T.C. Kimlik No: ", "10000000146"), ("DNI ", "54362315K")],
)
def test_identities_in_common_form_need_their_words(before, number):
    assert kinds_of(f"{before}{number} x") == [("NATIONAL_ID", number)]
    assert kinds_of(f"parcel {number} x") == []
    wrong = number.replace("5", "6") if "5" in number else number.replace("4", "5")
    assert kinds_of(f"{before}{wrong} x") == []


digits = st.text("0123456789", min_size=12, max_size=19)


@given(digits)
@settings(deadline=None)
def test_luhn_is_that_of_stdnum(number):
    from stdnum import luhn as theirs

    assert luhn(number) == theirs.is_valid(number)


@given(st.sampled_from(sorted(LENGTHS)), st.data())
@settings(deadline=None)
def test_the_remainder_is_that_of_stdnum(country, data):
    from stdnum.iso7064 import mod_97_10

    rest = st.text("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", min_size=15, max_size=15)
    account = f"{country}{data.draw(st.integers(0, 99)):02d}{data.draw(rest)}"
    assert remainder(account) == mod_97_10.checksum(account[4:] + account[:4])


def test_lengths_of_accounts_are_those_of_stdnum():
    """Countries that both know; stdnum reads the registry of SWIFT."""
    from stdnum import numdb

    registry = numdb.get("iban")
    known = {}
    for country in LENGTHS:
        structure = registry.info(country + "00")[0][1].get("bban")
        if structure:
            counts = [int(part) for part in re.findall(r"(\d+)!", structure)]
            known[country] = 4 + sum(counts)
    assert len(known) > 70
    assert {country: LENGTHS[country] for country in known} == known


def test_issuers_are_those_of_test_cards():
    cards = ["4242424242424242", "2223003122003222", "6011111111111117", "3530111333300000"]
    assert all(is_issued(card) and luhn(card) for card in [*cards, "6200000000000005"])
    assert not is_issued("1234567812345670")


@given(st.lists(st.sampled_from([text for _, text in FOUND] + ALONE + ["语", " ", "\n", "a"])))
@settings(deadline=None, max_examples=60)
def test_finds_lie_in_the_text_apart_and_in_order(parts):
    text = "".join(parts)
    found = find_personal(text)
    assert all(0 <= one.start < one.end <= len(text) and one.kind in KINDS for one in found)
    assert all(left.end <= right.start for left, right in pairwise(found))
    assert len(mask_personal(text, found)) == len(text) + sum(
        len(one.kind) + 2 - (one.end - one.start) for one in found
    )


@given(st.text())
@settings(deadline=None)
def test_folding_keeps_places(text):
    folded = fold(text)
    assert len(folded) == len(text)
    for sign, plain in zip(text, folded, strict=True):
        if sign.isdecimal():
            assert plain == str(int(sign))


def test_masks_say_the_kind_and_the_longest_wins():
    text = "ana@example.org or 203.0.113.9"
    assert mask_personal(text, find_personal(text)) == "<EMAIL> or <IPV4>"
    inside = [Personal("PHONE", 2, 5), Personal("URL_TOKEN", 0, 9)]
    assert mask_personal("012345678!", inside) == "<URL_TOKEN>!"
    assert mask_personal("nothing", []) == "nothing"


@pytest.mark.parametrize(
    ("library", "text", "code"),
    [
        ("phonenumbers", "call +49 30 12345678", "GL-CORPUS-055"),
        ("stdnum.br.cpf", "CPF 529.982.247-25", "GL-CORPUS-056"),
    ],
)
def test_a_missing_library_is_named_where_it_is_needed(library, text, code, monkeypatch):
    for cached in (personal_phones._library, personal_identities._checker):
        cached.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    assert find_personal("ana@example.org, 203.0.113.9") != []
    with pytest.raises(GlotliftError, match=code):
        find_personal(text)


NAMES = {"email": "EMAIL", "phone": "PHONE", "account": "IBAN", "card": "CREDIT_CARD"}


@pytest.mark.parametrize("language", ["eng_Latn", "hin_Deva", "zho_Hans", "arb_Arab", "swh_Latn"])
def test_what_the_world_plants_is_found_and_what_is_wrong_there_is_not(language):
    pages = world.web_pages(language, 60, personal_fraction=1.0, seed=5)
    counted = Counter()
    for page in pages:
        planted = set()
        for known in page["personal"]:
            computer = "IPV6" if ":" in known["text"] else "IPV4"
            kind = NAMES.get(known["kind"], computer)
            if known["valid"]:
                planted.add((kind, known["start"], known["end"]))
            else:
                spoiled = (kind, known["start"], known["end"])
                assert spoiled not in set(map(tuple, find_personal(page["text"])))
        found = set(map(tuple, find_personal(page["text"])))
        counted.update(found=len(found), planted=len(planted), both=len(found & planted))
    assert counted["planted"] > 50
    assert counted["both"] >= 0.97 * counted["planted"]
    assert counted["both"] >= 0.95 * counted["found"]


@pytest.mark.skipif("GLOTLIFT_DATA" not in os.environ, reason="GLOTLIFT_DATA names no real data")
def test_labelled_web_text():
    folder = Path(os.environ["GLOTLIFT_DATA"]) / "webmix"
    with gzip.open(folder / "gold.jsonl.gz") as file:
        gold = {(row := json.loads(line))["id"]: row for line in file}
    counted = Counter()
    with gzip.open(folder / "docs.jsonl.gz") as file:
        for line in file:
            row = json.loads(line)
            label = gold[row["id"]]
            right = {(one["type"], one["start"], one["end"]) for one in label.get("pii", [])}
            region = () if label["lang"] == "und" else regions_of(label["lang"])
            found = set(map(tuple, find_personal(row["text"], region)))
            counted.update(found=len(found), planted=len(right), both=len(found & right))
    assert counted["both"] >= 0.97 * counted["planted"]
    assert counted["both"] >= 0.95 * counted["found"]
