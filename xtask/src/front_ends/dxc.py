"""Compiles HLSL files to DXIL with DXC and prints what it refuses.

Usage: dxc.py LIBDXCOMPILER FOLDER PATTERN. The files in the folder that match the pattern are
compute shaders; each is compiled as the DX12 back end of wgpu does it.
"""

import ctypes
import os
import pathlib
import sys
import uuid

CLSID_COMPILER = "73e22d93-e6ce-47f3-b5bf-f0664f39c1b0"
IID_COMPILER3 = "228b4687-5a6a-4730-900c-9702b2203f54"
IID_OPERATION_RESULT = "cedb484a-d4e9-445a-b991-ca21ca157dc2"
ARGUMENTS = ["-E", "main", "-T", "cs_6_0", "-HV", "2018", "-no-warnings"]
# Places in the virtual tables, which begin with the three functions of IUnknown and, outside
# Windows, its two destructors.
RELEASE, COMPILE = 2, 5
GET_STATUS, GET_ERRORS = 5, 7
GET_POINTER, GET_SIZE = 5, 6
UTF_8 = 65001


class Buffer(ctypes.Structure):
    _fields_ = [
        ("pointer", ctypes.c_char_p),
        ("size", ctypes.c_size_t),
        ("encoding", ctypes.c_uint32),
    ]


def guid(text):
    return ctypes.create_string_buffer(uuid.UUID(text).bytes_le, 16)


def call(this, place, result, *arguments):
    """Calls a virtual function of an object. Every argument has its own ctypes type."""
    table = ctypes.cast(this, ctypes.POINTER(ctypes.POINTER(ctypes.c_void_p)))[0]
    types = [type(argument) for argument in arguments]
    return ctypes.CFUNCTYPE(result, ctypes.c_void_p, *types)(table[place])(this, *arguments)


def create(library):
    made = ctypes.c_void_p()
    status = library.DxcCreateInstance(
        guid(CLSID_COMPILER), guid(IID_COMPILER3), ctypes.byref(made)
    )
    if status != 0:
        sys.exit(f"DXC made no compiler (status {status & 0xFFFFFFFF:#x})")
    return made


def complaint(compiler, text):
    """What DXC says of a shader that it refuses; None where it compiles."""
    source = Buffer(text, len(text), UTF_8)
    arguments = (ctypes.c_wchar_p * len(ARGUMENTS))(*ARGUMENTS)
    result = ctypes.c_void_p()
    status = call(
        compiler, COMPILE, ctypes.c_int32,
        ctypes.pointer(source), arguments, ctypes.c_uint32(len(ARGUMENTS)), ctypes.c_void_p(),
        guid(IID_OPERATION_RESULT), ctypes.pointer(result),
    )
    if status != 0:
        return f"no result (status {status & 0xFFFFFFFF:#x})"
    status = ctypes.c_int32()
    call(result, GET_STATUS, ctypes.c_int32, ctypes.pointer(status))
    if status.value == 0:
        call(result, RELEASE, ctypes.c_uint32)
        return None
    errors = ctypes.c_void_p()
    call(result, GET_ERRORS, ctypes.c_int32, ctypes.pointer(errors))
    said = ctypes.string_at(
        call(errors, GET_POINTER, ctypes.c_void_p), call(errors, GET_SIZE, ctypes.c_size_t)
    )
    return said.decode(errors="replace").strip("\0\n")


def main(library, folder, pattern):
    compiler = create(ctypes.CDLL(library))
    files = sorted(pathlib.Path(folder).glob(pattern))
    refused = 0
    for file in files:
        said = complaint(compiler, file.read_bytes())
        if said is not None:
            refused += 1
            print(f"{file.name}: {said}")
    print(f"DXC: {len(files)} shaders, {refused} refused")
    return 1 if refused or not files else 0


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stdout.flush()
    # At once: DXC's threads may wait for each other forever while the library is unloaded.
    os._exit(code)
