"""Addresses in text: of people, of computers, and links that carry a secret."""

import ipaddress
import re
from collections.abc import Iterator
from urllib.parse import unquote

Span = tuple[int, int]

# RFC 5321 atoms and RFC 6531 letters of any script; the last label is no number.
_ATOM = r"[^\W_](?:[\w.+%'-]*[\w+-])?"
_HOST = r"(?:[^\W_](?:[\w-]*[^\W_])?\.)+(?:[^\W\d_]{2,24}|xn--[a-z0-9-]{2,59})"
# Where words are not set apart, an ASCII host ends where another script or a capital begins.
DOMAIN = re.compile(
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+"
    r"(?:[A-Za-z][a-z]{1,23}|[A-Z]{2,24}|xn--[a-z0-9-]{2,59})(?![a-z0-9_@])(?!\.[a-z0-9])"
    rf"|{_HOST}(?![\w@])"
)
LOCAL_BACKWARDS = re.compile(r"[\w.+%'!#$&*=^`{|}~-]{1,64}\Z")
HIDDEN = re.compile(
    rf"(?<![\w.+-])(?:{_ATOM}) ?[\[(]at[\])] ?"
    r"(?:[\w-]+(?: ?[\[(](?:dot|punkt|punto)[\])] ?|\.))+[^\W\d_]{2,24}\b",
    re.IGNORECASE | re.ASCII,
)
# What stands after the last dot of a file and is no domain that people write from.
FILES = frozenset(
    re.findall(
        r"\S+",
        "png jpg jpeg gif svg webp bmp ico tiff pdf css scss js mjs ts jsx tsx json "
        "xml yaml yml html htm txt md csv py rb php exe dll zip tar gz mp3 mp4 wav "
        "service socket target mount local",
    )
)
# Scripts that put no space before an address: Thai to Khmer, kana, Han and Hangul.
UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]"
)
MACHINES = frozenset(("git", "svn", "hg"))

URL = re.compile(
    r"(?<![A-Za-z0-9_])[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s<>\"'`{}|\\^]+",
)
PLAIN_END = re.compile(r"[^!-~]")
SECRETS = frozenset(
    re.findall(
        r"\S+",
        "accesskey accesstoken apikey apitoken auth authkey authtoken "
        "authenticitytoken authorization bearer bearertoken clientsecret "
        "confirmationtoken credential credentials csrf csrftoken idtoken jsessionid "
        "jwt key logintoken magic magictoken oauthtoken oauthverifier onetimetoken "
        "otp pass passcode passphrase passwd password passwort phpsessid privatekey "
        "privatetoken pwd refreshtoken resettoken resetkey resetpasswordtoken secret "
        "secretkey securitytoken sess sessid session sessionid sessionkey "
        "sessiontoken sid sig signature signkey ssid ssotoken subtoken ticket tkn "
        "token unsubscribetoken usertoken verificationtoken verifytoken "
        "xamzcredential xamzsecuritytoken xamzsignature xapikey",
    )
)
SURE = ("password", "passwd", "passwort", "pwd", "passcode", "passphrase", "pass", "otp")
PARAMETER = re.compile(r"[?&;#/]([\w.~%\[\]-]{1,40})=([^&;#]*)")
PLACEHOLDER = re.compile(r"(?i)[<{\[$%]|your|example|placeholder|xxx|\.\.\.|…|\*\*")
CREDENTIALS = re.compile(r"://[^\s/?#@:]*:([^\s/?#@]+)@[^\s/?#@]")
INVENTED = frozenset(
    re.findall(
        r"\S+",
        "pass passwd password passwort pw pwd secret user changeme",
    )
)

NUMBERS = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
COMPUTER = re.compile(
    rf"(?<![\w.])(?<![\w.][-/_]){NUMBERS}(?:\.{NUMBERS}){{3}}(?![a-z0-9_]|\.\d|\.\w+\.|-\w)(?:/(\d\d?))?",
    re.ASCII,
)
VERSION = re.compile(
    r"(?:(?<![^\W\d_])(?:v|ver|vers|versions?|version|versión|versão|versio|versiune|versione"
    r"|versie"
    r"|verzió|verze|verzija|verzia|wersja|wersji|versiyon|sürüm|sürümü|версия|версии|верзија|версія"
    r"|phiên bản|bản|release|rel|build|firmware|driver|patch|rev|revision|kernel|toleo"
    r"|section|sect|chapter|clause|oid|§|isbn)|バージョン|版本|第|버전|संस्करण|వెర్షన్|आवृत्ती|الإصدار|إصدار"
    r"|نسخه)[ .:#=\u00a0]{0,3}\Z",
    re.IGNORECASE,
)
ADDRESS = re.compile(
    r"(?i)(?:(?<![a-z])(?:ip(?:v4)?|host|server|address|adresse?|dirección|ping|client|from"
    r"|inet|ssh|remote)|адрес|地址|アドレス|주소|पता|://)[^\n]{0,12}\Z"
)
LONG_COMPUTER = re.compile(
    r"(?<![\w:.])[23][0-9A-Fa-f]{3}:[0-9A-Fa-f:]*(?:[0-9A-Fa-f]|::)(?![0-9A-Fa-z_:])", re.ASCII
)
# Headings and versions have smaller numbers than this, in the first three places at least.
SMALL = 32
_NOBODY = tuple(
    map(
        ipaddress.ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
            *("192.168.0.0/16", "224.0.0.0/3"),
        ),
    )
)


