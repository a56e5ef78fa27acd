"""Files are found, unpacked, and read in the encoding and format that they have or that was given."""

import gzip
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from kohorte.adapters.files.sources import file_rows
from kohorte.core.errors import InvalidInput

TEXTS = {
    "German": "key;name;city\n1;Jürgen Müller;Köln\n2;Bäcker & Söhne;Düsseldorf\n3;Groß;Gießen\n",
    "French": "key;name;city\n1;Hélène Lefèvre;Besançon\n2;François;Nîmes\n",
    "Spanish": "key;name;city\n1;Muñoz;Cádiz\n2;José;León\n",
    "Danish": "key;name;city\n1;Søren;Århus\n2;Bjørn;Tromsø\n",
    "Polish": "key;name;city\n1;Łukasz Wiśniewski;Łódź\n2;Żaneta Dąbrowska;Częstochowa\n",
    "Czech": "key;name;city\n1;Jiří Dvořák;Plzeň\n2;Božena Němcová;České Budějovice\n",
    "Turkish": "key;name;city\n1;Ayşe Yıldız;İstanbul\n2;Çağrı Şahin;Eskişehir\n",
    "Russian": "key;name;city\n1;Иван Петров;Москва\n2;Ольга Иванова;Санкт-Петербург\n",
    "Greek": "key;name;city\n1;Γιώργος Παπαδόπουλος;Αθήνα\n2;Μαρία;Θεσσαλονίκη\n",
    "Japanese": "key;name;city\n1;山田太郎;東京都\n2;鈴木花子;大阪府\n",
    "Chinese": "key;name;city\n1;王小明;北京\n2;李四;上海\n",
    "typographic": "key;name\n1;Women’s “best” – 5 €\n",
}
ENCODINGS = [
    *(("German", encoding) for encoding in ("cp1252", "iso8859_15", "cp850", "mac_roman")),
    *((language, "cp1252") for language in ("French", "Spanish", "Danish", "typographic")),
    *(("Polish", "cp1250"), ("Polish", "iso8859_2"), ("Czech", "cp1250"), ("Czech", "iso8859_2")),
    *(("Turkish", "cp1254"), ("Russian", "cp1251"), ("Russian", "koi8_r"), ("Greek", "cp1253")),
    *(("Japanese", "shift_jis"), ("Japanese", "euc_jp"), ("Chinese", "gb18030"), ("Chinese", "big5")),
    *((language, encoding) for language in TEXTS for encoding in ("utf-8", "utf-8-sig", "utf-16", "utf-32")),
    *((language, encoding) for language in ("German", "French") for encoding in ("utf-16-le", "utf-16-be")),
]


def read(path: Path, **given: str) -> list[tuple[str, ...]]:
    with file_rows(path, **given).open() as rows:
        assert rows.columns is not None
        return [rows.columns, *(tuple(map(str, row.cells)) for row in rows)]


def expected(text: str) -> list[tuple[str, ...]]:
    return [tuple(line.split(";")) for line in text.splitlines()]


