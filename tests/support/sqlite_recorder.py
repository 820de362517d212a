"""A recorder of SQLite's file operations: a VFS before SQLite's own (https://sqlite.org/vfs.html).

It is made with ctypes over the very library that Python's `sqlite3` has loaded, so nothing needs to be compiled and no
program under test needs to know. SQLite's own VFS does the work, locks and shared memory included; five of its methods
are called through functions that also note what they did.
"""

from __future__ import annotations

import _sqlite3
import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any

from tests.support.forgetful_disk import Create, Operation, Remove, Sync, SyncFolder, Truncate, Write

OPEN_CREATE = 0x4
JOURNALS = 0x800 | 0x4000 | 0x80000  # SQLITE_OPEN_MAIN_JOURNAL, _SUPER_JOURNAL, _WAL

_Open = CFUNCTYPE(c_int, c_void_p, c_char_p, c_void_p, c_int, POINTER(c_int))
_OpenRaw = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, POINTER(c_int))
_Delete = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)
_Close = CFUNCTYPE(c_int, c_void_p)
_Write = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_Truncate = CFUNCTYPE(c_int, c_void_p, c_int64)
_Sync = CFUNCTYPE(c_int, c_void_p, c_int)


class _Vfs(Structure):
    """`sqlite3_vfs` of version 3, with unused fields as pointers."""

    _fields_ = (
        ("version", c_int), ("file_size", c_int), ("longest", c_int), ("next", c_void_p), ("name", c_char_p),
        ("data", c_void_p), ("open", c_void_p), ("delete", c_void_p), ("others", c_void_p * 14),
    )  # fmt: skip


class _Methods(Structure):
    """`sqlite3_io_methods` of version 3."""

    _fields_ = (
        ("version", c_int), ("close", c_void_p), ("read", c_void_p), ("write", c_void_p), ("truncate", c_void_p),
        ("sync", c_void_p), ("others", c_void_p * 13),
    )  # fmt: skip


def _pointer(function: Any) -> int | None:
    return ctypes.cast(function, c_void_p).value


class _File:
    """Open file of the folder, with the methods that SQLite gave it."""

    def __init__(self, name: str, address: int, *, new_journal: bool, log: list[Operation]) -> None:
        self._name, self._new_journal, self._log = name, new_journal, log
        table = _Methods.from_address(c_void_p.from_address(address).value or 0)
        self._write, self._truncate = _Write(table.write or 0), _Truncate(table.truncate or 0)
        self._sync, self._close = _Sync(table.sync or 0), _Close(table.close or 0)
        self._kept = (_Write(self.write), _Truncate(self.truncate), _Sync(self.sync))
        self._methods = _Methods.from_buffer_copy(table)
        self._methods.write, self._methods.truncate, self._methods.sync = map(_pointer, self._kept)
        c_void_p.from_address(address).value = ctypes.addressof(self._methods)

    def write(self, file: int, data: int, size: int, at: int) -> int:
        result = self._write(file, data, size, at)
        if result == 0:
            self._log.append(Write(self._name, at, ctypes.string_at(data, size)))
        return result

    def truncate(self, file: int, size: int) -> int:
        result = self._truncate(file, size)
        if result == 0:
            self._log.append(Truncate(self._name, size))
        return result

    def sync(self, file: int, flags: int) -> int:
        result = self._sync(file, flags)
        if result == 0:
            self._log.append(Sync(self._name))
            if (
                self._new_journal
            ):  # SQLite's VFS syncs the folder with the first sync of a journal that it may have made
                self._log.append(SyncFolder())
                self._new_journal = False
        return result


class _Recorder:
    """VFS that records files below one folder and passes others on."""

    def __init__(self, library: ctypes.CDLL, folder: Path) -> None:
        self.log: list[Operation] = []
        self._folder = str(folder.resolve()) + os.sep
        self._files: list[_File] = []  # what SQLite may still call must not be collected
        find = library.sqlite3_vfs_find
        find.restype, find.argtypes = c_void_p, (c_char_p,)
        self.given = find(None)
        theirs = _Vfs.from_address(self.given)
        self._open, self._delete = _OpenRaw(theirs.open or 0), _Delete(theirs.delete or 0)
        self._kept: tuple[Callable[..., int], ...] = (_OpenRaw(self.open), _Delete(self.delete))
        self.vfs = _Vfs.from_buffer_copy(theirs)
        self.vfs.next, self.vfs.name = None, b"sojourn-recorder"
        self.vfs.open, self.vfs.delete = map(_pointer, self._kept)

    def _inside(self, path: bytes | None) -> str:
        """Return the name of a file of the folder, or nothing for a file elsewhere."""
        text = os.fsdecode(path or b"")
        return text.removeprefix(self._folder) if text.startswith(self._folder) else ""

    def open(self, vfs: int, path: int | None, file: int, flags: int, given_flags: Any) -> int:
        name = self._inside(ctypes.string_at(path) if path else None)
        there = Path(self._folder, name).exists()
        result = self._open(vfs, path, file, flags, given_flags)
        if result == 0 and name:
            if not there:
                self.log.append(Create(name))
            new_journal = bool(flags & OPEN_CREATE and flags & JOURNALS)
            self._files.append(_File(name, file, new_journal=new_journal, log=self.log))
        return result

    def delete(self, vfs: int, path: bytes, sync_folder: int) -> int:
        result = self._delete(vfs, path, sync_folder)
        if result == 0 and (name := self._inside(path)):
            self.log.append(Remove(name))
            if sync_folder:
                self.log.append(SyncFolder())
        return result


_ALL: list[_Recorder] = []  # SQLite keeps pointers to them


@contextmanager
def recording(folder: Path) -> Iterator[list[Operation]]:
    """Record SQLite's operations on the files of a folder, in every connection opened meanwhile."""
    library = ctypes.CDLL(_sqlite3.__file__)
    recorder = _Recorder(library, folder)
    _ALL.append(recorder)
    assert library.sqlite3_vfs_register(ctypes.byref(recorder.vfs), 1) == 0
    try:
        yield recorder.log
    finally:
        library.sqlite3_vfs_unregister(ctypes.byref(recorder.vfs))
        library.sqlite3_vfs_register(c_void_p(recorder.given), 1)
