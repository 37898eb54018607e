import Foundation

/// The entry point of `tools/fuzz`; the tests leave this file out.
///
/// `FORETWIN_FUZZ_TARGET` is the name of the target. If `FORETWIN_FUZZ_SEEDS` is a folder, its
/// seeds are written there first.
private let target: FuzzTarget = {
    let environment = ProcessInfo.processInfo.environment
    let name = environment["FORETWIN_FUZZ_TARGET"] ?? ""
    guard let target = FuzzTarget.all.first(where: { $0.name == name }) else {
        let names = FuzzTarget.all.map(\.name).joined(separator: "\n")
        FileHandle.standardOutput.write(Data((names + "\n").utf8))
        exit(name.isEmpty ? 0 : 2)
    }
    if let folder = environment["FORETWIN_FUZZ_SEEDS"] {
        for (number, seed) in target.seeds.enumerated() {
            try? Data(seed).write(to: URL(filePath: "\(folder)/seed-\(number)"))
        }
    }
    return target
}()

// UnsafeMutablePointer: one argument of the program, as C has it.
private typealias Argument = UnsafeMutablePointer<CChar>?
// UnsafePointer: libFuzzer calls it with each input.
private typealias Input = @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    // UnsafeMutablePointer: libFuzzer may change both, which outlive the call.
    _ count: UnsafeMutablePointer<CInt>, _ arguments: UnsafeMutablePointer<ArgumentList>,
    _ input: Input
) -> CInt

// UnsafeMutablePointer: the arguments of the program, as C has them.
private typealias ArgumentList = UnsafeMutablePointer<Argument>

// UnsafePointer: libFuzzer lends the bytes for the time of the call, and they are copied here.
@_cdecl("LLVMFuzzerTestOneInput")
func runOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    do {
        // UnsafeBufferPointer: copied at once.
        try target.run(Array(UnsafeBufferPointer(start: bytes, count: count)))
    } catch {
        preconditionFailure("\(target.name): \(error)")
    }
    return 0
}

// The package manager starts an executable here, and not in the `main` of libFuzzer.
@_cdecl("fuzz_main")
func main(_ count: CInt, _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> CInt {
    _ = target
    var count = count
    var arguments = arguments
    return runDriver(&count, &arguments, runOneInput)
}
