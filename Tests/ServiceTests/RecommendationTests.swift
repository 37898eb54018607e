import Foundation
import HTTPTypes
import Prediction
import Recommendations
import Shop
import TestSupport
import Testing
import Time
import TwinStorage

@testable import Service

/// `GET /v1/twins/{id}/recommendations` and the model behind it.
@Suite struct RecommendationTests {
    private func customer() throws -> String {
        try #require(try TrainedShop.shared.get().events.first).userID
    }

    @Test func theAnswerIsThatOfTheLibrary() async throws {
        let service = try TestService.shared.get()
        let user = try customer()
        var options = RecommendationOptions()
        options.paths = 100
        options.seed = 99
        options.count = 7
        options.offset = 2
        let recommender = try service.models.current().recommender
        let expected = try recommender.recommend(user, options: options)
        let answer = try await service.get(
            "/v1/twins/\(user)/recommendations?paths=100&seed=99&n=7&offset=2&surprise=always")
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.itemIDs == expected.items.map(\.itemID))
        #expect(
            answer.list("items").compactMap { $0["probability"] as? Double }
                == expected.items.map(\.probability))
        #expect(answer.string("customer_key") == expected.customerKey)
        #expect(answer.string("as_of") == expected.asOf)
        #expect(answer.string("model_version") == "v0001")
        #expect(answer.json["horizon_days"] as? Double == 28)
        #expect(answer.json["is_cold_start"] as? Bool == false)
        let surprise = answer.json["surprise"] as? [String: Any]
        #expect(surprise?["item_id"] as? String == expected.surprise?.itemID)
        #expect(!answer.text.contains(user))
    }

    @Test func sameSeedSameBytesAndKeysInOrder() async throws {
        let service = try TestService.shared.get()
        let uri = "/v1/twins/\(try customer())/recommendations?paths=50&surprise=never"
        let first = try await service.get(uri)
        let second = try await service.get(uri)
        #expect(first.text == second.text)
        #expect(first.text.hasPrefix(#"{"as_of":"#))
        let other = try await service.get(uri + "&seed=8")
        #expect(other.text != first.text)
        #expect(first.itemIDs.count == 10)
        #expect(Set(first.itemIDs).count == 10)
        let item = try #require(first.list("items").first)
        let keys = [
            "item_id", "name", "score", "probability", "interval", "is_surprise", "reasons",
        ]
        for key in keys { #expect(item[key] != nil, "\(key)") }
    }

    @Test func somebodyUnknownGetsWhatIsPopular() async throws {
        let service = try TestService.shared.get()
        let answer = try await service.get("/v1/twins/nobody/recommendations?paths=50")
        #expect(answer.status == 200)
        #expect(answer.json["is_cold_start"] as? Bool == true)
        #expect(answer.itemIDs.count == 10)
        #expect(answer.json["surprise"] == nil)
        let twin = try await service.get("/v1/twins/nobody")
        #expect(twin.status == 200)
        #expect(twin.json["is_cold_start"] as? Bool == true)
        #expect(twin.integer("event_count") == 0)
        #expect(twin.list("interactions").isEmpty)
    }

    @Test func theNextCallReflectsAPost() async throws {
        let service = try TestService(hasModel: true, hasEvents: true)
        let uri = "/v1/twins/newcomer/recommendations?paths=200&n=200&surprise=never"
        let before = try await service.get(uri)
        #expect(before.json["is_cold_start"] as? Bool == true)
        let item = try #require(before.itemIDs.last)
        let newest = try #require(try service.store.newestEvent())
        let posted = try await service.post(
            eventJSON("newcomer", item, type: "purchase", time: newest.iso8601))
        #expect(posted.integer("added") == 1)
        let after = try await service.get(uri)
        #expect(after.json["is_cold_start"] as? Bool == false)
        let rankBefore = try #require(before.itemIDs.firstIndex(of: item))
        let rankAfter = try #require(after.itemIDs.firstIndex(of: item))
        #expect(rankAfter < rankBefore)
        // An item that is newer than the model is no obstacle.
        let unknown = try await service.post(
            eventJSON("newcomer", "brand-new", type: "view", time: newest.iso8601))
        #expect(unknown.integer("added") == 1)
        #expect(try await service.get(uri).status == 200)
        // A rejected item is not offered again.
        let rejected = try await service.post(
            eventJSON("newcomer", item, type: "reject", time: newest.iso8601))
        #expect(rejected.integer("added") == 1)
        #expect(try await !service.get(uri).itemIDs.contains(item))
    }

    @Test func surprisesComeAtTheRate() async throws {
        let service = try TestService(hasModel: true, hasEvents: true, surpriseRate: 0.25)
        let uri = "/v1/twins/\(try customer())/recommendations?paths=5"
        var shown: [Bool] = []
        for _ in 0..<8 { shown.append(try await service.get(uri).json["surprise"] != nil) }
        #expect(shown == [false, false, false, true, false, false, false, true])
        #expect(try await service.get(uri + "&surprise=always").json["surprise"] != nil)
        #expect(try await service.get(uri + "&surprise=never").json["surprise"] == nil)
    }

    @Test func tasteAndPreferencesCanBeSwitchedOff() async throws {
        let service = try TestService.shared.get()
        let uri = "/v1/twins/\(try customer())/recommendations?paths=50&surprise=never"
        let plain = try await service.get(uri + "&embeddings=false&preferences=false")
        let scores = plain.list("items").compactMap { $0["score"] as? Double }
        #expect(scores == plain.list("items").compactMap { $0["probability"] as? Double })
        let both = try await service.get(uri + "&embeddings=true&preferences=true")
        #expect(both.text == (try await service.get(uri)).text)
        #expect(both.text != plain.text)
    }

    @Test func withoutAModelTheRestWorks() async throws {
        let service = try TestService()
        for path in ["/v1/twins/ann/recommendations", "/readyz"] {
            let answer = try await service.get(path)
            #expect(answer.status == 503)
            #expect(answer.isProblem)
            #expect(answer.string("detail")?.contains("There is no model yet. Train one") == true)
        }
        #expect(try await service.get("/healthz").status == 200)
        #expect(try await service.post(eventJSON("ann", "milk")).status == 200)
        #expect(try await service.get("/v1/twins/ann").integer("event_count") == 1)
    }

    @Test func aStoreThatWasMovedIsNotReady() async throws {
        let service = try TestService(hasModel: true)
        #expect(try await service.get("/readyz").status == 200)
        let store = service.folder.path + "/store"
        try FileManager.default.moveItem(atPath: store, toPath: store + "-elsewhere")
        let answer = try await service.get("/readyz")
        #expect(answer.status == 503)
        #expect(answer.string("type")?.hasSuffix("store-moved") == true)
        try FileManager.default.moveItem(atPath: store + "-elsewhere", toPath: store)
        #expect(try await service.get("/readyz").status == 200)
    }

    @Test(arguments: [(64, 4), (128, 28), (1_024, 900), (1 << 20, 900)])
    func connectionsLeaveDescriptorsForFiles(descriptors: Int, connections: Int) {
        #expect(ServiceLimits.connectionCountMax(descriptors: descriptors) == connections)
        #expect(ServiceLimits.quietConnectionCountMax < ServiceLimits.connectionCountMax)
    }

    @Test func aNewModelIsTakenUpWithinASecond() async throws {
        let service = try TestService()
        try service.publishModel()
        #expect(try await service.get("/readyz").status == 503)
        service.clock.advance(by: .seconds(1))
        #expect(try await service.get("/readyz").string("model_version") == "v0001")
        try service.publishModel()
        service.clock.advance(by: .milliseconds(999))
        #expect(try await service.get("/readyz").string("model_version") == "v0001")
        service.clock.advance(by: .milliseconds(1))
        let answer = try await service.get("/v1/twins/x/recommendations?paths=1")
        #expect(answer.string("model_version") == "v0002")
    }

    @Test func anUnreadableModelLeavesTheOldOneInUse() async throws {
        let service = try TestService(hasModel: true)
        let version = try service.publishModel()
        let file = service.registry.folder.appending(path: "\(version)/config.json")
        let good = try Data(contentsOf: file)
        try Data("{".utf8).write(to: file)
        service.clock.advance(by: .seconds(2))
        #expect(try await service.get("/readyz").string("model_version") == "v0001")
        #expect(service.log.lines.contains { $0.hasPrefix("error model cannot be used") })
        // It is not read again at every look, but now and then.
        let errors = service.log.lines.count { $0.hasPrefix("error") }
        service.clock.advance(by: .seconds(2))
        #expect(try await service.get("/readyz").status == 200)
        #expect(service.log.lines.count { $0.hasPrefix("error") } == errors)
        try good.write(to: file)
        service.clock.advance(by: ServiceLimits.modelRetryInterval)
        #expect(try await service.get("/readyz").string("model_version") == version)
    }

    @Test func aNamedVersionIsServedWhateverIsPublished() async throws {
        let service = try TestService(hasModel: true)
        #expect(try service.publishModel() == "v0002")
        func serving(_ version: String) throws -> ModelHolder {
            try ModelHolder(
                version: version, of: service.registry, store: service.store,
                logger: service.log.logger)
        }
        let holder = try serving("v0001")
        #expect(try holder.current().version == "v0001")
        #expect(try holder.current().version == "v0001")
        #expect(try serving("v0002").current().version == "v0002")
        let error = #expect(throws: PredictionError.self) { try serving("v0099") }
        #expect(error?.description.contains("v0099") == true)
        // The service hands the name on.
        var configuration = ServiceConfiguration(
            port: 0, storePath: service.folder.path,
            modelFolder: service.registry.folder.path)
        configuration.modelVersion = "v0099"
        #expect(throws: PredictionError.self) {
            try ForetwinService(
                configuration: configuration, store: service.store, logger: service.log.logger)
        }
    }

    @Test func aBrokenFirstModelIsNotReady() async throws {
        let service = try TestService()
        let version = try service.publishModel()
        let folder = service.registry.folder
        try FileManager.default.removeItem(
            at: folder.appending(path: "\(version)/model.safetensors"))
        service.clock.advance(by: .seconds(1))
        let answer = try await service.get("/readyz")
        #expect(answer.status == 503)
        #expect(answer.string("type") == "urn:foretwin:problem:bad-model")
        #expect(!answer.text.contains(folder.path))
        // A model folder that vanishes takes no model away.
        let other = try TestService(hasModel: true)
        try FileManager.default.removeItem(at: other.registry.folder)
        other.clock.advance(by: .seconds(5))
        #expect(try await other.get("/readyz").status == 200)
    }
}
