"""Makes the data file that a power cut could have left behind, from the log of what was written.

What a file system promises is little: data is on the disk once a barrier that began after the
write has returned. Before, each 4 KiB page of the file may be there or not, in any version that
the page cache held since the last barrier; and the page on its way at the moment of the cut may
be there in part, by sectors of 512 bytes. Barriers and file names come from shim.c's log.
"""

from . import oplog

PAGE = 4096
SECTOR = 512
# The chance that an unsynced page reached the disk, drawn for each cut.
SHARES = (0.1, 0.5, 0.9)
TORN_SHARE = 0.3


class Disk:
    """The file as it surely is after the first records of a log, and what is still unsure."""

    def __init__(self, records):
        self.records = records
        self.image = bytearray()
        self.applied = 0
        self.position = 0
        self.has_name = False
        self.has_sure_name = False

    def advance(self, position):
        """Goes to just before the record at `position`, never back."""
        if position < self.position:
            raise ValueError("a disk does not go back in time")
        for place in range(self.position, position):
            record = self.records[place]
            if record.kind == oplog.NAME:
                self.has_name = True
            elif record.kind == oplog.FOLDER:
                self.has_sure_name = self.has_name
            elif record.kind == oplog.BARRIER and not record.is_synchronous:
                self._settle(record.first)
        self.position = position

    def _settle(self, end):
        for place in range(self.applied, end):
            record = self.records[place]
            if record.kind == oplog.WRITE:
                patch(self.image, record.first, record.data)
        self.applied = max(self.applied, end)

    def pending(self):
        """The unsure pages: page number to its patches in order, and how many of them are sure.

        A synchronous write that has returned makes sure its whole pages, older patches included.
        """
        pages = {}
        returned = {
            record.first for record in self.records[self.applied:self.position]
            if record.kind == oplog.BARRIER and record.is_synchronous
        }
        for place in range(self.applied, self.position):
            record = self.records[place]
            if record.kind != oplog.WRITE:
                continue
            for page, start, data in split(record.first, record.data):
                patches, sure = pages.get(page, ([], 0))
                patches.append((start, data))
                pages[page] = (patches, len(patches) if place in returned else sure)
        return pages

    def cut(self, chance):
        """The bytes of the file after a power cut now, or None if it is not there at all."""
        if not self.has_name or (not self.has_sure_name and chance.random() < 0.5):
            return None
        image = bytearray(self.image)
        logical = len(image)
        share = chance.choice(SHARES)
        for page, (patches, sure) in sorted(self.pending().items()):
            start = page * PAGE
            logical = max(logical, start + max(begin + len(data) for begin, data in patches))
            count = len(patches) if chance.random() < share else chance.randrange(len(patches))
            content = version(self.image, page, patches, max(sure, count))
            if count > sure and chance.random() < TORN_SHARE:
                older = version(self.image, page, patches, chance.randrange(sure, count))
                content = torn(content, older, chance)
            if max(sure, count) > 0:
                patch(image, start, content)
        # The new length is noted in the file system apart from the data.
        if chance.random() < 0.25:
            image.extend(bytes(max(0, logical - len(image))))
        return bytes(image)


def everything(records):
    """The file if every write reached the disk."""
    image = bytearray()
    for record in records:
        if record.kind == oplog.WRITE:
            patch(image, record.first, record.data)
    return bytes(image)


def patch(image, start, data):
    """Writes data into a file's bytes; a gap before it reads as zeros."""
    if start > len(image):
        image.extend(bytes(start - len(image)))
    image[start:start + len(data)] = data


def split(start, data):
    """The parts of a write by page: page number, offset in the page, bytes."""
    done = 0
    while done < len(data):
        page, begin = divmod(start + done, PAGE)
        count = min(PAGE - begin, len(data) - done)
        yield page, begin, data[done:done + count]
        done += count


def version(image, page, patches, count):
    """A page with its first patches on top of what is surely there."""
    content = bytearray(image[page * PAGE:(page + 1) * PAGE])
    for start, data in patches[:count]:
        patch(content, start, data)
    return bytes(content)


def torn(newer, older, chance):
    """A page of which some sectors were written and some not yet."""
    older = older.ljust(len(newer), b"\0")
    return b"".join(
        (newer if chance.random() < 0.5 else older)[start:start + SECTOR]
        for start in range(0, len(newer), SECTOR))


def acknowledged(records, position):
    """How many HTTP successes were on their way to each port of a client before a cut."""
    counts = {}
    for record in records[:position]:
        if record.kind == oplog.ANSWER and 200 <= record.first < 300:
            counts[record.second] = counts.get(record.second, 0) + 1
    return counts