def find_emails(text: str) -> Iterator[Span]:
    """Yield addresses of people: ``name@example.org``, in letters of any script."""
    place = text.find("@")
    while place >= 0:
        domain = DOMAIN.match(text, place + 1)
        local = LOCAL_BACKWARDS.search(text, max(0, place - 64), place) if domain else None
        if domain and local:
            start = _local_start(text, local.start(), place)
            if start < place and _is_mailbox(text, start, place, domain):
                yield start, domain.end()
        place = text.find("@", place + 1)
    if "at)" in text or "at]" in text:
        yield from (found.span() for found in HIDDEN.finditer(text))


def _local_start(text: str, start: int, at: int) -> int:
    """Move a name's start past signs that begin no name, and past a script that the name is not in.

    Chinese, Japanese and Thai put no space before an address: a Latin name ends where they begin.
    """
    if not UNSPACED.match(text[at - 1]):
        spaced = at
        while spaced > start and not UNSPACED.match(text[spaced - 1]):
            spaced -= 1
        start = spaced
    while start < len(text) and not (text[start].isalnum() or text[start] == "_"):
        start += 1
    return start


def _is_mailbox(text: str, start: int, at: int, domain: re.Match[str]) -> bool:
    local, last = text[start:at], domain[0].rpartition(".")[2].lower()
    if (
        last in FILES
        or local in MACHINES
        or set(local) <= set("xX*")
        or ".." in local
        or local.endswith(".")
    ):
        return False
    before = text[max(0, start - 3) : start]
    # scp and git addresses (host:path), credentials in a link, paths with a version.
    after = text[domain.end() : domain.end() + 2]
    return not (
        before.endswith(("/", "//", "@")) or (after[:1] == ":" and after[1:2] in "~/" and after[1:])
    )


def find_secrets(text: str) -> Iterator[Span]:
    """Yield whole links with a secret in the query, the fragment or before the host."""
    for found in URL.finditer(text):
        address = found[0]
        if "=" not in address and "@" not in address:
            continue
        scheme_end = address.index("://") + 3
        query = re.search(r"[?#;]", address)
        # A link's host and path may be in any script; its query is ASCII, so prose ends it.
        stop = PLAIN_END.search(address, query.start() if query else scheme_end)
        address = address[: stop.start()] if stop else address
        address = address.rstrip(".,;:!?)]*_~")
        if _has_credentials(address) or any(
            _is_secret(name, value) for name, value in PARAMETER.findall(address)
        ):
            yield found.start(), found.start() + len(address)


def _has_credentials(address: str) -> bool:
    found = CREDENTIALS.search(address)
    return found is not None and not (found[1].lower() in INVENTED or PLACEHOLDER.search(found[1]))


def _is_secret(name: str, value: str) -> bool:
    name = re.sub(r"[^a-z0-9]", "", unquote(name).lower())
    if name not in SECRETS or PLACEHOLDER.search(value):
        return False
    if name in SURE:
        return len(value) >= 4
    digits = sum(character.isdigit() for character in value)
    return len(value) >= 8 and (digits > 0 or len(value) >= 20)


def find_computers(text: str) -> Iterator[Span]:
    """Yield IPv4 addresses that a person may have, not versions, headings or private networks."""
    for found in COMPUTER.finditer(text):
        start, end = found.span()
        if found[1]:
            end = found.start(1) - 1
        address = ipaddress.IPv4Address(text[start:end])
        if any(address in network for network in _NOBODY):
            continue
        if found[1] and 8 <= int(found[1]) <= 31 and _is_network(address, int(found[1])):
            continue
        before = text[max(0, start - 24) : start]
        if VERSION.search(before):
            continue
        if max(address.packed[:3]) < SMALL and not ADDRESS.search(before):
            continue
        yield start, end


def _is_network(address: ipaddress.IPv4Address, bits: int) -> bool:
    return int(address) & ((1 << (32 - bits)) - 1) == 0


def find_long_computers(text: str) -> Iterator[Span]:
    """Yield IPv6 addresses of the public network (2000::/3, RFC 4291)."""
    for found in LONG_COMPUTER.finditer(text):
        groups = [group for group in found[0].split(":") if group]
        times = all(len(group) <= 2 and group.isdigit() for group in groups[1:])
        if len(groups) < 3 or (times and "::" not in found[0]):
            continue
        try:
            ipaddress.IPv6Address(found[0])
        except ValueError:
            continue
        yield found.span()
