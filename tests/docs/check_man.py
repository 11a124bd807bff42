#!/usr/bin/env python3
"""check_man: the manual page has the commands that `weft help` lists, and of each the options and the
suites that its help lists; nothing is missing and nothing is left over. mandoc warns of nothing in it.

Environment: WEFT_SOURCE_DIR, WEFT_COMMAND.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PAGE = Path(os.environ["WEFT_SOURCE_DIR"]) / "man" / "weft.1"
INDENTED = re.compile(r"^  +(-.*)$", re.MULTILINE)  # an option's line in a help text
WORD = re.compile(r"^  ([a-z]+)  +\S", re.MULTILINE)  # a suite's
OPTION = re.compile(r"(--?[A-Za-z][\w-]*)(?:, )?")
SECTION = re.compile(r"^\.S[sh] +(.*)$", re.MULTILINE)


def ask(*arguments):
    done = subprocess.run(
        [os.environ["WEFT_COMMAND"], *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def options_of_help(text):
    """The options that a help text lists: `  -o, --output FILE` gives both."""
    found = set(WORD.findall(text))
    for line in INDENTED.findall(text):
        match = OPTION.match(line)
        while match:
            found.add(match.group(1))
            match = OPTION.match(line, match.end())
    return found


def options_of_page(section):
    """The options that a section lists: `.It Fl o , Fl -output Ar file` gives both."""
    lines = re.findall(r"^\.It (Fl .*)$", section, re.MULTILINE)
    options = {"-" + name for line in lines for name in re.findall(r"\bFl (-?[\w-]+)", line)}
    return options | set(re.findall(r"^\.It Cm (\w+)$", section, re.MULTILINE))


def documented():
    """Of each command, by its words, the options that the page lists."""
    parts = SECTION.split(PAGE.read_text(encoding="utf-8"))
    sections = zip(parts[1::2], parts[2::2])
    return {
        re.match(r"weft ([a-z]+(?: [a-z]+)*)", title).group(1): options_of_page(text)
        for title, text in sections
        if title.startswith("weft ")
    }


def offered():
    """The same as the command says it. A command's own commands are in its usage."""
    names = re.findall(r"^  (\w+) ", ask("help").split("Commands:")[1], re.MULTILINE)
    found = {}
    for name in names:
        text = ask("help", name)
        found[name] = options_of_help(text)
        for second in re.findall(rf"^ +weft {name} ([a-z]+) ", text, re.MULTILINE):
            found[f"{name} {second}"] = options_of_help(ask(name, second, "--help"))
    return found


def differences(page, command):
    for name in sorted(page.keys() | command.keys()):
        if name not in page or name not in command:
            yield f"weft {name}: only {'the page' if name in page else 'the command'} has it"
            continue
        for option in sorted(page[name] ^ command[name]):
            where = "the page" if option in page[name] else "the command's help"
            yield f"weft {name}: only {where} has {option}"


def lint():
    if not shutil.which("mandoc"):
        print("no mandoc here: how the page is written was not checked")
        return []
    done = subprocess.run(
        ["mandoc", "-Tlint", "-Wwarning", PAGE], capture_output=True, text=True, check=False
    )
    return (done.stdout + done.stderr).splitlines()


def main():
    page, command = documented(), offered()
    complaints = [*differences(page, command), *lint()]
    count = sum(map(len, command.values()))
    print("\n".join(complaints + [f"{len(command)} commands with {count} options"]))
    return 1 if complaints or count < len(command) else 0


if __name__ == "__main__":
    sys.exit(main())
