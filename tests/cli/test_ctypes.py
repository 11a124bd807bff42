"""test_ctypes.py: the shared library through a foreign-function interface: structures as the headers
lay them out, handles as pointers, no C compiler.

Environment: WEFT_LIBRARY, the shared library.
"""

import ctypes as c
import sys
import unittest

try:
    import numpy as np
except ImportError:
    print("no NumPy for this Python")
    sys.exit(77)

from weft_ctypes import (Arg, Buffer, BufferInfo, Error, F32, OK, ERR_ARG, ERR_BIND, ERR_RANGE, ERR_SYNTAX,
                         ReleaseMemory, RunOptions, load)

READ_ONLY = 4


PROGRAM = b"""
.in x f32
.out y f32
.out total f32 dims none
loop
    ld.f32 v0, [x]
    mul.f32 v0, v0, v0
    st.f32 v0, [y]
    sum.f32 s0, v0
end
st.f32 s0, [total]
exit
"""


def argument(name, array):
    arg = Arg(name=name.encode(), data=array.ctypes.data, type=F32, rank=array.ndim)
    for d in range(array.ndim):
        arg.shape[d], arg.strides[d] = array.shape[d], array.strides[d]
    return arg


class Ctypes(unittest.TestCase):
    def setUp(self):
        self.weft = load()
        self.context = c.c_void_p()
        self.assertEqual(self.weft.weft_context_create(None, c.byref(self.context)), OK)
        self.addCleanup(self.weft.weft_context_destroy, self.context)
        self.error = Error()

    def assemble(self, text):
        program = c.c_void_p()
        status = self.weft.weft_assemble(self.context, text, len(text), c.byref(program),
                                         c.byref(self.error))
        return status, program

    def test_run(self):
        status, program = self.assemble(PROGRAM)
        self.assertEqual(status, OK, self.error.message)
        x = np.arange(2000, dtype="f4")[::2]  # strided, as NumPy has it
        y, total = np.zeros(1000, "f4"), np.zeros((), "f4")
        args = (Arg * 3)(argument("x", x), argument("y", y), argument("total", total))
        options = RunOptions(size=c.sizeof(RunOptions))
        status = self.weft.weft_run_with(self.context, program, args, 3, c.byref(options),
                                         c.byref(self.error))
        self.assertEqual(status, OK, self.error.message)
        np.testing.assert_array_equal(y, x * x)
        self.assertAlmostEqual(float(total) / float(np.sum(x.astype("f8") ** 2)), 1, places=6)
        status = self.weft.weft_run_with(self.context, program, args, 2, None, c.byref(self.error))
        self.assertEqual((status, self.error.status), (ERR_BIND, ERR_BIND))
        self.assertIn(b"total", self.error.message)
        self.weft.weft_program_release(program)

    def view(self, name, buffer, offset, shape, strides=None):
        arg = Arg()
        extents = (c.c_int64 * len(shape))(*shape)
        steps = (c.c_int64 * len(strides))(*strides) if strides else None
        self.assertEqual(self.weft.weft_arg_view(arg, name, buffer, offset, F32, len(shape),
                                                 extents, steps), OK)
        return arg

    def test_buffers(self):
        """A NumPy array is imported and read backwards, a buffer of weft's takes the squares."""
        released = []
        release = ReleaseMemory(lambda user, memory, size: released.append((user, memory, size)))
        x, total = np.arange(1000, dtype="f4"), np.zeros((), "f4")
        source, target, info = Buffer(), Buffer(), BufferInfo()
        weft, error = self.weft, c.byref(self.error)
        self.assertEqual(weft.weft_buffer_import(self.context, x.ctypes.data, x.nbytes, READ_ONLY,
                                                 release, 77, source, error), OK)
        self.assertEqual(weft.weft_buffer_create(self.context, x.nbytes, 0, target, error), OK)
        self.assertEqual(weft.weft_buffer_query(self.context, target, info, error), OK)
        self.assertEqual((info.bytes, info.references, info.flags), (x.nbytes, 1, 0))
        y = np.frombuffer((c.c_char * x.nbytes).from_address(info.data), "f4")
        status, program = self.assemble(PROGRAM)
        self.assertEqual(status, OK)
        args = (Arg * 3)(self.view(b"x", source, 3996, (1000,), (-4,)),
                         self.view(b"y", target, 0, (1000,)), argument("total", total))
        self.assertEqual(weft.weft_run_with(self.context, program, args, 3, None, error), OK)
        np.testing.assert_array_equal(y, (x * x)[::-1])
        args[0].offset = 3992
        self.assertEqual(weft.weft_run_with(self.context, program, args, 3, None, error),
                         ERR_RANGE)
        self.assertIn(b"before its start", self.error.message)
        args[0], args[1].buffer = argument("x", x), source
        self.assertEqual(weft.weft_run_with(self.context, program, args, 3, None, error), ERR_BIND)
        self.assertIn(b"read-only", self.error.message)
        weft.weft_program_release(program)
        self.assertEqual(weft.weft_buffer_release(self.context, source, error), OK)
        self.assertEqual(released, [(77, x.ctypes.data, x.nbytes)])
        self.assertEqual(weft.weft_buffer_release(self.context, source, error), ERR_ARG)
        self.assertIn(b"released", self.error.message)
        self.assertEqual(weft.weft_buffer_release(self.context, target, error), OK)

    def test_error(self):
        status, program = self.assemble(b"loop\n    sqt.f32 v0, v0\nend\nexit\n")
        self.assertEqual((status, program.value), (ERR_SYNTAX, None))
        self.assertEqual((self.error.line, self.error.column, self.error.pc), (2, 5, -1))
        self.assertIn(b"sqrt", self.error.message)

    def test_direct(self):
        x, y = np.arange(100, dtype="f4"), np.zeros(100, "f4")
        address = x.ctypes.data
        self.assertEqual(self.weft.weft_mul_f32(y.ctypes.data, address, address, 100), OK)
        np.testing.assert_array_equal(y, x * x)
        self.assertEqual(self.weft.weft_mul_f32(None, address, address, 100), ERR_ARG)
        self.assertRegex(self.weft.weft_version().decode(), r"^\d+\.\d+\.\d+$")


if __name__ == "__main__":
    unittest.main()
