"""Personal data: kept to ranges that belong to nobody, checks right just where it says so."""

import ipaddress
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from glotlift.world.personal import KINDS, invent

DOCUMENTED = [
    ipaddress.ip_network(network)
    for network in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]


def luhn(digits):
    doubled = [int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits))]
    return sum(d - 9 * (d > 9) for d in doubled) % 10 == 0


def mod97(account):
    moved = account[4:] + account[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


@given(st.sampled_from(KINDS), st.integers(0, 2**40), st.integers(0, 10**6))
def test_what_is_invented_belongs_to_nobody(kind, seed, row):
    made = invent(kind, seed, "train", row)
    bare = re.sub(r"\s", "", made.text)
    match kind:
        case "email":
            assert re.fullmatch(r"[a-z_.-]+@(mail\.|post\.)?example\.(org|com|net)", made.text)
        case "phone":
            assert re.search(r"55501\d\d$", re.sub(r"\D", "", made.text))
        case "account":
            assert re.fullmatch(r"GB\d\dTEST\d{14}|NL\d\dTEST\d{10}|DE\d\d00000000\d{10}", bare)
            assert made.valid == mod97(bare)
            assert 2 <= int(bare[2:4]) <= 98
        case "card":
            assert made.valid == luhn(bare)
        case "computer":
            assert any(ipaddress.ip_address(made.text) in network for network in DOCUMENTED)
    assert made == invent(kind, seed, "train", row)


@pytest.mark.parametrize("kind", ["account", "card"])
def test_checks_fail_about_as_often_as_they_hold(kind):
    right = sum(invent(kind, 0, "train", row).valid for row in range(200))
    assert 70 < right < 130
