"""What is wrong with the examples behind a rule."""

from collections.abc import Iterator

from kohorte.core.ports.rules import Problem
from kohorte.dsl.rule_files.text import InvalidRuleFile, read_rule_file


def about_examples(text: str) -> Iterator[Problem]:
    """Yield why the examples of a rule file cannot be read, at its line."""
    try:
        read_rule_file(text)
    except InvalidRuleFile as invalid:
        line = invalid.values.get("line")
        number = line if isinstance(line, int) else 1
        start = sum(len(each) for each in text.split("\n")[: number - 1]) + number - 1
        end = text.find("\n", start)
        end = end if end >= 0 else len(text)
        yield Problem(invalid.code, invalid.template, start, end, number, 1, invalid.values, invalid.hint_template)
