"""Reads the log that shim.c writes: what a program did to its data file, in order."""

import struct
from dataclasses import dataclass

# The layout and the numbers are known to shim.c too.
HEADER = struct.Struct("<4sBBHQQQI")
MAGIC = b"FTWL"
WRITE, BARRIER, NAME, FOLDER, ANSWER, OUTPUT, UNEXPECTED = range(1, 8)


class LogError(Exception):
    """The log cannot be replayed: it is damaged, or the program did what no replay covers."""


@dataclass(frozen=True)
class Record:
    """One thing that happened.

    WRITE: data at offset `first`; BARRIER: records before place `first` are on the disk, or only
    that one if `is_synchronous`; NAME: the file is called data.mdb now; FOLDER: names are on the
    disk; ANSWER: HTTP status `first` goes to the client's port `second`; OUTPUT: data on
    descriptor `first`.
    """

    kind: int
    file: int = 0
    first: int = 0
    second: int = 0
    is_synchronous: bool = False
    data: bytes = b""


def parse(log):
    """The records of a log's bytes; one that its end cuts off is left out, as it never was."""
    records = []
    place = 0
    while place + HEADER.size <= len(log):
        magic, kind, is_synchronous, _, file, first, second, length = HEADER.unpack_from(log, place)
        if magic != MAGIC or not WRITE <= kind <= UNEXPECTED:
            raise LogError(f"the log is not a log at byte {place}")
        start = place + HEADER.size
        if start + length > len(log):
            break
        data = bytes(log[start:start + length])
        records.append(Record(kind, file, first, second, bool(is_synchronous), data))
        place = start + length
    return records


def of_the_data_file(records):
    """The records without the writes to files that never became the store's data.mdb."""
    surprises = [record.data.decode() for record in records if record.kind == UNEXPECTED]
    if surprises:
        raise LogError(f"the replay does not cover: {', '.join(sorted(set(surprises)))}")
    names = {record.file for record in records if record.kind == NAME}
    if len(names) != 1:
        raise LogError(f"{len(names)} files were called data.mdb during the recording, not one")
    file = names.pop()
    blank = Record(kind=0)
    # Places must stay what they are: barriers refer to them.
    return [
        record if record.kind not in (WRITE, BARRIER) or record.file == file else blank
        for record in records
    ]
