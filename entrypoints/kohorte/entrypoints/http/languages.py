"""The reader's language: what the request asks for, among those that Kohorte speaks."""

from typing import Any, Final

from litestar import Request

from kohorte.entrypoints.languages import LANGUAGES, Language, language

_LONGEST: Final = 200


def language_of(request: Request[Any, Any, Any]) -> Language:
    """Return the most wanted language of ``Accept-Language`` (RFC 9110, 12.5.4); English where it names none."""
    header = request.headers.get("accept-language", "")[:_LONGEST]
    wanted = sorted((_weighted(part) for part in header.split(",")), key=lambda each: -each[0])
    codes = (tag.partition("-")[0].lower() for weight, tag in wanted if weight > 0)
    return language(next((code for code in codes if code in LANGUAGES), "en"))


def _weighted(part: str) -> tuple[float, str]:
    tag, _, parameter = part.strip().partition(";")
    name, _, value = parameter.strip().partition("=")
    try:
        return (float(value) if name == "q" else 1.0), tag.strip()
    except ValueError:
        return 0.0, tag.strip()
