import Testing

@testable import Prediction

@Suite("Early stopping")
struct BestFoundTests {
    @Test("The best result stays, also if it is the initial one")
    func best() {
        var best = EarlyStopping("start", loss: 3, patience: 5)
        best.offer("worse", loss: 4)
        #expect(best.value == "start" && best.loss == 3)
        best.offer("better", loss: 2)
        best.offer("as good", loss: 2)
        best.offer("worse", loss: 2.5)
        #expect(best.value == "better" && best.loss == 2)
    }

    @Test("Training stops after the allowed epochs without a gain, counted from the last gain")
    func patience() {
        var best = EarlyStopping(0, loss: 1, patience: 2)
        #expect(best.shouldContinue)
        best.offer(1, loss: 1)
        #expect(best.shouldContinue)
        best.offer(2, loss: 0.5)
        best.offer(3, loss: 0.6)
        #expect(best.shouldContinue)
        best.offer(4, loss: 0.6)
        #expect(!best.shouldContinue && best.value == 2)
    }

    @Test("A loss that is not a number is no gain")
    func notANumber() {
        var best = EarlyStopping(0, loss: 1, patience: 1)
        best.offer(1, loss: .nan)
        #expect(best.value == 0 && !best.shouldContinue)
    }
}
