import Foundation
import Prediction
import Testing
import Time

@testable import Reports
@testable import Shop

@Suite struct ChartTests {
    private func drawing(
        items: Int, weight: (Int) -> Double = { 1 / Double($0 + 1) }
    ) -> TwinDrawing {
        var graph = UserTwin.ItemGraph()
        let time = Timestamp(seconds: 0)
        for index in 0..<items {
            graph.interactions.append(
                .init(
                    itemID: "i\(index)", type: index.isMultiple(of: 3) ? .purchase : .view,
                    weight: weight(index), count: 1, first: time, last: time))
            graph.sequences.append(
                .init(
                    from: "i\(index)", to: "i\((index * 7 + 1) % items)", type: "A_THEN_B",
                    weight: weight(index), count: 1))
        }
        var known: [String: Item] = [:]
        for index in 0..<items where index != 1 {
            known["i\(index)"] = Item(
                itemID: "i\(index)", name: "Item number \(index)", category: "C\(index % 9)")
        }
        var weights: [String: Double] = [:]
        for index in 0..<9 { weights["C\(index)"] = Double(9 - index) }
        return TwinDrawing(graph, items: known, colors: CategoryColors(weights: weights))
    }

    @Test(arguments: [0, 1, 2, 3, 24, 25, 60], [false, true])
    func graphStaysInItsFrame(items: Int, isNarrow: Bool) throws {
        let drawing = drawing(items: items)
        #expect(drawing.nodes.count == min(items, TwinDrawing.nodeMax))
        #expect(drawing.itemCount == items)
        let reader = try expectInFrame(TwinGraphChart(drawing, isNarrow: isNarrow).markup())
        #expect(reader.count("circle") == drawing.nodes.count + 1)
        #expect(reader.count("text") == drawing.nodes.count + 1)
    }

    @Test(arguments: [false, true]) func noTwoNamesOverlap(isNarrow: Bool) throws {
        let reader = PageReader(TwinGraphChart(drawing(items: 40), isNarrow: isNarrow).markup())
        let width = isNarrow ? 360.0 : 1080
        var boxes: [(left: Double, right: Double, y: Double)] = []
        let texts = reader.texts.filter { $0.path.last == "text" }.map(\.text)
        let elements = reader.elements.filter { $0.name == "text" }
        for (text, element) in zip(texts, elements) {
            let x = try #require(Double(element.attributes["x"] ?? ""))
            let y = try #require(Double(element.attributes["y"] ?? ""))
            let size = Double(text.count) * 7
            let anchor = element.attributes["text-anchor"]
            let left = anchor == "end" ? x - size : anchor == "middle" ? x - size / 2 : x
            boxes.append((left, left + size, y))
            #expect(left > 0 && left + size < width, "\(text)")
        }
        for (place, a) in boxes.enumerated() {
            for b in boxes.dropFirst(place + 1) {
                #expect(a.right < b.left || b.right < a.left || abs(a.y - b.y) >= 15)
            }
        }
    }

    @Test func graphOfUselessWeightsIsDrawn() throws {
        for weight in [0, -1, Double.nan, .infinity, 1e300, 1e-300] {
            let drawing = drawing(items: 5) { _ in weight }
            _ = try expectInFrame(TwinGraphChart(drawing, isNarrow: false).markup())
        }
    }

