"""Reads and writes the numbers of a model version (safetensors), to look at and to damage them."""

import array
import json
import struct

CODES = {"I32": "i", "I64": "q", "F32": "f", "F64": "d", "U8": "B", "U32": "I", "U64": "Q"}


class Tensors:
    """The file `model.safetensors` of a version."""

    def __init__(self, path):
        self.path = path
        raw = path.read_bytes()
        length = struct.unpack("<Q", raw[:8])[0]
        self.head = json.loads(raw[8:8 + length])
        self.metadata = self.head.pop("__metadata__", None)
        data = raw[8 + length:]
        self.parts = {}
        for name, entry in self.head.items():
            begin, end = entry["data_offsets"]
            self.parts[name] = data[begin:end]

    def numbers(self, name):
        """The values of a tensor, or none if there is no such tensor."""
        if name not in self.parts:
            return array.array("q")
        values = array.array(CODES[self.head[name]["dtype"]])
        values.frombytes(self.parts[name])
        return values

    def write(self):
        """Writes the parts, one after another in their former order."""
        head, data = {}, b""
        if self.metadata:
            head["__metadata__"] = self.metadata
        for name in sorted(self.parts, key=lambda name: self.head[name]["data_offsets"]):
            part = self.parts[name]
            head[name] = {**self.head[name], "data_offsets": [len(data), len(data) + len(part)]}
            data += part
        text = json.dumps(head, separators=(",", ":")).encode()
        text += b" " * (-len(text) % 8)
        self.path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def sequences(version):
    """The items of each customer that a version keeps, in order, from its folder."""
    tensors = Tensors(version / "model.safetensors")
    names = json.loads((version / "catalogue.json").read_text("utf-8"))
    offsets, items = tensors.numbers("neighbours.offsets"), tensors.numbers("neighbours.items")
    rows = zip(offsets, offsets[1:])
    return [[names[item] for item in items[begin:end]] for begin, end in rows]
