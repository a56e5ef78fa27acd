"""What people bring along from word processors, spreadsheets and programming languages, found before any grammar.

Each habit looks at one scrap of a refused rule (and its neighbours) and says what to write instead. None of them can
stand in a rule that the grammar accepts, so all are reported at once and none in vain.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Final

from kohorte.core.ports.rules import Edit, Fix
from kohorte.core.values import CURRENCIES
from kohorte.dsl.errors import Refusal, replacing, shortened
from kohorte.dsl.syntax import messages
from kohorte.dsl.syntax.ast import Span
from kohorte.dsl.syntax.scanner import Scrap

Scraps = Sequence[Scrap]


def habits(scraps: Scraps) -> Iterator[Refusal]:
    """Yield a finding for each scrap that has no place in any rule, in the order of the text."""
    covered: list[Edit] = []
    for index, scrap in enumerate(scraps):
        if any(edit.start <= scrap.start < edit.end for edit in covered):
            continue
        for habit in _HABITS.get(scrap.kind, ()):
            refusal = habit(scraps, index)
            if refusal is not None:
                yield refusal
                covered += [edit for fix in refusal.fixes for edit in fix.edits]
                break


def quoted(text: str) -> str:
    """Return the text as a literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text_at(scraps: Scraps, index: int) -> str:
    return scraps[index].text if 0 <= index < len(scraps) else ""


def _word_at(scraps: Scraps, index: int) -> str:
    return scraps[index].word if 0 <= index < len(scraps) else ""


# -- quotation ---------------------------------------------------------------------------------------------------

_BAD_ESCAPE: Final = re.compile(r"""\\(?!["'\\nt]|u\{[0-9A-Fa-f]{1,6}\}).?""")
_BEFORE_CONDITION: Final = re.compile(r"\s+(?:and|or)\b", re.IGNORECASE)


def _curly(scraps: Scraps, index: int) -> Refusal:
    scrap = scraps[index]
    return Refusal.writing(messages.CURLY_QUOTES, scrap.span, quoted(scrap.text[1:-1]))


def _unclosed(scraps: Scraps, index: int) -> Refusal:
    scrap = scraps[index]
    if (
        scrap.text[0] == "'"
        and index > 1
        and scraps[index - 2].text[0] == "'"
        and scraps[index - 1].start == scraps[index - 2].end
    ):
        span = Span(scraps[index - 2].start, scrap.end)  # 'don't' comes here as three scraps
        inner = scraps[index - 2].text[1:] + scraps[index - 1].text + scrap.text[1:]
        return Refusal.writing(messages.APOSTROPHE, span, quoted(inner))
    whole = scrap.text.rstrip()
    opened = sum(_text_at(scraps, before) == "(" for before in range(index))
    closed = sum(_text_at(scraps, before) == ")" for before in range(index))
    outside = len(whole) - len(whole.rstrip(")")) if opened > closed else 0
    ends = [len(whole) - min(outside, opened - closed)]
    if joint := _BEFORE_CONDITION.search(whole):
        ends.insert(0, joint.start())
    texts = [quoted(whole[1:end].rstrip()) + whole[end:] for end in ends]
    message = messages.UNCLOSED_TEXT if scrap.text[0] in "\"'" else messages.CURLY_QUOTES
    return Refusal.writing(
        message, Span(scrap.start, scrap.start + 1), *texts, instead_of=scrap.span, quote=scrap.text[0]
    )


