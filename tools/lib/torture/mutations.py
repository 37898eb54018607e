"""Ways in which a data file gets damaged."""

import bisect
import itertools
from dataclasses import dataclass

from . import pages


@dataclass(frozen=True)
class Mutant:
    """A damaged data file: how, where, and what of it is used for what (None for nothing)."""

    kind: str
    where: str
    use: str | None
    image: bytes


class Mutator:
    """Damages one data file in many ways."""

    def __init__(self, image, older_metas, chance):
        self.image, self.older_metas, self.chance = image, older_metas, chance
        self.layout = pages.read(image)
        self.size = self.layout.page_size
        self.page_count = len(image) // self.size
        self.records = self.layout.spans_of(pages.KEY, pages.RECORD)
        self.ends = list(itertools.accumulate(end - start for start, end, _ in self.records))
        self.kinds = {
            "flip in a record": (40, self.flip_in_record), "flip anywhere": (15, self.flip),
            "byte in a record": (5, self.byte_in_record), "byte anywhere": (5, self.byte),
            "zeroed page": (10, self.zeroed_page), "truncation": (10, self.truncation),
            "swapped pages": (8, self.swapped_pages), "old meta": (4, self.old_meta),
            "meta flip": (3, self.meta_flip)}

    def mutant(self):
        """A damaged copy, of a kind drawn by how often it should come."""
        names = list(self.kinds)
        name = self.chance.choices(names, [self.kinds[name][0] for name in names])[0]
        where, use, image = self.kinds[name][1]()
        return Mutant(name, where, use, bytes(image))

    def flip(self):
        return self._flip(self.chance.randrange(len(self.image)))

    def flip_in_record(self):
        return self._flip(self._record_byte())

    def meta_flip(self):
        base = self.chance.randrange(2) * self.size
        return self._flip(base + self.chance.choice(pages.META_BYTES))

    def byte(self):
        return self._byte(self.chance.randrange(len(self.image)))

    def byte_in_record(self):
        return self._byte(self._record_byte())

    def zeroed_page(self):
        page = self.chance.randrange(self.page_count)
        image = bytearray(self.image)
        image[page * self.size:(page + 1) * self.size] = bytes(self.size)
        return f"page {page}", self._use_of_page(page), image

    def truncation(self):
        """Half of them at a page's end, as file systems do it, half anywhere."""
        length = self.chance.randrange(len(self.image))
        if self.chance.random() < 0.5:
            length = length // self.size * self.size
        is_used = length < (max(self.layout.pages) + 1) * self.size
        return f"to {length} bytes", "used page" if is_used else None, self.image[:length]

    def swapped_pages(self):
        one, other = self.chance.sample(range(self.page_count), 2)
        image = bytearray(self.image)
        for to, source in ((one, other), (other, one)):
            content = self.image[source * self.size:(source + 1) * self.size]
            image[to * self.size:(to + 1) * self.size] = content
        use = self._use_of_page(one) or self._use_of_page(other)
        return f"pages {one} and {other}", use, image

    def old_meta(self):
        """The meta pages of an earlier state, as after a write that the disk claimed and lost.

        Either both are old, or the newest one is.
        """
        meta = self.chance.choice(self.older_metas)
        image = bytearray(self.image)
        if self.chance.random() < 0.5:
            image[:2 * self.size] = meta
            return "both", None, image
        start = self.layout.newest_meta * self.size
        image[start:start + self.size] = meta[start:start + self.size]
        return "the newest", None, image

    def _flip(self, place):
        bit = self.chance.randrange(8)
        image = bytearray(self.image)
        image[place] ^= 1 << bit
        return f"bit {bit} of byte {place}", self.layout.use_of(place), image

    def _byte(self, place):
        image = bytearray(self.image)
        image[place] = (image[place] + self.chance.randrange(1, 256)) % 256
        return f"byte {place}", self.layout.use_of(place), image

    def _record_byte(self):
        nth = self.chance.randrange(self.ends[-1])
        span = bisect.bisect_right(self.ends, nth)
        return self.records[span][1] - (self.ends[span] - nth)

    def _use_of_page(self, page):
        return "used page" if page in self.layout.pages else None