    @Test func graphKeepsTheHeaviest() {
        let drawing = drawing(items: 60)
        #expect(drawing.nodes.map(\.weight).max() == 1)
        #expect(Set(drawing.nodes.map(\.name)).contains("Item number 0"))
        #expect(!Set(drawing.nodes.map(\.name)).contains("Item number 59"))
        #expect(drawing.nodes.map(\.color) == drawing.nodes.map(\.color).sorted())
        #expect(drawing.nodes.first { $0.name == "i1" }?.category == CategoryColors.none)
        #expect(drawing.links.count <= TwinDrawing.linkMax)
        for link in drawing.links { #expect(link.from != link.to) }
    }

    @Test func barsStayInTheirFrame() throws {
        for value in [0, 0.3, 1, 2, -1, .nan, .infinity] {
            _ = try expectInFrame(Bars.probability(value, interval: [value, 0.9], end: 1))
            _ = try expectInFrame(Bars.probability(value, interval: [], end: 0))
            _ = try expectInFrame(Bars.plain(value, end: 1, isStrong: true))
            _ = try expectInFrame(Bars.plain(value, end: 0, isStrong: false))
            let preference = CategoryPreference(name: "C", color: 6, past: value, expected: value)
            _ = try expectInFrame(Bars.preference(preference, end: 1))
            _ = try expectInFrame(Bars.preference(preference, end: 0))
        }
        _ = try expectInFrame(Bars.stack([], label: "none"))
        _ = try expectInFrame(Bars.stack([1], label: "one"))
        let six = try expectInFrame(Bars.stack([0.5, 0.2, 0.1, 0.1, 0.05, 0.05], label: "a < b"))
        #expect(six.count("rect") == 6)
        #expect(six.elements.first?.attributes["aria-label"] == "a < b")
    }

    @Test func lossStaysInItsFrame() throws {
        let curves = [
            "", #"{"training":3.25,"validation":3.5}"#, #"{"training":3.25}"#,
            #"{"training":9,"validation":8},{"training":7,"validation":8.5},{"training":6.5}"#,
            Array(repeating: #"{"training":2,"validation":2}"#, count: 40).joined(separator: ","),
            #"{"training":1e300,"validation":-1e300},{"training":0,"validation":0}"#,
        ]
        for curve in curves {
            let epochs = try JSONDecoder().decode(
                [TrainingMetrics.Epoch].self, from: Data("[\(curve)]".utf8))
            let reader = try expectInFrame(LossChart(epochs).markup())
            let known = epochs.count + epochs.compactMap(\.validation).count
            #expect(reader.count("circle") == known)
        }
    }

    @Test func axesHaveRoundMarks() {
        #expect(Axis(maximum: 4).ticks == [0, 1, 2, 3, 4])
        let six = Axis(maximum: 5.4)
        #expect(six.ticks.map { six.label($0) } == ["0", "2", "4", "6"])
        #expect(Axis(maximum: 0.35).end >= 0.35)
        #expect(Axis(maximum: 0.35).label(0.1) == "0.1")
        #expect(Axis(minimum: 6.6, maximum: 9.8).ticks == [6, 7, 8, 9, 10])
        for value in [0, -3, Double.nan, .infinity, 1e300, 1e-300] {
            let axis = Axis(maximum: value)
            #expect(axis.ticks.count >= 2 && axis.ticks.count < 10)
            #expect(axis.end > 0 && axis.ticks.allSatisfy(\.isFinite))
        }
        for maximum in stride(from: 0.1, through: 400, by: 0.7) {
            let axis = Axis(maximum: maximum)
            #expect(axis.end >= maximum - 1e-6 && (2...6).contains(axis.ticks.count), "\(maximum)")
        }
    }

    @Test func numbersAreShort() {
        let cases: [(Double, String)] = [
            (0, "0"), (1, "1"), (1.25, "1.3"), (-0.04, "0"), (-2.5, "-2.5"), (1080, "1080"),
            (.nan, "0"), (.infinity, "0"), (-.infinity, "0"), (1e300, "0"),
        ]
        for (value, text) in cases { #expect(SVG.number(value) == text, "\(value)") }
        #expect(SVG.number(2.05, places: 2) == "2.05")
        #expect(SVG.number(7, places: 0) == "7")
    }

    @Test func quantilesLieBetweenNeighbours() {
        #expect([Double]().quantile(0.5) == 0)
        #expect([4.0].quantile(0.9) == 4)
        #expect([0.0, 10].quantile(0.5) == 5)
        #expect([0.0, 1, 2, 3, 4].quantile(0.1) == 0.4)
        #expect([0.0, 1, 2, 3, 4].quantile(1) == 4)
    }

    @Test func coloursGoToTheWeightiest() {
        let colors = CategoryColors(
            weights: ["a": 1, "b": 5, "c": 5, "d": 0.5, "e": 3, "f": 2, "g": 1, "h": 0])
        #expect(colors.names == ["b", "c", "e", "f", "a", "g"])
        #expect(colors.index(of: "c") == 1)
        #expect(colors.index(of: "h") == 6)
        #expect(colors.index(of: "never seen") == 6)
        #expect(CategoryColors(weights: [:]).index(of: "a") == 6)
    }
}
