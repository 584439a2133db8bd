"""The license that a page or a document states about itself."""

import re

CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(licenses|publicdomain)/([a-z+-]+)(?:/(\d\.\d))?", re.IGNORECASE
)
LICENSE_CHARACTERS = 200
PUBLIC_DOMAIN = {"zero": "CC0", "mark": "PDM", "certification": "PDM"}


def license_name(stated: str) -> str:
    """Return a license's SPDX name where an address of Creative Commons states it, else as stated.

    ``https://creativecommons.org/licenses/by-sa/4.0/deed.fr`` is ``CC-BY-SA-4.0``.
    """
    found = CREATIVE_COMMONS.search(stated)
    if not found:
        return " ".join(stated.split())[:LICENSE_CHARACTERS]
    family, kind, version = found.groups()
    kind = kind.lower()
    if family.lower() == "publicdomain":
        return f"{PUBLIC_DOMAIN.get(kind, kind.upper())}-{version or '1.0'}"
    return f"CC-{kind.upper()}" + (f"-{version}" if version else "")


def linked_license(markup: str) -> str:
    """Return the one Creative Commons license to which a text links; "" for none or several."""
    if "creativecommons.org/" not in markup.lower():
        return ""
    names = {license_name(found.group()) for found in CREATIVE_COMMONS.finditer(markup)}
    return names.pop() if len(names) == 1 else ""
