"""Which encoding a file has: what it says itself, then UTF-8, then the language that its other letters would spell."""

import codecs
import re
from collections import Counter
from collections.abc import Iterable
from typing import Final

from attrs import define, field

from kohorte.core.errors import InvalidInput

BAD_BYTES: Final = "kohorte.bad_bytes"
"""Error handler of every decoder here: a byte that does not belong becomes a mark that no text field takes."""

_BOMS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_HIGH: Final = re.compile(rb"[\x80-\xff]+")
_UTF8_SIGN: Final = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_EVIDENCE: Final = 64 * 1024
"""So many bytes of lines with letters beyond ASCII are looked at, wherever in the file they stand."""

# Letters beyond ASCII by language, lower case; each Latin encoding is judged by the language that it would spell best.
_LETTERS: Final = (
    "äöüß",
    "éèêëàâçôûùîïœ",
    "áéíóúüñ",
    "ãõáéíóúâêôàç",
    "åäöæøé",
    "àèéìòù",
    "ëïéèöüç",
    "áčďéěíňóřšťúůýž",
    "áäčďéíĺľňóôŕšťúýž",
    "ąćęłńóśźż",
    "áéíóöőúüű",
    "ăâîșțşţ",
    "čćđšž",
    "çğıöşüâîİ",
    "āčēģīķļņšūž",
    "ąčęėįšųūž",
    "äõöüšž",
)
# In the order of preference where several would spell as well.
_LATIN: Final = ("cp1252", "cp1250", "iso8859_2", "cp1254", "cp1257", "iso8859_15", "cp850", "mac_roman")
_SIGNS: Final = frozenset("€’‘“”„–—…«»°§®©™\u00a0\u00ad")
_PREFERENCE: Final = 0.05
_PLAUSIBLE: Final = 0.7
_OTHER_SCRIPTS: Final = (
    *("cp1251", "koi8_r", "iso8859_5", "cp866", "cp1253", "cp1255", "cp1256"),
    *("cp932", "euc_jp", "gb18030", "big5", "cp949"),
)


def mark_bad_bytes() -> None:
    """Make ``BAD_BYTES`` known to the decoders; may be called again."""
    codecs.register_error(BAD_BYTES, _marks)


def _marks(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    return "".join(chr(0xDC00 + max(byte, 0x80)) for byte in wrong), error.end


def known_encoding(name: str) -> str:
    """Return the codec for a name that a user gave; raise ``InvalidInput`` for none or one that is no text."""
    try:
        codec = codecs.lookup(name).name
        "a".encode(codec)
    except (LookupError, ValueError, UnicodeError):
        raise InvalidInput(
            '"{name}" is not an encoding.', hint="Write one such as utf-8, windows-1252 or iso-8859-15.", name=name[:40]
        ) from None
    return "utf-8-sig" if codec == "utf-8" else codec


def marked_encoding(head: bytes) -> str | None:
    """Return the encoding that the first bytes give away: by a mark, or by the zeros of UTF-16."""
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    looked_at = head[:4096]
    even, odd = looked_at[::2].count(0), looked_at[1::2].count(0)
    if max(even, odd) * 5 > len(looked_at) * 2 and min(even, odd) * 10 < len(looked_at):
        return "utf-16-le" if odd > even else "utf-16-be"
    return None


@define
class EncodingJudge:
    """Look at all bytes of a file without a mark, chunk by chunk, then judge. Memory is flat."""

    _decoder: codecs.IncrementalDecoder = field(factory=lambda: codecs.getincrementaldecoder("utf-8")("strict"))
    _is_utf8: bool = True
    _kept: bytearray = field(factory=bytearray)

    def judged(self, chunks: Iterable[bytes]) -> str:
        """Return the encoding."""
        for chunk in chunks:
            if self._is_utf8 and not chunk.isascii():
                self._is_utf8 = self._decodes(chunk)
            if len(self._kept) < _EVIDENCE and not chunk.isascii():
                self._keep(chunk)
            if not self._is_utf8 and len(self._kept) >= _EVIDENCE:
                break
        if self._is_utf8:
            return "utf-8-sig"
        return _likeliest(bytes(self._kept))

    def _decodes(self, chunk: bytes) -> bool:
        # A sign cut at the end of the chunk waits in the decoder, and an ASCII chunk after it would be a fault that
        # the marks of the reader show in its row anyway.
        try:
            self._decoder.decode(chunk)
        except UnicodeDecodeError:
            return False
        return True

    def _keep(self, chunk: bytes) -> None:
        end = 0
        for found in _HIGH.finditer(chunk):
            if found.start() >= end and len(self._kept) < _EVIDENCE:
                start = max(chunk.rfind(b"\n", end, found.start()) + 1, found.start() - 200)
                end = min(chunk.find(b"\n", found.end()) + 1 or len(chunk), found.end() + 200)
                self._kept += chunk[start:end]


def _likeliest(evidence: bytes) -> str:
    signs = _UTF8_SIGN.findall(evidence)
    high = sum(len(run) for run in _HIGH.findall(evidence))
    if sum(map(len, signs)) * 2 > high:
        return "utf-8-sig"  # UTF-8 with damaged places: their rows are rejected
    encoding, fit = _best_latin(evidence)
    return (_other_script(evidence) if fit < _PLAUSIBLE else None) or encoding


def _other_script(evidence: bytes) -> str | None:
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to read, and few files need it

    found = from_bytes(evidence, cp_isolation=list(_OTHER_SCRIPTS)).best()
    return found.encoding if found else None


def _best_latin(evidence: bytes) -> tuple[str, float]:
    best, best_fit = _LATIN[0], 0.0
    for encoding in _LATIN:
        fit = _fit(evidence, encoding)
        if fit > best_fit + (_PREFERENCE if best_fit else 0.0):
            best, best_fit = encoding, fit
    return best, best_fit


def _fit(evidence: bytes, encoding: str) -> float:
    """Return the share of the signs beyond ASCII that one language has, had the text this encoding."""
    decoded = evidence.decode(encoding, "replace").lower()
    counts = Counter(sign for sign in decoded if not sign.isascii())
    total = counts.total()
    neutral = sum(count for sign, count in counts.items() if sign in _SIGNS)
    best = max(sum(counts[letter] for letter in letters) for letters in _LETTERS)
    return (best + neutral) / total if total else 0.0
