#!/usr/bin/python3
"""Makes a manual page for scdoc of one of these pages, so that what is installed cannot differ from what is here.

  manual.py NAME SECTION "WHAT IT IS" PAGE.md

Knows the Markdown that the pages use: headings, paragraphs, lists, tables, fenced code, `code`, **strong** and
[links](to). The page's own title gives way to NAME.
"""

import re
import sys

ITEM = re.compile(r"( *)([-*]|\d+\.) +")
PLAIN = re.compile(r"(?![-*] |\d+\. |#|\||```)\s*\S")  # a line that goes on with a paragraph
INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|\[([^\]]+)\]\([^)]+\)|<!--.*?-->")


def escaped(text):
    return re.sub(r"([\\*_#\[\]<>~|])", r"\\\1", text)


def inline(text):
    """What stands in a line; a code without letters would lose its emphasis, and needs none."""
    parts, at = [], 0
    for found in INLINE.finditer(text):
        parts.append(escaped(text[at : found.start()]))
        code, strong, link = found.groups()
        bold = code or (strong or "").replace("`", "")
        if bold:
            parts.append(f"*{escaped(bold)}*" if bold[0].isalnum() and bold[-1].isalnum() else escaped(bold))
        elif link:
            parts.append(inline(link))
        at = found.end()
    parts.append(escaped(text[at:]))
    line = "".join(parts)
    return "\\" + line if re.match(r"[-.:]", line) else line


def cells(row):
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", row.strip().strip("|"))]


def table(rows):
    """The first column keeps to itself, the last takes what is left."""
    titles, *body = [cells(row) for row in rows if not re.fullmatch(r"[|\-: ]+", row)]
    lines = []
    for number, row in enumerate([[f"**{title}**" if title else "" for title in titles], *body]):
        for column, cell in enumerate(row):
            mark = ("[" if number == 0 else "|") if column == 0 else ":"
            lines.append(f"{mark}[ {inline(cell)}")
    return [*lines, ""]


def blocks(lines):
    """The page as scdoc lines."""
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        if line.startswith("```"):
            end = next(place for place in range(at, len(lines)) if lines[place].startswith("```"))
            yield from ["```", *lines[at:end], "```", ""]
            at = end + 1
        elif line.startswith("|"):
            end = at
            while end < len(lines) and lines[end].startswith("|"):
                end += 1
            yield from table(lines[at - 1 : end])
            at = end
        elif heading := re.match(r"(#+) +(.*)", line):
            level = max(1, min(2, len(heading[1]) - 1))
            text = heading[2].replace("`", "")
            yield from ["", "#" * level + " " + (text.upper() if level == 1 else text), ""]
        elif item := ITEM.match(line):
            text = line[item.end() :]
            while at < len(lines) and lines[at].startswith("  ") and lines[at].strip() and not ITEM.match(lines[at]):
                text += " " + lines[at].strip()
                at += 1
            yield ("\t" if item[1] else "") + f"- {inline(text)}"
            if at == len(lines) or not ITEM.match(lines[at]):
                yield ""
        else:
            while line.strip() and at < len(lines) and PLAIN.match(lines[at]):
                line += " " + lines[at].strip()
                at += 1
            yield inline(line.strip())


def page(name, section, what, text):
    lines = text.splitlines()
    body = lines[1:] if lines[0].startswith("# ") else lines
    made = "\n".join(blocks(body))
    description = "" if made.lstrip().startswith("#") else "# DESCRIPTION\n\n"
    head = f"{name}({section})\n\n# NAME\n\n{name} - {what}\n\n{description}"
    return re.sub(r"\n{3,}", "\n\n", head + made.strip() + "\n\n# SEE ALSO\n\n*matchd*(8), *matchctl*(1)\n")


if __name__ == "__main__":
    with open(sys.argv[4], encoding="utf-8") as file:
        sys.stdout.write(page(*sys.argv[1:4], file.read()))
