#!/usr/bin/env python3
"""check_examples: whatever the documents show as a program assembles or compiles and passes the
verifier, every link between files of the tree leads somewhere, and docs/README.md leaves out neither
a document nor a public header.

Looks at README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md. A block fenced as ```wfa is a whole
program in assembly, one fenced as ```weft a whole text in the language (names that it does not
declare are arrays of two axes), and one in C behind `<!-- lines of FILE -->` is made of lines of that
file, in their order. Environment: WEFT_SOURCE_DIR, WEFT_COMMAND.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ["WEFT_SOURCE_DIR"])
BLOCK = re.compile(r"^```(wfa|weft)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINES_OF = re.compile(r"^<!-- lines of (\S+) -->\n```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)
UNKNOWN = re.compile(r"unknown name '(\w+)'")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.*)$", re.MULTILINE)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in HEADING.findall(text))
    return {heading.strip().replace(" ", "-") for heading in kept}


def bad_links(page):
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists():
            yield f"{page.relative_to(ROOT)}: {link}: no such file"
        elif anchor and anchor not in anchors(target):
            yield f"{page.relative_to(ROOT)}: {link}: no such heading"


def weft(*arguments):
    """What the command has to complain about."""
    done = subprocess.run(
        [os.environ["WEFT_COMMAND"], *arguments], capture_output=True, text=True, check=False
    )
    return done.stderr if done.returncode else ""


def compile_text(source, image):
    names = []
    while True:
        complaint = weft("compile", source, *(f"{name}:f32[2]" for name in names), "-o", image)
        unknown = UNKNOWN.search(complaint)
        if not unknown or unknown.group(1) in names or len(names) == 10:
            return complaint
        names.append(unknown.group(1))


def bad_programs(page, folder):
    """Complaints, one per program that does not verify, and how many programs there were."""
    text, complaints, count = page.read_text(encoding="utf-8"), [], 0
    for match in BLOCK.finditer(text):
        count += 1
        line = text.count("\n", 0, match.start(2))
        source = folder / f"{page.stem}.{match.group(1)}"
        source.write_text("\n" * line + match.group(2), encoding="utf-8")  # keeps line numbers
        image = folder / "program.wfb"
        if match.group(1) == "weft":
            complaint = compile_text(source, image)
        else:
            complaint = weft("asm", source, "-o", image)
        complaint = complaint or weft("verify", image)
        if complaint:
            complaints.append(f"{page.relative_to(ROOT)}: {complaint}")
    return complaints, count


def bad_extracts(page):
    """Lines that are shown as a file's and are not, or not in that order."""
    for match in LINES_OF.finditer(page.read_text(encoding="utf-8")):
        left = iter((ROOT / match.group(1)).read_text(encoding="utf-8").splitlines())
        left = (line.strip() for line in left)
        for line in match.group(2).splitlines():
            if line.strip() not in left:  # which reads on until it is there
                yield f"{page.relative_to(ROOT)}: not so in {match.group(1)}: {line}"
                break


def missing_from_index():
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    for file in sorted([*ROOT.glob("docs/*.md"), *ROOT.glob("include/weft/*.h")]):
        if file.name not in ("README.md", "weft.h") and f"[{file.name}](" not in index:
            yield f"docs/README.md: does not list {file.name}"


def main():
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    pages += sorted((ROOT / "docs").glob("*.md"))
    complaints, programs = list(missing_from_index()), 0
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            complaints += bad_links(page)
            complaints += bad_extracts(page)
            found, count = bad_programs(page, Path(folder))
            complaints += found
            programs += count
    print("\n".join(complaints + [f"{len(pages)} documents, {programs} programs"]))
    return 1 if complaints or programs == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
