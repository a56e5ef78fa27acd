"""The command line does what its help promises, for people and for programs."""

import json
import stat
import subprocess
import sys
from contextlib import closing
from io import StringIO
from pathlib import Path
from sqlite3 import connect

import pytest

from tests.entrypoints.conftest import Kohorte


def test_an_import_makes_the_database_itself(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key\n1\n", "utf-8")
    answer = kohorte("import", "contacts", "people.csv")
    assert answer.code == 0
    assert answer.out == "1 contact read: 1 new, 0 known already, 0 waiting, 0 rejected\n"
    assert (tmp_path / "kohorte.db").exists()


def test_one_is_said_otherwise_than_many(shop: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "late.csv").write_text("key\n9\n", "utf-8")
    assert shop("import", "status").out.count("Still waiting: 1 purchase\n") == 1
    assert shop("import", "contacts", "late.csv").out.splitlines()[1] == "Had waited, and joined now: 1 purchase"
    assert shop("segment", "preview", "--rule", 'contact.key = "9"').out.splitlines()[0] == "1 contact"
    assert shop("segment", "preview", "--rule", "contact.key is set").out.splitlines()[0] == "5 contacts"
    shop("segment", "create", "one", "--rule", 'contact.key = "9"')
    shop("segment", "calculate")
    assert shop("segment", "show", "one").out.splitlines()[0] == "one: 1 member"
    assert shop("segment", "members", "one").err == "1 of 1 member\n"
    assert shop("segment", "export", "one", "--output", "one.csv").err == "1 member written\n"
    shop("list", "create", "vip")
    assert shop("list", "show", "vip").out.splitlines()[0] == "vip: 0 entries"


def test_a_dry_run_needs_no_database_and_makes_none(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key,customer,birthday\n1,,1990-02-29\n2,,\n3,Nobody,\n", "utf-8")
    answer = kohorte("import", "contacts", "people.csv", "--dry-run")
    assert (answer.code, answer.out.splitlines()) == (
        6,
        [
            "Nothing was stored: this was a dry run.",
            "3 contacts read: 1 new, 0 known already, 1 waiting, 1 rejected",
        ],
    )
    assert sorted(each.name for each in tmp_path.iterdir()) == ["people.csv", "people.csv.rejects.csv"]


def test_a_dry_run_does_not_hide_that_a_tenant_is_unknown(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key\n1\n", "utf-8")
    assert kohorte("import", "contacts", "people.csv", "--dry-run", "--tenant", "acme").code == 4


def test_reading_never_makes_a_database(kohorte: Kohorte, tmp_path: Path) -> None:
    assert kohorte("segment", "list").code == 5
    assert not list(tmp_path.iterdir())


def test_a_preview_counts_and_shows_whom_a_rule_selects(shop: Kohorte) -> None:
    rule = "purchases(last 90 days).count >= 2"
    answer = shop("segment", "preview", "--rule", rule, "--at", "2024-06-01", "--json")
    told = json.loads(answer.out)
    assert told["count"] == 1
    assert [each["key"] for each in told["sample"]] == ["1"]


def test_a_preview_at_another_time_is_another_answer(shop: Kohorte) -> None:
    rule = "purchases(last 90 days).count >= 2"
    assert json.loads(shop("segment", "preview", "--rule", rule, "--at", "2024-05-02", "--json").out)["count"] == 0


def test_a_segment_lives_from_creation_to_archive(shop: Kohorte) -> None:
    assert shop("segment", "create", "abroad", "--rule", 'contact.country != "GB"').code == 0
    calculated = json.loads(shop("segment", "calculate", "--at", "2024-06-01", "--json").out)
    assert [(each["segment"], each["members"], each["entered"]) for each in calculated] == [("abroad", 2, 2)]
    members = json.loads(shop("segment", "members", "abroad", "--json").out)
    assert {each["key"] for each in members["members"]} == {"3", "4"}
    assert shop("segment", "change", "abroad", "--rule", 'contact.country = "US"').code == 0
    shop("segment", "calculate", "abroad", "--at", "2024-06-02")
    assert json.loads(shop("segment", "members", "abroad", "--json").out)["count"] == 1
    assert json.loads(shop("segment", "members", "abroad", "--at", "2024-06-01", "--json").out)["count"] == 2
    assert shop("segment", "archive", "abroad").code == 0
    assert json.loads(shop("segment", "list", "--json").out) == []
    assert [each["status"] for each in json.loads(shop("segment", "list", "--archived", "--json").out)] == ["archived"]


def test_an_export_is_a_file_that_others_read(shop: Kohorte, tmp_path: Path) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    shop("segment", "calculate")
    answer = shop("segment", "export", "all", "--columns", "contact.key,contact.country", "--output", "all.csv")
    assert (answer.code, answer.out) == (0, "")
    assert (tmp_path / "all.csv").read_text("utf-8").splitlines() == [
        "contact.key,contact.country",
        "1,GB",
        "2,GB",
        "3,US",
        "4,",
    ]
    lines = shop("segment", "export", "all", "--columns", "contact.key", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["contact.key"] for line in lines] == ["1", "2", "3", "4"]
    listed = shop("segment", "export", "all", "--columns", "contact.key", "--format", "json").out
    assert [each["contact.key"] for each in json.loads(listed)] == ["1", "2", "3", "4"]


def test_the_ending_of_a_file_tells_how_an_export_is_written(shop: Kohorte, tmp_path: Path) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    shop("segment", "calculate")
    for ending, begin in (("xlsx", b"PK"), ("JSON", b"["), ("jsonl", b"{"), ("txt", b"contact.key")):
        file = tmp_path / f"all.{ending}"
        assert shop("segment", "export", "all", "--output", file.name).err == "4 members written\n"
        assert file.read_bytes().startswith(begin)
        assert file.stat().st_mode & 0o077 == 0
    refused = shop("segment", "export", "all", "--format", "xlsx")
    assert (refused.code, refused.out) == (1, "")
    assert "--output" in refused.err


def test_people_are_put_in_and_taken_out_by_hand(shop: Kohorte, tmp_path: Path) -> None:
    shop("segment", "create", "guests", "--type", "static")
    (tmp_path / "keys.txt").write_text("3\n\nnobody\n", "utf-8")
    answer = shop("segment", "add", "guests", "1", "2", "--file", "keys.txt", "--json")
    assert (answer.code, json.loads(answer.out)) == (6, {"members": 3, "entered": 3, "left": 0, "unknown": ["nobody"]})
    assert json.loads(shop("segment", "remove", "guests", "2", "--json").out)["members"] == 2
    found = json.loads(shop("segment", "members", "guests", "--json").out)["members"]
    assert {each["key"]: each["cause"] for each in found} == {"1": "hand", "3": "import"}
    told = json.loads(shop("segment", "explain", "guests", "--contact", "1", "--json").out)
    assert (told["rule"], told["member"]["left_at"]) == (None, None)
    assert shop("segment", "explain", "guests", "--contact", "2").out == "Not a member.\n"
    assert shop("segment", "explain", "guests", "--contact", "nobody").code != 0
    shop("segment", "change", "guests", "--type", "hybrid", "--rule", 'contact.country = "US"')
    shop("segment", "remove", "guests", "3")
    pins = json.loads(shop("segment", "pins", "guests", "--json").out)["pins"]
    assert {each["key"]: each["side"] for each in pins} == {"1": "in", "3": "out"}
    assert "whatever the rule says" in shop("segment", "explain", "guests", "--contact", "3").out
    assert shop("segment", "add", "guests").code == 1


def test_rows_whose_parent_is_unknown_wait_and_are_listed(shop: Kohorte, tmp_path: Path) -> None:
    told = json.loads(shop("import", "status", "--json").out)
    assert told["waiting_count"] == {"purchases": 1}
    assert [(each["kind"], each["parent_key"]) for each in told["waiting"]] == [("purchases", "9")]
    (tmp_path / "late.csv").write_text("key\n9\n", "utf-8")
    answer = json.loads(shop("import", "contacts", "late.csv", "--json").out)
    assert answer["joined"] == {"purchases": 1}
    assert json.loads(shop("import", "status", "--json").out)["waiting"] == []


def test_rejected_rows_are_for_their_owner_alone(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key,birthday\n1,1815-12-10\n2,yesterday\n", "utf-8")
    answer = kohorte("import", "contacts", "people.csv")
    rejects = tmp_path / "people.csv.rejects.csv"
    assert answer.code == 6
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    assert "yesterday" in rejects.read_text("utf-8")


def test_a_dry_run_stores_nothing(shop: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "more.csv").write_text("key\n77\n", "utf-8")
    assert shop("import", "contacts", "more.csv", "--dry-run").code == 0
    assert json.loads(shop("segment", "preview", "--rule", 'contact.key = "77"', "--json").out)["count"] == 0


def test_custom_fields_are_imported_and_used_like_built_in_ones(shop: Kohorte, tmp_path: Path) -> None:
    assert shop("field", "add", "contact.points", "integer", "--indexed").code == 0
    (tmp_path / "points.csv").write_text("key,points\n1,120\n2,80\n", "utf-8")
    assert shop("import", "contacts", "points.csv").code == 0
    rule = "contact.points >= 100"
    assert json.loads(shop("segment", "preview", "--rule", rule, "--json").out)["count"] == 1
    listed = json.loads(shop("field", "list", "--custom", "--json").out)
    assert [(each["field"], each["kind"], each["indexed"]) for each in listed] == [("contact.points", "integer", True)]


def test_a_field_is_renamed_changed_and_removed_once_no_rule_needs_it(shop: Kohorte, tmp_path: Path) -> None:
    shop("field", "add", "contact.points", "integer", "--description", "from the till")
    (tmp_path / "points.csv").write_text("key,points\n1,120\n2,80\n", "utf-8")
    shop("import", "contacts", "points.csv")
    shop("segment", "create", "good", "--rule", "contact.points >= 100")
    assert shop("field", "rename", "contact.points", "contact.score").code == 1
    assert shop("field", "rename", "contact.points", "customer.points").code == 1
    assert shop("field", "rename", "contact.points", "contact.score", "--rewrite").code == 0
    assert json.loads(shop("segment", "show", "good", "--json").out)["rule"] == "contact.score >= 100"
    assert shop("field", "change", "contact.score", "--indexed").code == 0
    told = json.loads(shop("field", "show", "contact.score", "--json").out)
    assert (told["description"], told["indexed"], told["records"], told["segments"]) == (
        *("from the till", True, 2, ["good"]),
    )
    assert shop("field", "show", "contact.score").out.splitlines() == [
        "contact.score: integer",
        "from the till",
        "Rules that compare it are fast: it has an index.",
        "2 records have a value",
        "Used by: good",
    ]
    assert shop("field", "remove", "contact.score").code == 1
    shop("segment", "archive", "good")
    assert shop("field", "remove", "contact.score").code == 0
    assert shop("field", "show", "contact.score").code == 4


def test_members_stay_until_a_second_rule_lets_them_go(shop: Kohorte, tmp_path: Path) -> None:
    shop("field", "add", "contact.points", "integer")
    (tmp_path / "points.csv").write_text("key,points\n1,90\n2,75\n", "utf-8")
    shop("import", "contacts", "points.csv")
    leaving = ("--leave-when", "contact.points < 70", "--minimum-stay", "1")
    assert shop("segment", "create", "warm", "--rule", "contact.points >= 80", *leaving).code == 0
    told = json.loads(shop("segment", "show", "warm", "--json").out)
    assert (told["leave_when"], told["minimum_stay_days"]) == ("contact.points < 70", 1)
    said = shop("segment", "show", "warm").out
    assert "Members leave when:\n\ncontact.points < 70\n" in said
    assert "Members stay for 1 day at least.\n" in said
    shop("segment", "calculate")
    (tmp_path / "points.csv").write_text("key,points\n1,75\n2,75\n", "utf-8")
    shop("import", "contacts", "points.csv")
    assert json.loads(shop("segment", "calculate", "--json").out)[0]["members"] == 1
    assert "By its rule alone:" in shop("segment", "explain", "warm", "--contact", "1").out
    asked = shop("segment", "difference", "warm", "--leave-when", "", "--minimum-stay", "0")
    assert asked.out.splitlines()[:2] == ["adds 0, removes 1", "Removed:"]
    assert shop("segment", "change", "warm", "--leave-when", "", "--minimum-stay", "0").code == 0
    assert json.loads(shop("segment", "calculate", "--json").out)[0]["left"] == 1


def test_a_list_of_segments_says_which_failed_and_when_it_is_tried_again(shop: Kohorte) -> None:
    shop("segment", "create", "british", "--rule", 'contact.country = "GB"')
    shop("segment", "create", "well", "--rule", "contact.key is set")
    shop("segment", "calculate")
    assert "tried again" not in shop("segment", "list").out
    with closing(connect("kohorte.db")) as connection, connection:
        connection.execute("UPDATE segment_rules SET text = 'contact.gone = 1' WHERE text LIKE '%GB%'")
    assert shop("segment", "calculate").code == 1
    heading, _, british, well = shop("segment", "list").out.splitlines()
    assert heading.rstrip().endswith("tried again")
    assert "There is no field gone in contact." in british
    assert "gone" not in well


def test_several_segments_are_archived_and_one_that_cannot_be_stops_no_other(shop: Kohorte) -> None:
    for name, rule in (("used", "contact.key is set"), ("user", 'in segment "used"'), ("free", "contact.key is set")):
        shop("segment", "create", name, "--rule", rule)
    answer = shop("segment", "archive", "used", "nobody", "free")
    assert answer.code == 1
    assert answer.out == 'The segment "free" is archived.\n'
    assert 'used by the segments "user"' in answer.err
    assert shop("segment", "archive", "nobody").code == 4
    assert shop("segment", "archive", "user", "used").code == 0


def test_a_question_that_is_declined_changes_nothing(shop: Kohorte, monkeypatch: pytest.MonkeyPatch) -> None:
    shop("segment", "create", "british", "--rule", 'contact.country = "GB"')
    monkeypatch.setattr("sys.stdin", StringIO("n\n"))
    answer = shop("segment", "delete", "british")
    assert (answer.code, answer.err) == (130, "Stopped. Nothing was changed.\n")
    assert shop("segment", "show", "british").code == 0


def test_a_list_of_members_says_why_and_by_whom_they_are_in(shop: Kohorte) -> None:
    shop("segment", "create", "british", "--rule", 'contact.country = "GB"', "--type", "hybrid")
    shop("segment", "calculate")
    shop("segment", "add", "british", "3")
    rows = shop("segment", "members", "british").out.splitlines()[2:]
    assert [row.split()[-2] for row in rows] == ["rule", "rule", "hand"]


def test_a_stored_list_is_looked_up_by_rules_and_kept_while_they_do(shop: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "vip.txt").write_text("ADA@example.com\nnobody@example.com\n\n", "utf-8")
    shop("list", "create", "vip")
    assert shop("list", "import", "vip", "vip.txt").out == "2 new entries, 0 known already, 0 refused\n"
    rule = 'contact.email in list "vip"'
    assert json.loads(shop("segment", "preview", "--rule", rule, "--json").out)["count"] == 1
    shop("segment", "create", "important", "--rule", rule)
    assert json.loads(shop("list", "show", "vip", "--json").out)["segments"] == ["important"]
    assert shop("list", "delete", "vip").code == 1
    shop("segment", "archive", "important")
    assert shop("list", "delete", "vip").code == 0


def test_tenants_never_see_each_other(shop: Kohorte) -> None:
    assert shop("tenant", "create", "other", "--zone", "Europe/Berlin", "--language", "de").code == 0
    answer = shop("segment", "preview", "--rule", "contact.key is set", "--tenant", "other", "--json")
    assert json.loads(answer.out)["count"] == 0
    assert [each["name"] for each in json.loads(shop("tenant", "list", "--json").out)] == ["default", "other"]


def test_a_rule_is_checked_formatted_and_shown_as_sql(shop: Kohorte) -> None:
    assert shop("rule", "check", 'contact.country == "GB" AND contact.city is not empty').out == (
        'contact.country = "GB" and contact.city is set\n'
    )
    assert shop("rule", "format", "contact.birthday has anniversary TODAY").out == (
        "contact.birthday has anniversary today\n"
    )
    told = json.loads(shop("rule", "sql", 'contact.country = "GB"', "--json").out)
    assert told["dialect"] == "sqlite"
    assert "GB" in told["parameters"].values()
    assert "GB" not in told["sql"]


def test_an_error_is_json_for_programs(shop: Kohorte) -> None:
    answer = shop("rule", "check", 'contact.contry = "DE"', "--json")
    told = json.loads(answer.out)["error"]
    assert answer.code == 3
    assert told["code"] == "rule_refused"
    assert [(each["line"], each["column"]) for each in told["problems"]] == [(1, 1)]


def test_passwords_never_appear(kohorte: Kohorte) -> None:
    for options in ((), ("--json",)):
        answer = kohorte("segment", "list", "--database", "postgresql://me:geheim@localhost:1/x", *options)
        assert answer.code == 5
        assert "geheim" not in answer.out + answer.err


def test_a_reader_that_has_seen_enough_is_no_error(shop: Kohorte, tmp_path: Path) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    shop("segment", "calculate")
    command = [sys.executable, "-m", "kohorte.entrypoints.cli", "segment", "export", "all"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as export:
        assert export.stdout is not None
        assert export.stderr is not None
        assert export.stdout.readline().startswith("contact.key")
        export.stdout.close()
        assert "Traceback" not in export.stderr.read()


@pytest.mark.parametrize(("locale", "word"), [("de_DE.UTF-8", "Segmente"), ("en_GB.UTF-8", "Segments")])
def test_help_is_said_in_the_readers_language(
    kohorte: Kohorte, monkeypatch: pytest.MonkeyPatch, locale: str, word: str
) -> None:
    monkeypatch.setenv("LC_ALL", locale)
    assert word in kohorte("--help").out


def test_a_file_gives_the_terminal_no_orders(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("key,\x1b]0;mine\x07\n1,2\n", "utf-8")
    (tmp_path / "orders.csv").write_text("n\x1b[2J,contact\n1,2\n", "utf-8")
    assert "Columns that were left out: �]0;mine�\n" in kohorte("import", "contacts", "people.csv").err
    refused = kohorte("import", "purchases", "orders.csv")
    assert "n�[2J" in refused.err
    assert "\x1b" not in refused.err


def test_a_dry_run_says_how_the_file_would_be_read(kohorte: Kohorte, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_text("No;E-Mail;Shoe\n1;a@example.com;41\n", "cp1252")
    answer = kohorte("import", "contacts", "people.csv", "--map", "No=key", "--dry-run")
    assert answer.err.splitlines() == [
        "Read as: CSV, utf-8, semicolon, 1234.50",
        "Columns that were read: No=key, E-Mail=email",
        "Columns that were left out: Shoe",
    ]


def test_a_segment_that_could_not_be_calculated_says_why_below_the_others(shop: Kohorte) -> None:
    shop("segment", "create", "buyers", "--rule", "did purchase")
    shop("segment", "calculate", "--at", "2024-06-01")
    shop("segment", "create", "others", "--rule", "did not purchase")
    answer = shop("segment", "calculate", "--at", "2024-05-01")
    assert [line.split() for line in answer.out.splitlines()[2:]] == [
        ["buyers", "–", "–", "–", answer.out.splitlines()[2].split()[-1]],
        ["others", "3", "3", "0", answer.out.splitlines()[3].split()[-1]],
    ]
    assert answer.err.startswith('Error: The segment "buyers" was calculated for 2024-06-01 00:00:00 UTC already.\n')
    told = json.loads(shop("segment", "calculate", "buyers", "--at", "2024-05-01", "--json").out)
    assert told[0]["error"]["code"] == "not_allowed"


def test_a_segment_shows_whether_it_was_calculated_and_how_its_rule_changed(shop: Kohorte) -> None:
    shop("segment", "create", "buyers", "--rule", "did purchase")
    assert shop("segment", "show", "buyers").out.splitlines()[0] == "buyers: not calculated yet"
    shop("segment", "calculate", "--at", "2024-06-01")
    shop("segment", "change", "buyers", "--rule", "did not purchase")
    shown = shop("segment", "show", "buyers").out.splitlines()
    assert shown[:2] == ["buyers: 2 members", "Calculated for: 2024-06-01 00:00"]
    assert shown[-1].endswith("did purchase")


def test_members_are_read_on_page_by_page(shop: Kohorte) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    shop("segment", "calculate")
    first = shop("segment", "members", "all", "--limit", "3")
    following = first.err.splitlines()[1].removeprefix("Go on with: ").split()
    assert shop("segment", "members", "all", "--limit", "3", *following).out.splitlines()[2].startswith("4")


def test_what_stands_nowhere_has_no_column(shop: Kohorte) -> None:
    heading = shop("import", "status").out.splitlines()[0].split()
    assert heading == ["file", "kind", "started", "rows", "new", "known", "waiting"]


def test_an_export_can_be_imported(shop: Kohorte) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    shop("segment", "calculate")
    shop("segment", "export", "all", "--output", "all.csv")
    answer = shop("import", "contacts", "all.csv", "--database", "sqlite:///other.db")
    assert (answer.code, answer.out) == (0, "4 contacts read: 4 new, 0 known already, 0 waiting, 0 rejected\n")
    assert answer.err == "Columns that were left out: entered_at\n"


def test_an_export_says_whose_a_field_is(shop: Kohorte) -> None:
    shop("segment", "create", "all", "--rule", "contact.key is set")
    answer = shop("segment", "export", "all", "--columns", "key,email")
    assert answer.err.splitlines() == [
        'Error: There is no column "key".',
        "Did you mean contact.key, customer.key?",
    ]


def test_the_parts_of_a_rule_are_listed_and_edited_one_by_one(shop: Kohorte) -> None:
    shop("segment", "create", "abroad", "--rule", 'contact.country != "GB"')

    def listed() -> dict[str, str]:
        told = json.loads(shop("segment", "nodes", "abroad", "--json").out)
        return {each["text"]: each["id"] for each in told["nodes"]}

    (country,) = listed().values()
    added = shop("segment", "node", "add", "abroad", "contact.email is set", "--by", "or", "--note", "why", "--json")
    told = json.loads(added.out)
    assert (added.code, told["rule"]) == (0, 'contact.country != "GB" or contact.email is set')
    assert told["node"] == listed()["contact.email is set"]
    assert listed()['contact.country != "GB"'] == country
    assert shop("segment", "node", "move", "abroad", told["node"], "--at", "0").out == (
        'contact.email is set or contact.country != "GB"\n'
    )
    assert shop("segment", "node", "change", "abroad", country, 'contact.country = "US"').code == 0
    assert listed()['contact.country = "US"'] == country
    lines = shop("segment", "nodes", "abroad").out.splitlines()
    assert [line[39:].rstrip() for line in lines[2:]] == [
        "or",
        "  contact.email is set",
        '  contact.country = "US"',
    ]
    assert shop("segment", "node", "remove", "abroad", told["node"]).out == 'contact.country = "US"\n'
    refused = shop("segment", "node", "remove", "abroad", country)
    assert (refused.code, refused.out) == (1, "")
    assert "Nothing would be left" in refused.err
    assert shop("segment", "node", "remove", "abroad", told["node"]).code == 4
    assert shop("segment", "node", "change", "abroad", country, "contact.country =").code == 3