def _escape(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    found = [Span(scrap.start + each.start(), scrap.start + each.end()) for each in _BAD_ESCAPE.finditer(scrap.text)]
    if not found:
        return None
    first = scrap.text[found[0].start - scrap.start : found[0].end - scrap.start]
    mended = _BAD_ESCAPE.sub(lambda each: "\\" + each[0], scrap.text)
    return Refusal.writing(messages.BAD_ESCAPE, found[0], mended, instead_of=scrap.span, text=first)


_CONTRACTIONS: Final = {"doesn": "does not", "don": "does not", "didn": "did not", "isn": "is not"}


def _contraction(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    meant = _CONTRACTIONS.get(scrap.text[:-2].lower())
    return (
        Refusal.writing(messages.WORD_FOR_WORD, scrap.span, *filter(None, [meant]), text=scrap.text) if meant else None
    )


# -- numbers, money, days ----------------------------------------------------------------------------------------

_PLAIN: Final = re.compile(r"(?:0|[1-9][\d_]*)(?:\.\d+)?")
_ENGLISH: Final = re.compile(r"\d{1,3}(?:[,'’]\d{3})+(?:\.\d+)?")
_GERMAN: Final = re.compile(r"\d{1,3}(?:[.'’]\d{3})+(?:,\d+)?")
_COMMA: Final = re.compile(r"\d+,\d+")
_MONEY_WORDS: Final = {
    "€": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "dollar": "USD", "dollars": "USD", "us$": "USD",
    "£": "GBP", "pound": "GBP", "pounds": "GBP", "¥": "JPY", "yen": "JPY", "franken": "CHF", "₹": "INR", "zł": "PLN",
}  # fmt: skip


def _month(scraps: Scraps, index: int) -> Refusal | None:
    """Find ``2024-12``."""
    scrap = scraps[index]
    if index + 2 >= len(scraps) or _text_at(scraps, index + 1) != "-" or not _YEAR.fullmatch(scrap.text):
        return None
    month = scraps[index + 2]
    if month.start != scrap.end + 1 or month.kind != "number":
        return None
    texts = [f"{scrap.text} - {month.text}"]
    if iso := _iso(int(scrap.text), int(month.text) if month.text.isdecimal() else 0, 1):
        texts.insert(0, iso)
    whole = Span(scrap.start, month.end)
    return Refusal.writing(messages.DATE_FORM, whole, *texts, text=f"{scrap.text}-{month.text}")


_YEAR: Final = re.compile(r"[12]\d{3}")


def _number(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    following = scraps[index + 1] if index + 1 < len(scraps) else None
    if following and _is_thousands(scrap, following):
        span, text = Span(scrap.start, following.end), f"{scrap.text} {following.text}"
        return Refusal.writing(messages.THOUSANDS, span, scrap.text + following.text, text=text)
    if _PLAIN.fullmatch(scrap.text):
        return None
    readings = _readings(scrap.text, in_list=_in_list(scraps, index))
    if following and following.text in CURRENCIES:  # 1.000 EUR would only be the next finding
        readings = [each for each in readings if len(each.partition(".")[2]) <= CURRENCIES[following.text]]
    if readings:
        return Refusal.writing(messages.THOUSANDS, scrap.span, *readings, text=shortened(scrap.text))
    if scrap.text.isdecimal() and scrap.text.startswith("0"):
        texts = (scrap.text.lstrip("0") or "0", quoted(scrap.text))
        return Refusal.writing(messages.LEADING_ZERO, scrap.span, *texts, text=shortened(scrap.text))
    return None


def _is_thousands(scrap: Scrap, following: Scrap) -> bool:
    """Say whether these are the groups of ``1 000``."""
    adjacent = following.kind == "number" and following.start == scrap.end + 1
    return adjacent and len(scrap.text) <= 3 and len(following.text) == 3


def _readings(text: str, *, in_list: bool) -> list[str]:
    """Return what a number with separators may mean, the likeliest first."""
    found: list[str] = []
    if _ENGLISH.fullmatch(text):
        found.append(re.sub("[,'’]", "", text))
    if _GERMAN.fullmatch(text):
        found.append(re.sub("[.'’]", "", text).replace(",", "."))
    if _COMMA.fullmatch(text):
        found.append(text.replace(",", "."))
    parts = text.split(",")
    if (in_list or not found) and len(parts) > 1 and all(map(_PLAIN.fullmatch, parts)):
        found.insert(0, ", ".join(parts))
    # Two readings can be the same number ("1'000"); one that is what was written says nothing.
    return [each for each in dict.fromkeys(found) if each != text]


def _in_list(scraps: Scraps, index: int) -> bool:
    depth = 0
    for before in range(index - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(scraps[before].text, 0)
        if depth < 0:
            return _word_at(scraps, before - 1) in {"in", "of"}
    return False


def _money_after(scraps: Scraps, index: int) -> Refusal | None:
    """Find ``500 eur``, ``500 €``, ``500 euros`` and ``5 percent``."""
    scrap, unit = scraps[index], _text_at(scraps, index + 1)
    if not unit or "\n" in unit:
        return None
    span = Span(scrap.start, scraps[index + 1].end)
    if unit.lower() in {"percent", "prozent", "pct"}:
        return Refusal.writing(messages.WORD_FOR_WORD, scraps[index + 1].span, "%", text=unit)
    code = _currency(unit)
    if code is None or unit == code:
        return None
    amount = (_readings(scrap.text, in_list=False) or [scrap.text])[0]
    return Refusal.writing(messages.CURRENCY_FORM, span, f"{amount} {code}")


def _money_before(scraps: Scraps, index: int) -> Refusal | None:
    """Find ``€500`` and ``EUR 500``."""
    scrap, amount = scraps[index], scraps[index + 1] if index + 1 < len(scraps) else None
    code = _currency(scrap.text)
    if code is None or amount is None or amount.kind != "number" or _text_at(scraps, index - 1) == ".":
        return None
    number = (_readings(amount.text, in_list=False) or [amount.text])[0]
    return Refusal.writing(messages.CURRENCY_FORM, Span(scrap.start, amount.end), f"{number} {code}")


def _currency(text: str) -> str | None:
    code = text.upper()
    if code in CURRENCIES and text not in _COMMON_WORDS:
        return code
    return _MONEY_WORDS.get(text.lower())


_COMMON_WORDS: Final = frozenset(code.lower() for code in ("ALL", "TRY", "TOP", "CUP", "MOP"))


def _date(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    match = re.match(r"(\d+)([-./])(\d+)[-./](\d+)([T ].*)?", scrap.text)
    if match is None or (match[2] == "-" and re.match(r"\d{4}-\d\d-\d\d(?!\d)", scrap.text)):
        return None
    first, second, third = int(match[1]), int(match[3]), int(match[4])
    if len(match[1]) == 4:
        candidates = [(first, second, third)]
    else:
        year = third if len(match[4]) == 4 else 2000 + third
        candidates = [(year, second, first)]
        if match[2] == "/" and first != second:
            candidates.append((year, first, second))
    texts = [_iso(*each) + (match[5] or "") for each in candidates if _iso(*each)]
    return Refusal.writing(messages.DATE_FORM, scrap.span, *texts, text=scrap.text)


def _iso(year: int, month: int, day: int) -> str:
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return ""


# -- words and signs ---------------------------------------------------------------------------------------------

_SIGNS: Final = {
    "&&": "and", "&": "and", "||": "or", "|": "or", "!": "not", "=>": ">=", "=<": "<=", "=~": "matches",
    "≥": ">=", "≤": "<=", "≠": "!=", "–": "-", "—": "-", "−": "-", "×": "*", "¬": "not", "∧": "and", "∨": "or",
}  # fmt: skip
_BRACKETS: Final = {"[": "(", "]": ")", "{": "(", "}": ")"}
_CLOSING: Final = {"[": "]", "{": "}"}
_TEXT_COMES: Final = frozenset({"=", "!=", "<>", "==", "with", "contains", "contain", "is", "matches", "exactly"})


def _zone(scraps: Scraps, index: int) -> Refusal | None:
    """Find ``in zone Europe/Berlin``."""
    if _word_at(scraps, index - 1) != "zone" or _word_at(scraps, index - 2) != "in":
        return None
    last = index
    while last + 1 < len(scraps) and scraps[last + 1].start == scraps[last].end and scraps[last + 1].text != "(":
        last += 1
    zone = "".join(scrap.text for scrap in scraps[index : last + 1])
    span = Span(scraps[index].start, scraps[last].end)
    return Refusal.writing(messages.MISSING_QUOTES, span, quoted(zone), text=shortened(zone))


def _foreign_name(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    if scrap.text.isascii():
        return None
    before = _text_at(scraps, index - 1).lower()
    if before in _TEXT_COMES:
        last = index
        while _text_at(scraps, last + 1).istitle() and scraps[last + 1].kind == "word":
            last += 1
        span = Span(scrap.start, scraps[last].end)
        words = " ".join(each.text for each in scraps[index : last + 1])
        return Refusal.writing(messages.MISSING_QUOTES, span, quoted(words), text=shortened(words))
    return Refusal.writing(messages.NAME_NEEDS_BACKQUOTES, scrap.span, f"`{scrap.text}`", text=shortened(scrap.text))


def _like(scraps: Scraps, index: int) -> Refusal | None:
    scrap, needle = scraps[index], scraps[index + 1] if index + 1 < len(scraps) else None
    if scrap.word not in {"like", "ilike"} or needle is None or needle.kind != "text":
        return None
    negated = _word_at(scraps, index - 1) == "not"
    span = Span(scraps[index - 1].start if negated else scrap.start, needle.end)
    return Refusal.writing(messages.LIKE, scrap.span, _search(needle.text[1:-1], negated=negated), instead_of=span)


def _search(pattern: str, *, negated: bool) -> str:
    """Return the search that a LIKE pattern stands for."""
    middle = pattern.strip("%")
    if "%" in middle or "_" in middle:
        verb, middle = "match" if negated else "matches", pattern.replace("%", "*").replace("_", "?")
    elif pattern == middle or pattern.startswith("%") == pattern.endswith("%"):
        verb = "contain" if negated else "contains"
    elif pattern.startswith("%"):
        verb = "end with" if negated else "ends with"
    else:
        verb = "start with" if negated else "starts with"
    return f'{"does not " if negated else ""}{verb} "{middle}"'


def _null(scraps: Scraps, index: int) -> Refusal | None:
    if scraps[index].word != "null":
        return None
    start = index
    while start and (_word_at(scraps, start - 1) in {"is", "not"} or scraps[start - 1].text in {"=", "==", "!=", "<>"}):
        start -= 1
    if start == index:
        return None
    asked = {each.text.lower() for each in scraps[start:index]}
    text = "is set" if asked & {"not", "!=", "<>"} else "is empty"
    span = Span(scraps[start].start, scraps[index].end)
    return Refusal.writing(messages.NULL, scraps[index].span, text, instead_of=span)


def _sign(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    meant = _SIGNS.get(scrap.text)
    if meant is None:
        return None
    touches = index + 1 < len(scraps) and scraps[index + 1].start == scrap.end and meant.isalpha()
    return Refusal.writing(messages.SIGN_FOR_WORD, scrap.span, meant + " " * touches, text=scrap.text)


def _other(scraps: Scraps, index: int) -> Refusal | None:
    scrap = scraps[index]
    if scrap.text in ".,()%":
        return None
    if scrap.text == ";":
        is_last = index == len(scraps) - 1
        return Refusal.writing(messages.SEMICOLON, scrap.span, "" if is_last else " and")
    if scrap.text in _BRACKETS:
        return _square(scraps, index)
    if scrap.text == "/":
        return Refusal(messages.DIVISION, scrap.span)
    shown = scrap.text if scrap.text.isprintable() else f"U+{ord(scrap.text):04X}"
    return Refusal(messages.UNKNOWN_CHARACTER, scrap.span, fixes=[replacing("Remove it", scrap.span, " ")], text=shown)


def _square(scraps: Scraps, index: int) -> Refusal:
    scrap = scraps[index]
    closing = _CLOSING.get(scrap.text)
    pair = next((each for each in scraps[index + 1 :] if each.text == closing), None)
    edits = [Edit(each.start, each.end, _BRACKETS[each.text]) for each in (scrap, pair) if each is not None]
    return Refusal(
        messages.SQUARE_BRACKETS, scrap.span, fixes=[Fix("Write parentheses", tuple(edits))], text=scrap.text
    )


_HABITS: Final[dict[str, tuple[Callable[[Scraps, int], Refusal | None], ...]]] = {
    "curly": (_curly,),
    "unclosed": (_unclosed,),
    "text": (_escape,),
    "contraction": (_contraction,),
    "number": (_money_after, _month, _number),
    "date": (_date,),
    "word": (_zone, _money_before, _foreign_name, _like, _null),
    "sign": (_sign,),
    "other": (_sign, _money_before, _other),
}
