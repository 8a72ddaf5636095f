#!/usr/bin/python3
"""Writes matchd/messages.py from the messages in docs/protocol.md, which are printed from the daemon's own table.

    generate.py             writes it
    generate.py --check     fails where it differs
"""

import keyword
import pathlib
import re
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
PAGE = HERE.parents[1] / "docs" / "protocol.md"
MODULE = HERE / "matchd" / "messages.py"

WIDTH = 118
TIME_TO = "253402300799999"  # the end of the range of times
ARGUMENT_TYPES = {
    "text": "str", "integer": "int", "boolean": "bool", "map": "Mapping[str, Any]", "array": "Sequence[Any]",
    "bytes": "bytes",
}  # fmt: skip
RESULT_TYPES = {**ARGUMENT_TYPES, "map": "dict[str, Any]", "array": "list[Any]"}

HEAD = '''"""The messages of the protocol, each as a function that makes its Request and as a method of both clients.

Written by generate.py from docs/protocol.md: change the daemon's table, not this file.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NotRequired, TypedDict

from .request import UNSET, Method, Paged, Request, Unset, arguments

'''

ROW = re.compile(r"^\| `(?P<name>\w+)` \| (?P<type>[^|]+) \| (?P<always>always|optional) \| (?P<help>.*) \|$")


@dataclass(frozen=True)
class Field:
    name: str
    type: str  # "text", "integer", ...
    always: bool
    nullable: bool
    time: bool
    help: str

    @property
    def parameter(self):
        return self.name + "_" if keyword.iskeyword(self.name) else self.name

    def signature(self):
        kind = ARGUMENT_TYPES[self.type] + (" | datetime" if self.time else "")
        if self.always:
            return f"{self.parameter}: {kind}"
        if self.nullable:
            return f"{self.parameter}: {kind} | None | Unset = UNSET"
        return f"{self.parameter}: {kind} | None = None"


KEY = Field("key", "text", False, False, False, "your key for this request: it is carried out once, see Client.ask")


@dataclass
class Message:
    name: str
    help: str
    arguments: list
    results: list

    @property
    def function(self):
        return self.name.replace(".", "_")

    @property
    def parameters(self):
        return self.arguments + [KEY] * self.help.endswith("Writes.")

    @property
    def rows(self):
        """The result that lists a paged message's rows, or None."""
        if "next" not in (f.name for f in self.results) or "after" not in (f.name for f in self.arguments):
            return None
        (rows,) = (f.name for f in self.results if f.type == "array")
        return rows


def read_page(page):
    part = page[page.index("\n## Messages\n") : page.index("\n## Facts\n", page.index("\n## Messages\n"))]
    return [read_message(section) for section in part.split("\n### ")[1:]]


def read_message(section):
    lines = section.splitlines()
    message, fields = Message(lines[0].strip("`"), lines[2], [], []), None
    for line in lines[3:]:
        if line.startswith("| argument |"):
            fields = message.arguments
        elif line.startswith("| result |"):
            fields = message.results
        elif line.startswith("| "):
            fields.append(read_row(line))
        elif line and not line.startswith("|---"):
            raise SystemExit(f"{PAGE}: {message.name}: cannot read: {line}")
    return message


def read_row(line):
    row = ROW.match(line)
    if not row:
        raise SystemExit(f"{PAGE}: cannot read: {line}")
    kind = row["type"].split(",")[0].removesuffix(" or null")
    if kind not in ARGUMENT_TYPES:
        raise SystemExit(f"{PAGE}: a type that is not known: {line}")
    nullable, time = row["type"].endswith(" or null"), f"to {TIME_TO}" in row["type"]
    return Field(row["name"], kind, row["always"] == "always", nullable, time, row["help"])


def wrap(text, indent):
    """Lines of a docstring; what goes on is indented further."""
    lines, line = [], indent
    for word in text.replace("\\", "\\\\").split():
        if len(line) + 1 + len(word) > WIDTH and line.strip():
            lines.append(line)
            line = indent + "    "
        line += (" " if line.strip() else "") + word
    return lines + [line]


def camel(name):
    return "".join(part.capitalize() for part in re.split(r"[._]", name))


def name_results(messages):
    """Messages that are answered alike share a type, named by what their names have in common."""
    groups = {}
    for message in messages:
        groups.setdefault(tuple(message.results), []).append(message.name)
    names = {}
    for results, group in groups.items():
        name = group[0] if len(group) == 1 else group[0].split(".")[0]
        names[results] = camel(name) + "Reply"
    assert len(set(names.values())) == len(names), "two kinds of results have one name"
    return names


def write_results(name, results):
    yield f"class {name}(TypedDict):"
    for field in results:
        kind = RESULT_TYPES[field.type]
        assert not keyword.iskeyword(field.name), field.name
        yield f"    {field.name}: {kind if field.always else f'NotRequired[{kind}]'}"
        help_lines = wrap(field.help, "    ")
        quote = '"""' if not field.help.endswith('"') else ' """'
        if len(help_lines) == 1 and len(help_lines[0]) + 7 <= WIDTH + 2:
            yield f'    """{help_lines[0].strip()}{quote}'
        else:
            yield '    """'
            yield from (line.replace("        ", "    ", 1) for line in help_lines)
            yield '    """'
    yield ""
    yield ""


def write_function(message, reply):
    required = [f for f in message.parameters if f.always]
    optional = [f for f in message.parameters if not f.always and not f.nullable]
    removable = [f for f in message.parameters if f.nullable]
    request = f"{'Paged' if message.rows else 'Request'}[{reply}]"
    if message.parameters:
        yield f"def {message.function}("
        yield from (f"    {field.signature()}," for field in required)
        if optional or removable:
            yield "    *,"
        yield from (f"    {field.signature()}," for field in message.parameters if not field.always)
        yield f") -> {request}:"
    else:
        yield f"def {message.function}() -> {request}:"
    if message.parameters:
        yield f'    """{message.help}'
        yield ""
        for field in message.parameters:
            yield from wrap(f"{field.parameter}: {field.help}", "    ")
        yield '    """'
    else:
        yield f'    """{message.help}"""'
    parts = [required, optional, removable]
    while len(parts) > 1 and not parts[-1]:
        parts.pop()
    yield f"    return {'Paged' if message.rows else 'Request'}("
    yield f'        "{message.name}",'
    yield "        arguments("
    for part in parts:
        yield from write_pairs(part)
    yield "        ),"
    if message.rows:
        yield f'        "{message.rows}",'
    yield "    )"
    yield ""
    yield ""


def write_pairs(fields):
    if not fields:
        yield "            {},"
        return
    yield "            {"
    yield from (f'                "{f.name}": {f.parameter},' for f in fields)
    yield "            },"


def write_module(messages):
    names = name_results(messages)
    yield HEAD
    for results, name in names.items():
        yield from write_results(name, results)
    for message in messages:
        yield from write_function(message, names[tuple(message.results)])
    yield "class Messages:"
    yield '    """Every message as a method."""'
    yield ""
    yield from (f"    {message.function} = Method({message.function})" for message in messages)


def main():
    text = "\n".join(write_module(read_page(PAGE.read_text(encoding="utf-8")))) + "\n"
    if sys.argv[1:] == ["--check"]:
        if MODULE.read_text(encoding="utf-8") != text:
            raise SystemExit(f"{MODULE} differs from {PAGE}: run {pathlib.Path(__file__).name}")
    elif sys.argv[1:]:
        raise SystemExit(__doc__)
    else:
        MODULE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
