"""The scripts of the gates as modules, for their tests: their names have no .py to import them by."""

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path

sys.dont_write_bytecode = True


def load(name):
    path = str(Path(os.environ["WEFT_SOURCE_DIR"]) / "scripts" / name)
    loader = importlib.machinery.SourceFileLoader(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module
