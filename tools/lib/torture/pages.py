"""Which bytes of an LMDB data file are in use, and for what.

Reads the layout of LMDB 0.9 on 64-bit machines, data version 1, in little-endian order (offsets
in bytes). Page: number 0 (8), flags 10 (2), end of slots 12 (2), or pages of an overflow run 12
(4), slots from 16 (2 each). Meta page: records of the free and main trees 40 and 88, last page 136
(8), transaction 144 (8). Tree record: depth 6 (2), root 40 (8). Node: 0 (6) page of a child, or 0
(4) size of a value, flags 4 (2), size of key 6 (2), key 8. It trusts the file: give it sound ones.
"""

import bisect
import struct
from dataclasses import dataclass, field

HEADER_BYTES = 16
BRANCH, LEAF, OVERFLOW = 1, 2, 4
BIG_VALUE, SUBTREE = 1, 2
NO_PAGE = (1 << 64) - 1
META_BYTES = range(HEADER_BYTES, 152)

# What bytes are for. A record is a value of a table with its checksum, and it has a key; the free
# list and the list of tables are LMDB's own, as is the structure that leads to records.
KEY, RECORD, FREE_LIST, STRUCTURE, META = "key", "record", "free-list", "structure", "meta"


@dataclass
class Layout:
    """The bytes in use of a data file: `spans` are (start, end, what for)."""

    page_size: int
    newest_meta: int = 0
    pages: set = field(default_factory=set)
    spans: list = field(default_factory=list)

    def spans_of(self, *uses):
        return [span for span in self.spans if span[2] in uses]

    def use_of(self, place):
        """What the byte at a place is for, or None."""
        nth = bisect.bisect_right(self.spans, (place, NO_PAGE, "")) - 1
        return self.spans[nth][2] if nth >= 0 and place < self.spans[nth][1] else None


def read(image):
    """The layout of a data file's newest state."""
    layout = Layout(page_size=_number(image, 40, 4))
    size = layout.page_size
    transactions = [_number(image, number * size + 144, 8) for number in (0, 1)]
    layout.newest_meta = 1 if transactions[1] > transactions[0] else 0
    base = layout.newest_meta * size
    layout.pages |= {0, 1}
    layout.spans.append((base + META_BYTES.start, base + META_BYTES.stop, META))
    _tree(image, layout, _number(image, base + 40 + 40, 8), FREE_LIST)
    _tree(image, layout, _number(image, base + 88 + 40, 8), None)
    layout.spans.sort()
    return layout


def _number(image, place, length):
    return int.from_bytes(image[place:place + length], "little")


def _tree(image, layout, root, use):
    """Notes a tree's pages; the main tree, with no use of its own, lists the tables."""
    if root == NO_PAGE:
        return
    layout.pages.add(root)
    base = root * layout.page_size
    flags, slots_end = struct.unpack_from("<HH", image, base + 10)
    layout.spans.append((base, base + slots_end, STRUCTURE))
    for slot in range(HEADER_BYTES, slots_end, 2):
        node = base + _number(image, base + slot, 2)
        key_length = _number(image, node + 6, 2)
        if flags & BRANCH:
            layout.spans.append((node, node + 8 + key_length, STRUCTURE))
            _tree(image, layout, _number(image, node, 6), use)
        else:
            _leaf_node(image, layout, node, key_length, use)


def _leaf_node(image, layout, node, key_length, use):
    flags = _number(image, node + 4, 2)
    length = _number(image, node, 4)
    value = node + 8 + key_length
    of_key = KEY if use == RECORD else use or STRUCTURE
    layout.spans.append((node, node + 8, STRUCTURE))
    if flags & SUBTREE:
        layout.spans.append((node + 8, value + length, STRUCTURE))
        _tree(image, layout, _number(image, value + 40, 8), use or RECORD)
    elif flags & BIG_VALUE:
        first = _number(image, value, 8)
        start = first * layout.page_size
        layout.spans.append((node + 8, value, of_key))
        layout.spans.append((value, value + 8, STRUCTURE))
        layout.spans.append((start, start + HEADER_BYTES, STRUCTURE))
        layout.spans.append((start + HEADER_BYTES, start + HEADER_BYTES + length, use or STRUCTURE))
        layout.pages.update(range(first, first + _number(image, start + 12, 4)))
    else:
        layout.spans.append((node + 8, value, of_key))
        layout.spans.append((value, value + length, use or STRUCTURE))
