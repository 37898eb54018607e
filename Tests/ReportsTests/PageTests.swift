import Foundation
import Prediction
import Recommendations
import Shop
import Testing
import Time
import TwinStorage

@testable import Reports

@Suite struct PageTests {
    @Test func saysWhoTheCustomerIsAndWhatComes() throws {
        let world = try World.plain.get()
        let report = try world.report("customer-0003")
        let reader = PageReader(try report.html())
        let twin = try world.store.twin("customer-0003")
        let text = reader.text(in: "body")
        #expect(text.contains(twin.userID))
        #expect(text.contains(String(twin.eventCount)))
        #expect(text.contains(try #require(twin.city)))
        for heading in [
            "Most likely in the next 14\u{A0}days", "Surprise pick", "Past and forecast",
            "Experts behind the forecast", "Categories", "The twin as a graph",
        ] {
            #expect(reader.text(in: "h3").contains(heading), "\(heading)")
        }
        let items = report.recommendations.items
        #expect(!items.isEmpty)
        let greatest = try #require(items.map(\.probability).max())
        let leads = items.filter { $0.probability == greatest }.map {
            "Most likely in the next 14\u{A0}days: \($0.name) (\(TextFormat.percent(greatest)))"
        }
        #expect(leads.contains { text.contains($0) }, "The sentence begins with the likeliest.")
        #expect(reader.elements.count { $0.attributes["class"] == "rank" } == items.count)
        for item in items {
            #expect(text.contains(item.name) && text.contains(TextFormat.percent(item.probability)))
        }
    }

    @Test func isWellFormedWithAndWithoutTraining() throws {
        let world = try World.plain.get()
        let reports = try (1...3).map { try world.report("customer-000\($0)") }
        for metrics in [nil, world.metrics] {
            for count in 0...3 {
                let page = ReportPage(
                    title: "A page", customers: Array(reports.prefix(count)), metrics: metrics)
                let reader = PageReader(try page.html())
                #expect(reader.count("h1") == 1)
                #expect(reader.count("h2") == count + (metrics == nil ? 0 : 1))
            }
        }
    }

    @Test func sameReportsGiveTheSameBytes() throws {
        let world = try World.plain.get()
        func page() throws -> String {
            let reports = try ["customer-0002", "nobody"].map { try world.report($0) }
            return try ReportPage(title: "T", customers: reports, metrics: world.metrics).html()
        }
        #expect(try page() == page())
    }

    @Test func namesEveryCustomerOnceInTheNavigation() throws {
        let world = try World.plain.get()
        let names = (1...5).map { "Shopper \($0) of five" }
        let reports = try names.enumerated().map {
            try world.report("customer-000\($0 + 1)", named: $1, paths: 10)
        }
        let page = ReportPage(title: "T", customers: reports, metrics: world.metrics)
        let reader = PageReader(try page.html())
        let navigation = reader.text(in: "nav")
        for name in names {
            #expect(navigation.components(separatedBy: name).count == 2, "\(name)")
        }
        let targets = reader.elements.filter { $0.path.contains("nav") && $0.name == "a" }
            .compactMap { $0.attributes["href"] }
        #expect(targets == (1...5).map { "#customer-\($0)" } + ["#model"])
        let ids = reader.elements.compactMap { $0.attributes["id"] }
        #expect(Set(ids).count == ids.count, "Each id occurs once.")
        for target in targets { #expect(ids.contains(String(target.dropFirst()))) }
    }

    @Test func needsNoNavigationForOneCustomerAlone() throws {
        let world = try World.plain.get()
        let reader = PageReader(try world.report("customer-0001", paths: 10).html())
        #expect(reader.count("nav") == 0)
    }

    @Test func showsTheRawIDOnlyWhenItIsGiven() throws {
        let world = try World.plain.get()
        let hidden = try world.report("customer-0004", paths: 10).html()
        #expect(!hidden.contains("customer-0004"))
        #expect(hidden.contains("Customer "))
        let shown = try world.report("customer-0004", named: "customer-0004", paths: 10).html()
        #expect(PageReader(shown).text(in: "h2").contains("customer-0004"))
    }

    @Test func saysThatACustomerIsNew() throws {
        let world = try World.plain.get()
        let report = try world.report("somebody nobody knows")
        let html = try ReportPage(
            title: "T", customers: [report, try world.report("customer-0001")]
        ).html()
        let reader = PageReader(html)
        #expect(html.components(separatedBy: "Cold start.").count == 2)
        #expect(reader.text(in: "body").contains("These items are popular with all customers."))
        #expect(reader.text(in: "nav").components(separatedBy: "new").count == 2)
        #expect(html.contains("no events in this time"))
        #expect(!html.contains("somebody nobody knows"))
    }

    @Test func saysThatThereIsNobody() throws {
        let html = try ReportPage(title: "Empty", customers: []).html()
        #expect(PageReader(html).text(in: "main").contains("No customers were given."))
    }

    @Test func loadsNothingAndRunsNothing() throws {
        let world = try World.plain.get()
        let reports = try ["customer-0001", "nobody"].map { try world.report($0) }
        let html = try ReportPage(title: "T", customers: reports, metrics: world.metrics).html()
        for banned in [
            "http:", "https:", "//", "<script", "<link", "<img", "<iframe", "@import",
            "url(", "javascript:", " src=", " style=",
        ] {
            #expect(!html.lowercased().contains(banned), "\(banned)")
        }
        for element in PageReader(html).elements {
            for (name, value) in element.attributes {
                #expect(!name.lowercased().hasPrefix("on"), "\(name)")
                if name == "href" { #expect(value.hasPrefix("#")) }
            }
        }
    }

    @Test func leavesNoTemplateTagsBehind() throws {
        let world = try World.plain.get()
        let html = try ReportPage(
            title: "T", customers: [try world.report("customer-0001")], metrics: world.metrics
        ).html()
        #expect(!html.contains("{{") && !html.contains("Optional("))
        // As a word: a shop may sell bananas.
        #expect(!html.contains(#/\b(?i:nan)\b/#), "Some figure is not a number.")
    }

    @Test func readsAShortHorizonAndAnEarlierMoment() throws {
        let world = try World.plain.get()
        let day = try world.report("customer-0005", paths: 5, days: 0.5)
        #expect(PageReader(try day.html()).text(in: "h3").contains("12\u{A0}hours"))
        let origin = try #require(Timestamp(text: "2026-01-20"))
        let earlier = try world.report("customer-0005", paths: 5, asOf: origin)
        _ = PageReader(try earlier.html())
    }

    @Test func tellsHowTheModelWasTrained() throws {
        let world = try World.plain.get()
        let html = try ReportPage(
            title: "T", customers: [], metrics: world.metrics
        ).html()
        let text = PageReader(html).text(in: "main")
        #expect(text.contains("Learning curve"))
        #expect(text.contains("All together"))
        #expect(text.contains("\(world.metrics.heldOutSequenceCount)"))
        for name in ["Repeat purchases", "Popularity", "Population transitions"] {
            #expect(text.contains(name), "\(name)")
        }
    }
}
