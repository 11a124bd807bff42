"""weft_ctypes.py: the shared library through a foreign-function interface: structures as the headers
lay them out, handles as pointers.

Environment: WEFT_LIBRARY, the shared library. Neighbours: tests/cli/test_ctypes.py, tests/numpy/.
"""

import ctypes as c
import os

TYPES = {  # weft's name: value of weft_dtype
    "i8": 1, "i16": 2, "i32": 3, "i64": 4, "u8": 5, "u16": 6, "u32": 7, "u64": 8, "f16": 9, "bf16": 10,
    "f32": 11, "f64": 12, "bool": 13,
}
F32 = TYPES["f32"]
OK, ERR_ARG, ERR_SYNTAX, ERR_LIMIT, ERR_BIND, ERR_RANGE = 0, 1, 3, 6, 7, 8


class Error(c.Structure):
    _fields_ = [("status", c.c_int), ("line", c.c_int32), ("column", c.c_int32),
                ("param", c.c_int32), ("rule", c.c_int32), ("pc", c.c_int64),
                ("element", c.c_int64), ("byte", c.c_int64), ("message", c.c_char * 256)]


class Buffer(c.Structure):
    _fields_ = [("id", c.c_uint64)]


class BufferInfo(c.Structure):
    _fields_ = [("data", c.c_void_p), ("bytes", c.c_size_t), ("references", c.c_uint64),
                ("flags", c.c_uint32), ("reserved", c.c_uint32)]


ReleaseMemory = c.CFUNCTYPE(None, c.c_void_p, c.c_void_p, c.c_size_t)


class Arg(c.Structure):
    _fields_ = [("name", c.c_char_p), ("data", c.c_void_p), ("type", c.c_int),
                ("rank", c.c_int32), ("shape", c.c_int64 * 5), ("strides", c.c_int64 * 5),
                ("buffer", Buffer), ("offset", c.c_uint64)]


class RunOptions(c.Structure):
    _fields_ = [("size", c.c_size_t), ("budget", c.c_uint64), ("cancel", c.c_void_p),
                ("progress", c.c_void_p), ("progress_user", c.c_void_p), ("space", c.c_void_p)]


def load():
    weft = c.CDLL(os.environ["WEFT_LIBRARY"])
    weft.weft_version.restype = c.c_char_p
    weft.weft_context_destroy.argtypes = weft.weft_program_release.argtypes = [c.c_void_p]
    weft.weft_assemble.argtypes = [c.c_void_p, c.c_char_p, c.c_size_t, c.POINTER(c.c_void_p),
                                   c.POINTER(Error)]
    weft.weft_run_with.argtypes = [c.c_void_p, c.c_void_p, c.POINTER(Arg), c.c_size_t,
                                   c.POINTER(RunOptions), c.POINTER(Error)]
    weft.weft_buffer_create.argtypes = [c.c_void_p, c.c_size_t, c.c_uint32, c.POINTER(Buffer),
                                        c.POINTER(Error)]
    weft.weft_buffer_import.argtypes = [c.c_void_p, c.c_void_p, c.c_size_t, c.c_uint32,
                                        ReleaseMemory, c.c_void_p, c.POINTER(Buffer),
                                        c.POINTER(Error)]
    weft.weft_buffer_release.argtypes = [c.c_void_p, Buffer, c.POINTER(Error)]
    weft.weft_buffer_query.argtypes = [c.c_void_p, Buffer, c.POINTER(BufferInfo), c.POINTER(Error)]
    weft.weft_arg_view.argtypes = [c.POINTER(Arg), c.c_char_p, Buffer, c.c_uint64, c.c_int,
                                   c.c_int32, c.POINTER(c.c_int64), c.POINTER(c.c_int64)]
    if hasattr(weft, "weft_eval"):
        weft.weft_eval.argtypes = [c.c_void_p, c.c_char_p, c.c_size_t, c.POINTER(Arg), c.c_size_t,
                                   c.c_uint32, c.POINTER(Arg), c.POINTER(Error)]
    weft.weft_mul_f32.argtypes = [c.c_void_p, c.c_void_p, c.c_void_p, c.c_size_t]
    return weft
