"""gate_builds: builds what the gates measure: the working tree, and other commits beside it.

Imported by instruction-gate, perf-gate, ratio-gate and test-gates. Other commits are unpacked in a
temporary folder, which goes when it has been used; the repository is only read. ccache, where it is
installed, saves most of their building: what a commit did not change is there already.
"""

import argparse
import contextlib
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class GateError(Exception):
    """Why a gate cannot do its work; its text is for people."""


class GateParser(argparse.ArgumentParser):
    """Options of a gate; its help is what the script says of itself."""

    def __init__(self, words):
        super().__init__(usage="see --help", add_help=False)
        self.words = words.strip()

    def parse_args(self, *arguments):
        if {"-h", "--help"} & set(sys.argv[1:]):
            print(self.words)
            sys.exit(0)
        return super().parse_args(*arguments)


def call(command, **options):
    """Runs a command; its output is shown only if it fails."""
    done = subprocess.run([str(word) for word in command], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, errors="replace", **options)
    if done.returncode != 0:
        raise GateError(f"{' '.join(map(str, command))}: exit status {done.returncode}\n"
                        + "\n".join(done.stdout.splitlines()[-40:]))
    return done.stdout


def ccache_environment(tree):
    """Paths below `tree` are looked up as if they were relative to it; scripts/test does the same."""
    environment = dict(os.environ, CCACHE_BASEDIR=str(tree), CCACHE_NOHASHDIR="1")
    environment.setdefault("CCACHE_DIR", str(ROOT / "build" / "ccache"))
    return environment


def build_tree(tree, targets):
    """Builds targets of the preset default in a tree; returns the folder that they are in."""
    configure = ["cmake", "--preset", "default"]
    if shutil.which("ccache"):
        configure.append("-DCMAKE_C_COMPILER_LAUNCHER=ccache")
    if tree != ROOT:
        configure.append("-DWEFT_BUILD_TESTS=OFF")
    environment = ccache_environment(tree)
    folder = tree / "build" / "default"
    if not (folder / "build.ninja").exists():
        call(configure, cwd=tree, env=environment)
    call(["cmake", "--build", "--preset", "default", "--target", *targets], cwd=tree,
         env=environment)
    return folder


def build(*targets):
    """The same for the working tree as it is."""
    return build_tree(ROOT, targets)


def commit_of(ref):
    """The full name of a commit."""
    try:
        return call(["git", "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}"],
                    cwd=ROOT).strip()
    except GateError:
        raise GateError(f"there is no commit '{ref}' here (is this clone too shallow?)") from None


@contextlib.contextmanager
def checkout(ref, edit=None):
    """A commit in a temporary folder; `edit` may change its sources before they are built."""
    commit = commit_of(ref)
    with tempfile.TemporaryDirectory(prefix="weft-gate-") as folder:
        tree = Path(folder) / "tree"
        tree.mkdir()
        call(["git", "archive", "--output", Path(folder) / "tree.tar", commit], cwd=ROOT)
        call(["tar", "-xf", Path(folder) / "tree.tar", "-C", tree])
        if edit:
            edit(tree)
        yield tree


def pad_of(layout):
    """How many bytes go in front of the code: a multiple of what functions are aligned to, below a
    page. No two of 16 layouts in a row have the same low 8 bits, and all 256 layouts differ."""
    return layout * 97 * 16 % 4096


def link_layouts(folder, target, layouts, into):
    """The target of a build folder, linked once for each of some numbers: with other padding in
    front of its code each, so that branches and loops lie elsewhere. The commands' paths."""
    if not (folder / "build.ninja").exists():
        raise GateError(f"{folder}: nothing was built here (build.ninja is missing)")
    link = call(["ninja", "-t", "commands", target], cwd=folder).splitlines()[-1]
    output = f" -o {target} "
    if link.count(output) != 1:
        raise GateError(f"{folder}: the command that links {target} is not understood: {link}")
    into.mkdir(parents=True, exist_ok=True)
    linked = []
    for layout in layouts:
        path = into.resolve() / f"{target}-{layout}"
        source, pad = into / "pad.c", into.resolve() / "pad.o"
        source.write_text(f'__asm__(".text\\n.zero {pad_of(layout)}");\n')
        call(["cc", "-c", source, "-o", pad])
        call(["sh", "-c", link.replace(output, f" -s {shlex.quote(str(pad))} -o "
                                               f"{shlex.quote(str(path))} ")], cwd=folder)
        linked.append(path)
    return linked


@contextlib.contextmanager
def build_commit(ref, targets, edit=None):
    """Targets of a commit, built: the folder that they are in, as long as it is used."""
    with checkout(ref, edit) as tree:
        yield build_tree(tree, targets)
