#!/usr/bin/env python3
"""python_peer.py LIBRARY...: times NumPy, NumExpr and Numba on request, for `weft bench` (bench/python.c).

First, unasked, a line for each LIBRARY (numpy, numexpr, numba): "found" and its version, or why not.
Then one request per line on stdin, one answer per line on stdout:
    clear                         forgets arrays and calls: "ok"
    array NAME TYPE [EXTENT...]   its bytes follow the line; no extents: a scalar: "ok"
    call LIBRARY THREADS WHAT     prepares a call, numbered from 0 since `clear`: "ok", or why not
    run CALL COUNT                ns that so many calls took
    result CALL NUMBER BYTES      "ok" and the bytes of the last call's result of that number, or why not

WHAT is an expression, evaluated as its library's users do: NumPy's with a new array for every
operation, NumExpr's by evaluate() into the array "out", which has its own cache of compiled
expressions. "@name" is a function of python_workloads.py.
"""

import os
import sys
import time
import warnings

# Whoever uses several threads is told how many; BLAS is not asked.
for variable in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"]:
    os.environ.setdefault(variable, "1")
# Else OpenMP's threads keep their CPUs busy for a while after they have worked, in others' samples.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")
os.environ.setdefault("NUMEXPR_MAX_THREADS", "64")
os.environ.setdefault("NUMBA_NUM_THREADS", str(os.cpu_count() or 1))
warnings.simplefilter("ignore")

TYPES = {
    "i8": "int8", "i16": "int16", "i32": "int32", "i64": "int64",
    "u8": "uint8", "u16": "uint16", "u32": "uint32", "u64": "uint64",
    "f16": "float16", "f32": "float32", "f64": "float64", "bool": "bool",
}


def load(name):
    """The library, and one line that says what was found."""
    if name == "numpy":
        import numpy as library

        said = f"NumPy {library.__version__}"
        try:
            import scipy

            said += f", erf of SciPy {scipy.__version__}"
        except ImportError:
            pass
        return library, said
    if name == "numexpr":
        import numexpr as library

        vml = f"VML {library.get_vml_version()}" if library.use_vml else "without VML"
        return library, f"NumExpr {library.__version__}, {vml}, evaluate(..., out=)"
    if name == "numba":
        import numba as library

        return library, f"Numba {library.__version__}, njit, parallel=True with several threads"
    raise ImportError(f"no library {name}")


def numpy_names():
    """What an expression of NumPy's may call."""
    import numpy

    names = {"np": numpy, **vars(numpy)}
    try:
        from scipy.special import erf

        names["erf"] = erf
    except ImportError:
        pass
    return names


class Peer:
    def __init__(self, libraries):
        self.libraries = libraries
        self.threads = {}  # that a library was told to use last
        self.cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
        self.clear()

    def clear(self):
        self.arrays, self.calls, self.results = {}, [], {}

    def array(self, source, name, element, *extents):
        import numpy as np

        shape = tuple(int(extent) for extent in extents)
        array = np.empty(shape, TYPES[element])
        view = memoryview(array.reshape(-1)).cast("B")
        at = 0
        while at < len(view):
            count = source.readinto(view[at:])
            if not count:
                raise EOFError("the array has no end")
            at += count
        self.arrays[name] = array if shape else array[()]

    def use_threads(self, library, threads):
        """True if it used another number before."""
        if self.threads.get(library) == threads:
            return False
        if library != "numpy":
            self.libraries[library].set_num_threads(threads)
        self.threads[library] = threads
        return True

    def make(self, library, threads, what):
        arrays = self.arrays
        if what.startswith("@"):
            import python_workloads

            return python_workloads.FUNCTIONS[library, what[1:]](arrays, threads)
        if library == "numexpr":
            evaluate = self.libraries[library].evaluate
            inputs = {name: array for name, array in arrays.items() if name != "out"}
            out = arrays["out"]
            return lambda: evaluate(what, local_dict=inputs, out=out)
        if library == "numpy":
            return eval("lambda: " + what, {**numpy_names(), **arrays})
        raise ValueError(f"{library} has no expressions")

    def call(self, library, threads, what):
        self.use_threads(library, int(threads))
        function = self.make(library, int(threads), what)
        if not what.startswith("@"):
            function()  # what cannot be evaluated is found now; functions know this when they are made
        self.calls.append((library, int(threads), function))

    def stay(self, on_one):
        """Calls of one thread stay on one CPU, the same as weft's (bench/affinity.h)."""
        if len(self.cpus) > 1:
            os.sched_setaffinity(0, {max(self.cpus)} if on_one else self.cpus)

    def run(self, call, count):
        library, threads, function = self.calls[int(call)]
        self.stay(threads == 1)
        if self.use_threads(library, threads):  # they are started outside of the time
            getattr(function, "warm", function)()
        start = time.perf_counter_ns()
        for _ in range(int(count)):
            result = function()
        took = time.perf_counter_ns() - start
        self.stay(False)
        self.results = {int(call): result}
        return took

    def result(self, call, number, size):
        import numpy as np

        results = self.results[int(call)]
        results = results if isinstance(results, tuple) else (results,)
        data = np.ascontiguousarray(results[int(number)]).tobytes()
        if len(data) != int(size):
            raise ValueError(f"{len(data)} bytes")
        return data


def serve(peer, source, to):
    while line := source.readline():
        word, *rest = line.decode().split()
        data = b""
        said = "ok"
        try:
            if word == "clear":
                peer.clear()
            elif word == "array":
                peer.array(source, *rest)
            elif word == "call":
                peer.call(*line.decode().rstrip("\n").split(maxsplit=3)[1:])
            elif word == "run":
                said = str(peer.run(*rest))
            elif word == "result":
                data = peer.result(*rest)
            else:
                said = f"no request {word}"
        except EOFError:
            return
        except Exception as error:  # whatever a library raises, the benchmark goes on without it
            said = f"{type(error).__name__}: {error}".replace("\n", " ")[:400]
        to.write(said.encode() + b"\n" + data)
        to.flush()


def main():
    to = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    libraries = {}
    for name in sys.argv[1:]:
        try:
            libraries[name], said = load(name)
            said = "found " + said
        except Exception as error:
            said = str(error).replace("\n", " ")[:200]
        to.write(said.encode() + b"\n")
        to.flush()
    serve(Peer(libraries), sys.stdin.buffer, to)


main()
