import Shop
import Time

/// The events of the benchmarks: an endless stream, the same for the same seed.
///
/// Visits of random customers have five events. Most items are from a customer's own sixty items.
/// It is much faster than the synthetic shop, and each event can be made on its own.
struct BenchEvents {
    let customers: Int
    let seed: UInt64

    private static let visit = 5
    private static let items: UInt64 = 10_000
    private static let types: [EventType] = [.view, .view, .cartAdd, .view, .purchase]
    private static let cities = ["Wien", "Graz", "Linz", "Salzburg", "Innsbruck"]

    /// The half-life of the benchmarks' stores in seconds.
    static let halfLifeSeconds: Double = 30 * 86_400

    /// The event at an index of the stream; there is a visit every half minute.
    subscript(index: Int) -> Event {
        let visit = index / Self.visit
        let step = index % Self.visit
        let customer = Int(mix(UInt64(visit), 1) % UInt64(customers))
        let draw = mix(UInt64(index), 2)
        let own = mix(UInt64(customer) << 8 | draw >> 32 % 60, 3) % Self.items
        let item = draw % 10 < 7 ? own : mix(draw, 4) % Self.items
        let seconds = Int64(1_700_000_000 + visit * 30 + step * 5)
        return Event(
            eventID: "e\(index)", userID: "customer-\(customer)", itemID: "item-\(item)",
            type: Self.types[step], timestamp: Timestamp(seconds: seconds),
            sessionID: "s\(visit)", city: Self.cities[customer % Self.cities.count],
            quantity: step == 4 ? Double(1 + draw % 3) : nil,
            price: Double(100 + item % 900) / 100)
    }

    /// SplitMix64 of a number, for one of several streams.
    private func mix(_ number: UInt64, _ stream: UInt64) -> UInt64 {
        var z = number &+ seed &* 0x9E37_79B9_7F4A_7C15 &+ stream &* 0xD1B5_4A32_D192_ED03
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
