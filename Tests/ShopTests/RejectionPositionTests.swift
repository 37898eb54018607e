import Shop
import Testing

/// Where something that was not accepted is.
@Suite struct RejectionPositionTests {
    @Test func aLineIsNotAnIndex() {
        let rejection = Rejection(.missing, "user_id")
        #expect(rejection.position == nil && rejection.line == nil && rejection.batchIndex == nil)
        let ofLine = rejection.at(.line(3))
        #expect(ofLine.line == 3 && ofLine.batchIndex == nil)
        #expect(ofLine.reason == .missing && ofLine.detail == "user_id")
        let ofBatch = rejection.at(.batchIndex(3))
        #expect(ofBatch.batchIndex == 3 && ofBatch.line == nil)
        #expect(ofLine != ofBatch && ofLine != rejection)
        #expect(ofBatch.at(.line(3)) == ofLine)
    }

    @Test func positionsHaveWords() {
        #expect("\(Rejection.Position.line(3))" == "line 3")
        #expect("\(Rejection.Position.batchIndex(0))" == "event 0 of the batch")
    }
}
