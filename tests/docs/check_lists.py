"""check_lists: what the tables do not write themselves is there for each of their rows.

Operations (isa/ops.def) and functions (compiler/functions.def) also stand in the fuzzers' dictionaries,
functions in docs/language.md and in a test of their values. A row without them fails here, with where to add
it; what else belongs to a row says CONTRIBUTING.md.
"""

import os
import re
import unittest
from pathlib import Path

ROOT = Path(os.environ["WEFT_SOURCE_DIR"])
VALUES = ["tests/numpy/test_functions.py", "tests/numpy/test_operators.py", "tests/numpy/test_reductions.py",
          "tests/unit/test_call_values.c"]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def words(text):
    return set(re.findall(r"[A-Za-z_]\w*", text))


def entries(path):
    """What a dictionary of libFuzzer's holds."""
    return set(re.findall(r'^"(.*)"$', read(path), re.MULTILINE))


def mnemonics():
    return re.findall(r"^WEFT_OP(?:_\w+)?\(\w+,\s*(\w+),", read("isa/ops.def"), re.MULTILINE)


def functions(kinds="FUNCTION|REDUCTION"):
    """Names that are words, of rows of these kinds."""
    rows = re.findall(rf'^WEFT_(?:{kinds})_ROW\("(\w+)"', read("compiler/functions.def"), re.MULTILINE)
    return [name for name in rows if name[0].isalpha()]


class Lists(unittest.TestCase):
    def check(self, names, there, advice):
        self.assertGreater(len(names), 50)
        missing = [name for name in names if name not in there]
        self.assertFalse(missing, f"{', '.join(missing)}: {advice}")

    def test_operations_are_fuzzed(self):
        self.check(mnemonics(), entries("tests/fuzz/fuzz_asm.dict"), "add a line to tests/fuzz/fuzz_asm.dict")

    def test_functions_are_fuzzed(self):
        self.check(functions(), entries("tests/fuzz/fuzz_text.dict"), "add a line to tests/fuzz/fuzz_text.dict")
        self.assertEqual(read("tests/fuzz/fuzz_text.dict"), read("tests/fuzz/fuzz_compile.dict"),
                         "copy tests/fuzz/fuzz_text.dict to fuzz_compile.dict: they speak one language")

    def test_functions_are_documented(self):
        reference = read("docs/language.md").split("\n## Functions\n", 1)[1]
        self.check(functions("FUNCTION|REDUCTION|ALIAS"), words(reference), "say in docs/language.md, 'Functions', what it is")

    def test_functions_are_compared(self):
        self.check(functions(), set().union(*(words(read(path)) for path in VALUES)),
                   "compare it with NumPy in tests/numpy/test_functions.py, or, where NumPy has none, with what it "
                   "should give in tests/unit/test_call_values.c")


if __name__ == "__main__":
    unittest.main()
