import Foundation
import ShopFormats
import Testing
import Time

@testable import Reports
@testable import Simulation

@Suite struct FleetPageTests {
    private func report(_ world: World, before: Bool, demand: Bool = true) throws -> FleetReport {
        let folder = try FleetFolder()
        var now = try folder.run(world, "now", twins: 5..<60, scale: 2)
        var then = try folder.run(
            world, "then", twins: 0..<50,
            from: Timestamp(seconds: FleetFolder.origin.seconds - 7 * 86_400))
        if !demand { (now.demand, then.demand) = ([], []) }
        return try FleetReport(now, before: before ? then : .init(), world)
    }

    @Test func firstScreenSaysWhatMatters() throws {
        let world = try World.plain.get()
        let report = try report(world, before: true)
        let reader = PageReader(try report.html())
        #expect(reader.text(in: "h1").contains("What 55\u{A0}customers will need"))
        #expect(reader.text(in: "h1").contains("18\u{A0}Jan\u{A0}2026"))
        let top = reader.text(in: "header")
        for words in [
            "Customers", "Expected purchases", "Expected spend", "Busiest day",
            "Since the last run", TextFormat.amount(report.purchases.expected), "9 futures of 10",
        ] {
            #expect(top.contains(words), "\(words)")
        }
        let headings = reader.text(in: "h2")
        for part in ["Demand", "Changes", "Items", "Need dates", "Customers"] {
            #expect(headings.contains(part), "\(part)")
        }
        let text = reader.text(in: "main")
        let best = try #require(report.items.first)
        #expect(text.contains(best.name))
        #expect(text.contains("10\u{A0}% to 20\u{A0}%"))
    }

    @Test(arguments: [true, false], [true, false])
    func loadsNothingAndIsWhole(before: Bool, demand: Bool) throws {
        let report = try report(try World.plain.get(), before: before, demand: demand)
        let html = try report.html()
        for banned in [
            "http:", "https:", "//", "<script", "<link", "<img", "<iframe", "@import",
            "url(", "javascript:", " src=", " style=", "{{", "Optional(",
        ] {
            #expect(!html.lowercased().contains(banned.lowercased()), "\(banned)")
        }
        #expect(!html.contains(#/\b(?i:nan)\b/#), "Some figure is not a number.")
        let reader = PageReader(html)
        let ids = reader.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count)
        for element in reader.elements {
            guard let target = element.attributes["href"] else { continue }
            #expect(ids.contains(String(target.dropFirst())), "\(target)")
        }
        #expect(reader.text(in: "h2").contains("Changes") == before)
        #expect(html.contains("too low") != demand)
        #expect(html == (try report.html()))
    }

    @Test func hostileNamesStayText() throws {
        let world = try World.evil.get()
        let html = try report(world, before: true).html()
        let reader = PageReader(html)
        let known: Set = [
            "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "footer",
            "section", "div", "p", "a", "span", "bdi", "h1", "h2", "h3", "ul", "li", "dl", "dt",
            "dd", "svg", "rect", "path", "text",
        ]
        #expect(Set(reader.elements.map(\.name)).isSubset(of: known))
        for element in reader.elements {
            for name in element.attributes.keys {
                #expect(!name.hasPrefix("on") && name != "src", "\(name)")
            }
        }
        #expect(!html.contains("<script") && !html.contains("<img"))
    }

    @Test func jsonAndTableSayTheSame() throws {
        let report = try report(try World.plain.get(), before: true)
        let data = try JSONEncoder().encode(report)
        let json = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(json["twins"] as? Int == 55)
        #expect((json["purchasesByDay"] as? [Any])?.count == 14)
        #expect((json["change"] as? [String: Any])?["newTwins"] as? Int == 10)
        let lines = report.csv().split(separator: "\n").map(String.init)
        #expect(lines[0] == "list,id,name,category,day,value,low,high")
        var fields: [String] = []
        var sums: [String: Double] = [:]
        for line in lines.dropFirst() {
            try CSV.fields(
                of: Array(line.utf8)[...], separator: UInt8(ascii: ","), into: &fields)
            try #require(fields.count == 8, "\(line)")
            sums[fields[0], default: 0] += try #require(Double(fields[5]))
        }
        let total = report.purchases.expected
        for list in ["purchases", "purchases_by_day", "category", "category_by_day", "item"] {
            #expect(abs((sums[list] ?? 0) - total) < 1e-6, "\(list)")
        }
        #expect(sums["customers_new"] == 10 && sums["customers_gone"] == 5)
        #expect(Int(sums["probability"] ?? 0) == report.forecasts)
    }

    @Test func oneTwinOnOneDayIsAPageToo() throws {
        let world = try World.plain.get()
        let folder = try FleetFolder()
        for days in [0.25, 1, 366] {
            let path = try folder.write(
                "one", [try FleetFolder.line(1, "a", days: [0, 0, 0], horizon: days)])
            let html = try FleetReport(.init(fleet: [path]), world).html()
            #expect(PageReader(html).text(in: "h1").contains("1\u{A0}customer will"))
        }
    }
}
