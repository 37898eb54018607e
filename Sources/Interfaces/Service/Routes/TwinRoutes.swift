import Foundation
import Hummingbird
import NIOConcurrencyHelpers
import Recommendations
import Shop
import Time
import TwinStorage

/// What the service says of customers: their twins, and what to recommend to them.
struct TwinRoutes: Sendable {
    let store: TwinStore
    let models: ModelHolder
    let simulations: SimulationQueue
    let connections: Connections
    let surprises: NIOLockedValueBox<SurpriseSchedule>

    /// When a surprise is added.
    private enum SurpriseChoice: String, CaseIterable { case auto, always, never }

    /// `GET /v1/twins/{id}`.
    func twin(_ request: Request, _ context: ServiceContext) async throws -> Response {
        _ = try QueryParameters(request, allowed: [])
        let userID = try Self.userID(context)
        let store = store
        let twin = try await WorkThreads.storing { try store.twin(userID) }
        return try JSONAnswer.response(TwinDocument(twin))
    }

    /// `GET /v1/twins/{id}/recommendations`.
    func recommendations(
        _ request: Request, _ context: ServiceContext
    ) async throws -> Response {
        let userID = try Self.userID(context)
        let (options, surprise) = try Self.options(request)
        let models = models
        let surprises = surprises
        let simulations = simulations
        let work: @Sendable () throws -> RecommendationList = {
            let recommender = try models.current().recommender
            var options = options
            switch surprise {
            case .always: options.wantsSurprise = true
            case .never: options.wantsSurprise = false
            case .auto: options.wantsSurprise = surprises.withLockedValue { $0.next() }
            }
            return try recommender.recommend(userID, options: options)
        }
        let weight = ServiceLimits.pathDaysBase + Self.pathDays(options)
        guard let connection = connections[context.channel] else {
            return try JSONAnswer.response(try await simulations.run(weight: weight, work))
        }
        let answer = try await connection.whileClientStays {
            try await simulations.run(weight: weight, work)
        }
        return try JSONAnswer.response(answer)
    }

    private static func pathDays(_ options: RecommendationOptions) -> Double {
        Double(options.paths) * options.horizonDays
    }

    private static func options(
        _ request: Request
    ) throws(Problem) -> (RecommendationOptions, SurpriseChoice) {
        let query = try QueryParameters(
            request,
            allowed: [
                "n", "offset", "horizon_days", "paths", "seed", "embeddings", "preferences",
                "surprise", "as_of",
            ])
        var options = RecommendationOptions()
        options.count = try query.integer("n", in: ServiceLimits.count, default: options.count)
        options.offset = try query.integer(
            "offset", in: ServiceLimits.offset, default: options.offset)
        options.horizonDays = try query.number(
            "horizon_days", in: ServiceLimits.horizonDays, default: options.horizonDays)
        options.paths = try query.integer(
            "paths", in: ServiceLimits.paths, default: options.paths)
        guard pathDays(options) <= ServiceLimits.pathDaysMax else {
            throw Problem(
                .unprocessableContent, "out-of-range",
                "paths times horizon_days is out of range. Use "
                    + "\(Int(ServiceLimits.pathDaysMax)) at most.")
        }
        options.seed = try query.seed("seed", default: options.seed)
        options.usesEmbeddings = try query.flag("embeddings", default: options.usesEmbeddings)
        options.usesPreferences = try query.flag("preferences", default: options.usesPreferences)
        options.asOf = try query.time("as_of")
        return (options, try query.choice("surprise", default: SurpriseChoice.auto))
    }

    /// The customer's id in the path, under the rules for ids in events.
    private static func userID(_ context: ServiceContext) throws(Problem) -> String {
        guard let id = context.parameters.get("id")?.removingPercentEncoding, !id.isEmpty,
            !id.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F })
        else {
            throw Problem(
                .badRequest, "bad-id",
                "The id in the path cannot be read. Use percent-encoded UTF-8 without control "
                    + "characters.")
        }
        guard id.utf8.count <= Limits.idByteCountMax else {
            throw Problem(
                .unprocessableContent, "out-of-range",
                "The id in the path is longer than \(Limits.idByteCountMax) bytes.")
        }
        return id
    }
}

/// A twin as JSON.
struct TwinDocument: Encodable {
    struct Interaction: Encodable {
        var itemID: String
        var type: String
        var weight: Double
        var count: Int
        var first: String
        var last: String

        init(_ interaction: UserTwin.Interaction) {
            itemID = interaction.itemID
            type = interaction.type.name
            weight = interaction.weight
            count = interaction.count
            first = interaction.first.iso8601
            last = interaction.last.iso8601
        }
    }

    /// The customer key: the pseudonym.
    var customerKey: String
    var isColdStart: Bool
    var eventCount: Int
    var firstEvent: String?
    var lastEvent: String?
    var city: String?
    var itemCount: Int
    var interactionCount: Int
    var transitionCount: Int
    var interactions: [Interaction]
    var preferences: UserTwin.Preferences

    init(_ twin: UserTwin) {
        customerKey = twin.userID
        isColdStart = twin.isCold
        eventCount = twin.eventCount
        firstEvent = twin.firstEvent?.iso8601
        lastEvent = twin.lastUpdated?.iso8601
        city = twin.city
        itemCount = twin.itemGraph.itemIDs.count
        interactionCount = twin.itemGraph.interactions.count
        transitionCount = twin.itemGraph.sequences.count
        let limit = ServiceLimits.twinListMax
        interactions = twin.itemGraph.interactions.prefix(limit).map(Interaction.init)
        preferences = twin.preferences
        preferences.categories = Array(preferences.categories.prefix(limit))
        preferences.brands = Array(preferences.brands.prefix(limit))
    }
}
