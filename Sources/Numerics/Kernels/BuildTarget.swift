import Foundation

/// The processor that this build was made for.
///
/// The package manifest sets one `FORETWIN_CPU_…` definition and the matching `-march` flag.
package enum BuildTarget {
    /// The processor the kernels were compiled for: `native`, `x86-64-v4`, `x86-64-v3`, `generic`.
    package static let cpu: String = {
        #if FORETWIN_CPU_NATIVE
            return "native"
        #elseif FORETWIN_CPU_V4
            return "x86-64-v4"
        #elseif FORETWIN_CPU_V3
            return "x86-64-v3"
        #else
            return "generic"
        #endif
    }()

    /// Advice for the operator if this machine can run a faster build, else `nil`.
    ///
    /// Reads `/proc/cpuinfo`. The answer is `nil` on systems without that file.
    package static func machineCanDoMore() -> String? {
        guard let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8) else {
            return nil
        }
        return advice(builtFor: cpu, cpuInfo: text)
    }

    /// The advice for a build and the text of a `/proc/cpuinfo`.
    static func advice(builtFor cpu: String, cpuInfo: String) -> String? {
        let line = cpuInfo.split(separator: "\n").first { $0.hasPrefix("flags") }
        guard let line, cpu != "native", cpu != "x86-64-v4" else { return nil }
        let flags = Set(line.split(separator: " "))
        let best: String
        if ["avx512f", "avx512bw", "avx512dq", "avx512vl"].allSatisfy({ flags.contains($0) }) {
            best = "x86-64-v4"
        } else if ["avx2", "fma", "bmi2"].allSatisfy({ flags.contains($0) }) {
            best = "x86-64-v3"
        } else {
            return nil
        }
        guard best != cpu else { return nil }
        return "This build is for \(cpu), but the machine can run \(best). "
            + "Build with FORETWIN_CPU=native for faster training and simulation."
    }
}
