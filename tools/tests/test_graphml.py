"""Tests that networkx reads the GraphML that Foretwin writes.

The file is a fixture that a Swift test proves to be exactly what an export writes. tools/test
installs networkx; without it, these tests are skipped, as it is no dependency of Foretwin.

    python3 tools/tests/test_graphml.py [FILE]     also opens FILE, and says what is in it
"""

import math
import os
import sys
import unittest

try:
    import networkx
    from networkx.readwrite.graphml import GraphMLReader
except ImportError:
    networkx = None

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
FIXTURE = os.path.join(
    ROOT, "Tests", "GraphInterchangeTests", "Fixtures", "small.graphml")

ANN = "Person:ann"
BOB = 'Person:Bob <b&b> "x"'
BOOK = "Book:1: nul_x0000_"


@unittest.skipIf(networkx is None, "networkx is not installed")
class GraphMLTest(unittest.TestCase):
    def setUp(self):
        self.shared = networkx.read_graphml(FIXTURE)

    def test_the_first_graph_is_the_shared_one(self):
        self.assertTrue(self.shared.is_directed())
        self.assertEqual(list(self.shared.nodes), [ANN, BOB, BOOK])
        self.assertEqual(self.shared.number_of_edges(), 2)

    def test_labels_and_types_are_named(self):
        self.assertEqual(self.shared.graph["labels"], "Person Book")
        self.assertEqual(self.shared.graph["edge_types"], "LIKES KNOWS")
        labels = networkx.get_node_attributes(self.shared, "label")
        self.assertEqual(labels, {ANN: "Person", BOB: "Person", BOOK: "Book"})

    def test_properties_have_their_types(self):
        self.assertEqual(
            self.shared.nodes[ANN],
            {
                "label": "Person",
                "age": 41,
                "height": 1.75,
                "label_": "a label",
                "member": True,
                "note": "one\ntwo\t= _x005F_x0041_ 日本",
                "since": 1767225600123,
                "taste": "[0.5,-1.0,INF]",
            },
        )
        self.assertEqual(self.shared.nodes[BOB], {"label": "Person", "recorded": True})
        self.assertEqual(self.shared.nodes[BOOK], {"label": "Book"})

    def test_two_edges_between_the_same_nodes_are_two(self):
        self.assertTrue(self.shared.is_multigraph())
        edges = {data["type"]: data for _, _, data in self.shared.edges(data=True)}
        likes = edges["LIKES"]
        self.assertEqual(likes["weight"], 2.5)
        self.assertEqual(likes["count"], 3)
        self.assertEqual(likes["first"], 0)
        self.assertEqual(likes["last"], 1767225600123)
        self.assertEqual(likes["weight_"], math.inf)
        self.assertEqual(edges["KNOWS"]["weight"], 1.0)

    def test_every_named_graph_is_there(self):
        graphs = list(GraphMLReader()(path=FIXTURE))
        self.assertEqual(len(graphs), 2)
        self.assertEqual(set(graphs[1].nodes), {ANN, BOB})
        self.assertEqual(graphs[1].nodes[BOB]["age"], "old")
        (edge,) = graphs[1].edges(data=True)
        self.assertEqual(edge[:2], (BOB, ANN))
        self.assertTrue(math.isnan(edge[2]["weight"]))


if __name__ == "__main__":
    if len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        if networkx is None:
            sys.exit("networkx is not installed")
        print(networkx.read_graphml(sys.argv.pop(1)))
    unittest.main()