@pytest.mark.parametrize(("language", "encoding"), ENCODINGS)
def test_the_encoding_is_found(tmp_path: Path, language: str, encoding: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(TEXTS[language].encode(encoding))
    assert read(file) == expected(TEXTS[language])


@pytest.mark.parametrize("name", ["windows-1252", "latin1", "CP1252"])
def test_a_given_encoding_is_taken(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes("key;name\n1;Ñandú\n".encode("latin1"))
    assert read(file, encoding=name) == [("key", "name"), ("1", "Ñandú")]


def test_a_mark_at_the_beginning_is_no_part_of_the_first_name(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes("\ufeffkey,a\n1,2\n".encode("utf-16-le"))
    assert read(file, encoding="utf-16-le")[0] == ("key", "a")
    file.write_bytes(b"\xef\xbb\xbfkey,a\n1,2\n")
    assert read(file, encoding="utf-8")[0] == ("key", "a")


@pytest.mark.parametrize("name", ["utf-9", "hex", "rot13", ""])
def test_an_unknown_encoding_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "file.csv"
    file.write_text("key\n1\n", "utf-8")
    if name:
        with pytest.raises(InvalidInput, match="is not an encoding"):
            read(file, encoding=name)


def test_letters_at_the_end_of_a_large_file_decide_too(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(b"key;name\n" + b"1;plain\n" * 400_000 + "2;Köln\n".encode("cp1252"))
    assert read(file)[-1] == ("2", "Köln")


def test_damaged_places_in_utf_8_stay_marked_and_spoil_nothing(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes("key;name\n1;Jürgen Müller\n2;".encode() + b"Caf\xe9" + "\n3;Köln, Gießen\n".encode())
    assert read(file) == [("key", "name"), ("1", "Jürgen Müller"), ("2", "Caf\udce9"), ("3", "Köln, Gießen")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "shift_jis", "utf-8"])
def test_bytes_that_are_no_text_are_marked_in_every_encoding(tmp_path: Path, encoding: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes("key;name\n1;あ\n".encode(encoding) + b"\xff")
    marks = "".join(read(file, encoding=encoding)[-1])
    assert any("\udc80" <= sign <= "\udcff" for sign in marks)


def test_gzip_is_unpacked_whatever_the_name(tmp_path: Path) -> None:
    for name in ("file.csv.gz", "file.csv"):
        file = tmp_path / name
        file.write_bytes(gzip.compress("key;name\n1;Köln\n".encode("cp1252")))
        assert read(file) == [("key", "name"), ("1", "Köln")]


def test_a_broken_archive_gives_its_first_rows_and_says_that_it_breaks_off(tmp_path: Path) -> None:
    file = tmp_path / "file.csv.gz"
    whole = gzip.compress(b"key,a\n" + b"".join(b"%d,%d\n" % (n, n * 7919 % 10_007) for n in range(200_000)))
    file.write_bytes(whole[: len(whole) // 2])
    with file_rows(file, encoding="utf-8").open() as rows:
        taken = iter(rows)
        assert next(taken).line == 2
        with pytest.raises(InvalidInput, match="cannot be read to its end"):
            list(taken)


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.jsonl.gz", "a", "a.dat"])
def test_json_lines_are_known_by_name_or_look(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    content = b'{"key": "1"}\n'
    file.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    with file_rows(file).open() as rows:
        assert (rows.columns, [row.columns for row in rows]) == (None, [("key",)])


def test_a_given_format_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text('{"key": "1"}\n', "utf-8")
    with file_rows(file, format="jsonl").open() as rows:
        assert rows.columns is None
    with pytest.raises(InvalidInput, match="is not a format"):
        file_rows(file, format="xml")


def test_a_missing_file_is_named_with_the_one_that_was_probably_meant(tmp_path: Path) -> None:
    (tmp_path / "contacts.csv").write_text("key\n", "utf-8")
    with pytest.raises(InvalidInput, match=r"There is no file .*contact\.csv") as refused:
        read(tmp_path / "contact.csv")
    assert refused.value.advice() == 'Did you mean "contacts.csv"?'
    with pytest.raises(InvalidInput, match="There is no file"):
        read(tmp_path / "nowhere" / "x.csv")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is a folder"):
        read(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file.csv"
    file.write_text("key\n", "utf-8")
    file.chmod(0)
    with pytest.raises(InvalidInput, match="cannot be opened"):
        read(file)


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"%PDF-1.7", "PDF"),
        (b"SQLite format 3\x00", "SQLite"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)), "not text"),
    ],
)
def test_what_is_no_text_is_told_by_its_first_bytes(tmp_path: Path, content: bytes, what: str) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match=what):
        read(file)


@pytest.mark.parametrize("content", [b"", b"\n\n\n", b"\xef\xbb\xbf"])
def test_an_empty_csv_file_says_what_it_needs(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "file.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidInput, match="The file is empty") as refused:
        read(file)
    assert "names of the columns" in refused.value.advice()


@pytest.fixture
def standard_input(tmp_path: Path) -> Iterator[Path]:
    file = tmp_path / "standard"
    file.touch()
    kept = os.dup(0)
    with file.open("rb") as source:
        os.dup2(source.fileno(), 0)
        yield file
        os.dup2(kept, 0)
    os.close(kept)


def test_standard_input_is_read_once(standard_input: Path) -> None:
    standard_input.write_bytes("key;name\n1;Köln\n".encode("cp1252"))
    source = file_rows("-")
    with source.open() as rows:
        assert (source.name, rows.total_bytes, rows.columns) == ("stdin", None, ("key", "name"))
        assert [list(row.cells) for row in rows] == [["1", "Köln"]]
        assert rows.bytes_read() == 16


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are not there")
def test_a_pipe_is_read_once_however_slowly_it_comes(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)

    def write() -> None:
        with pipe.open("wb", buffering=0) as out:
            for part in (b"ke", b"y,a\n1", b",2\n", b"3,4\n"):
                out.write(part)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert read(pipe) == [("key", "a"), ("1", "2"), ("3", "4")]
    finally:
        writer.join()
