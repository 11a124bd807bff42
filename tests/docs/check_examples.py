#!/usr/bin/env python3
"""check_examples: whatever the documents show as a program assembles and passes the verifier, and
every link between files of the tree leads somewhere.

Looks at README.md, CONTRIBUTING.md, CHANGELOG.md and docs/*.md. A block fenced as ```wfa is a whole
program. Environment: WEFT_SOURCE_DIR, WEFT_COMMAND.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(os.environ["WEFT_SOURCE_DIR"])
BLOCK = re.compile(r"^```wfa\n(.*?)^```$", re.MULTILINE | re.DOTALL)
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


def bad_programs(page, folder):
    """Complaints, one per program that does not verify, and how many programs there were."""
    text, complaints, count = page.read_text(encoding="utf-8"), [], 0
    for match in BLOCK.finditer(text):
        count += 1
        line = text.count("\n", 0, match.start(1))
        source = folder / f"{page.stem}.wfa"
        source.write_text("\n" * line + match.group(1), encoding="utf-8")  # keeps line numbers
        image = folder / "program.wfb"
        for command in (["asm", source, "-o", image], ["verify", image]):
            done = subprocess.run(
                [os.environ["WEFT_COMMAND"], *command], capture_output=True, text=True
            )
            if done.returncode:
                complaints.append(f"{page.relative_to(ROOT)}: {done.stderr}")
                break
    return complaints, count


def main():
    pages = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    pages += sorted((ROOT / "docs").glob("*.md"))
    complaints, programs = [], 0
    with tempfile.TemporaryDirectory() as folder:
        for page in pages:
            complaints += bad_links(page)
            found, count = bad_programs(page, Path(folder))
            complaints += found
            programs += count
    print("\n".join(complaints + [f"{len(pages)} documents, {programs} programs"]))
    return 1 if complaints or programs == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
