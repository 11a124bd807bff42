"""weft_case.py: what the tests of the command share: a folder for each test, and how to run weft.

Environment: WEFT_COMMAND, the command to test. Neighbours: test_*.py.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import numpy as np
except ImportError:  # CMake prefers Debian's Python, which has it
    print("no NumPy for this Python")
    sys.exit(77)

if "WEFT_COMMAND" not in os.environ:
    print("WEFT_COMMAND names no command: built without it?")
    sys.exit(77)
WEFT = os.environ["WEFT_COMMAND"]

DTYPES = {  # weft's name: NumPy's
    "i8": "<i1", "i16": "<i2", "i32": "<i4", "i64": "<i8",
    "u8": "<u1", "u16": "<u2", "u32": "<u4", "u64": "<u8",
    "f16": "<f2", "f32": "<f4", "f64": "<f8", "bool": "?",
}


def copy_program(dtype, rank=1, segment=1):
    """Assembly that copies array a to y."""
    brackets = f"[{segment}]" if segment > 1 else ""
    load, store = ("lds", "sts") if segment > 1 else ("ld", "st")
    registers = ("p0" if dtype == "bool" else "v0") + (f"..v{segment - 1}" if segment > 1 else "")
    return f""".weft 1
.space {rank}
.in a {dtype}{brackets}
.out y {dtype}{brackets}
loop
    {load}.{dtype} {registers}, [a]
    {store}.{dtype} {registers}, [y]
end
exit
"""


AXPY = """.weft 1
.space 1
.in a f32
.in b f32
.out y f32
.uniform k f32
ld.f32 s0, [k]
loop
    ld.f32 v0, [a]
    ld.f32 v1, [b]
    mul.f32 v0, v0, s0
    add.f32 v2, v0, v1
    st.f32 v2, [y]
end
exit
"""

SUM = """.weft 1
.space 1
.in a f32
.out total f32 dims none
loop
    ld.f32 v0, [a]
    sum.f32 s1, v0
end
st.f32 s1, [total]
exit
"""

LANGUAGE = """# y = k x + 1
in x: f32
out y: f32
uniform k: f32
y = k*x + 1
"""

# Runs for days, in any machine's terms, within the default budget.
ENDLESS = """.weft 1
.space 1
.in a f32
.out y f32
for s2, 1000000000
    loop
        ld.f32 v0, [a]
        st.f32 v0, [y]
    end
end
exit
"""


class WeftCase(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="weft-test-"))
        self.addCleanup(shutil.rmtree, self.dir, ignore_errors=True)

    def path(self, name):
        return str(self.dir / name)

    def write(self, name, content):
        """Writes text, bytes or an array; returns the path."""
        path = self.dir / name
        if isinstance(content, np.ndarray):
            with open(path, "wb") as file:
                np.save(file, content)
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return str(path)

    def read(self, name):
        return (self.dir / name).read_bytes()

    def load(self, name):
        return np.load(self.path(name))

    def command(self, *arguments, **options):
        options.setdefault("timeout", 120)
        options.setdefault("cwd", self.dir)
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        return subprocess.run(
            [WEFT, *map(str, arguments)], text=True, errors="surrogateescape", check=False, **options
        )

    def succeed(self, *arguments, **options):
        """Runs weft, which must succeed and say nothing on stderr. Returns its stdout."""
        result = self.command(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr), (0, ""), result.args)
        return result.stdout

    def snapshot(self):
        """Content of every file below the test's folder."""
        found = {}
        for path in sorted(self.dir.rglob("*")):
            regular = path.is_file() and not path.is_symlink()
            found[str(path.relative_to(self.dir))] = path.read_bytes() if regular else None
        return found

    def fail_with(self, pattern, *arguments, status=1, lines=1, **options):
        """Runs weft, which must fail with one clear message and change nothing. Returns stderr."""
        before = self.snapshot()
        result = self.command(*arguments, **options)
        self.assertEqual(result.returncode, status, (result.args, result.stderr))
        self.assertRegex(result.stderr, r"\Aweft: ")
        self.assertRegex(result.stderr, pattern)
        if lines is not None:
            self.assertEqual(len(result.stderr.splitlines()), lines, result.stderr)
        self.assertFalse(result.stdout, result.args)
        self.assertEqual(self.snapshot(), before, "files changed or were left behind")
        return result.stderr

    def usage(self, pattern, *arguments):
        """Runs weft with wrong arguments: a message, a hint and exit status 2."""
        return self.fail_with(pattern + r".*\nTry 'weft .*--help'\.\n\Z", *arguments, status=2, lines=2)


def main():
    unittest.main()
