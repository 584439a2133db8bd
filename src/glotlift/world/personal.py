"""Personal data that belongs to nobody: reserved addresses, test numbers, right and wrong checks.

E-mail addresses lie under example.org and its kin (RFC 2606), numbers of telephones in 555-0100 to
555-0199 (kept for fiction by the North American Numbering Plan), addresses of computers in the
ranges for documentation (RFC 5737, RFC 3849). Card numbers are those that payment services publish
for tests. Bank accounts are at banks that do not exist: TEST, or the German code 00000000.
"""

from collections.abc import Callable
from typing import NamedTuple

from glotlift.world.concepts import inventory
from glotlift.world.scenes import draws, pick

_HOSTS = ("example.org", "example.com", "example.net", "mail.example.org", "post.example.com")
_PHONES = ("+1 {} 555 {}", "({}) 555-{}", "{}-555-{}", "+1{}555{}")
_AREAS = ("202", "303", "404", "512", "617", "808")
_BANKS = (("GB", "TEST", 14), ("NL", "TEST", 10), ("DE", "00000000", 10))
_CARDS = (
    "4111111111111111",
    "4242424242424242",
    "5555555555554444",
    "5105105105105100",
    "6011111111111117",
    "3530111333300000",
)
_NETWORKS = ("192.0.2", "198.51.100", "203.0.113")


class Personal(NamedTuple):
    """A piece of personal data; `valid` is whether its check digits are right, if it has any."""

    kind: str
    text: str
    valid: bool


def invent(kind: str, *address: object) -> Personal:
    """Return made-up personal data of one of `KINDS`, drawn by `address`."""
    text, valid = _MAKERS[kind](draws("personal", kind, *address))
    return Personal(kind, text, valid)


def _email(numbers: tuple[int, ...]) -> tuple[str, bool]:
    names, cities = inventory().of("names"), inventory().of("cities")
    user = f"{pick(names, numbers[0])}{pick(('.', '_', '-'), numbers[1])}{pick(cities, numbers[2])}"
    return f"{user}@{pick(_HOSTS, numbers[3])}", True


def _phone(numbers: tuple[int, ...]) -> tuple[str, bool]:
    line = f"01{numbers[2] % 100:02d}"
    return pick(_PHONES, numbers[0]).format(pick(_AREAS, numbers[1]), line), True


def _iban(numbers: tuple[int, ...]) -> tuple[str, bool]:
    country, bank, digits = pick(_BANKS, numbers[0])
    account = bank + f"{numbers[1]:010d}{numbers[2]:010d}"[-digits:]
    check, valid = 98 - remainder(f"{account}{country}00"), numbers[3] % 2 == 0
    check = check if valid else check % 97 + 2  # another one of 02 to 98
    text = f"{country}{check:02d}{account}"
    return _grouped(text) if numbers[4] % 2 else text, valid


def remainder(characters: str) -> int:
    """Return the remainder by 97 of the number that ISO 13616 makes of an account."""
    return int("".join(str(int(character, 36)) for character in characters)) % 97


def _card(numbers: tuple[int, ...]) -> tuple[str, bool]:
    text, valid = pick(_CARDS, numbers[0]), numbers[1] % 2 == 0
    if not valid:
        text = text[:-1] + str((int(text[-1]) + 1 + numbers[2] % 9) % 10)
    return _grouped(text) if numbers[3] % 2 else text, valid


def _computer(numbers: tuple[int, ...]) -> tuple[str, bool]:
    if numbers[0] % 4 == 0:
        return f"2001:db8::{numbers[1] % 65536:x}:{numbers[2] % 65536:x}", True
    return f"{pick(_NETWORKS, numbers[1])}.{1 + numbers[2] % 254}", True


def _grouped(text: str) -> str:
    return " ".join(text[place : place + 4] for place in range(0, len(text), 4))


# By the name that its label has in `pages/words.yaml`.
_MAKERS: dict[str, Callable[[tuple[int, ...]], tuple[str, bool]]] = {
    "email": _email,
    "phone": _phone,
    "account": _iban,
    "card": _card,
    "computer": _computer,
}
KINDS = tuple(_MAKERS)
