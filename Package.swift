// swift-tools-version: 6.2
import PackageDescription

// The processor that the numeric targets are compiled for. `native` is right for a program that runs
// where it was built; name a level (x86-64-v3, x86-64-v4) to build for other machines.
let cpu = Context.environment["FORETWIN_CPU"] ?? "native"

#if arch(arm64)
    let cpuFlag = "-mcpu=\(cpu)"
#else
    let cpuFlag = "-march=\(cpu)"
#endif

let cpuDefine =
    switch cpu {
    case "native": "FORETWIN_CPU_NATIVE"
    case "x86-64-v3": "FORETWIN_CPU_V3"
    case "x86-64-v4": "FORETWIN_CPU_V4"
    default: "FORETWIN_CPU_GENERIC"
    }

var common: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]
if Context.environment["FORETWIN_STRICT"] != nil {
    common.append(.treatAllWarnings(as: .error))
}

// Numeric code is optimised in debug builds too, so that tests of it take seconds and not hours.
let numeric: [SwiftSetting] =
    common + [
        .unsafeFlags(["-O"], .when(configuration: .debug)),
        .unsafeFlags(["-Xcc", cpuFlag]),
        .define(cpuDefine),
    ]

/// A layer of the program: a folder of `Sources/` whose targets may import those of its own layer
/// that are listed before them, and those of the layers before it.
func layer(_ name: String, _ targets: [Target]) -> [Target] {
    for target in targets { target.path = "Sources/\(name)/\(target.name)" }
    return targets
}

let base = layer(
    "Base",
    [
        .target(name: "Time", swiftSettings: common),
        .target(name: "TextFiles", swiftSettings: common),
    ])

let storage = layer(
    "Storage",
    [
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
        .target(name: "CCorruptionHandler"),
        .target(
            name: "LMDB", dependencies: ["CCorruptionHandler", "CLMDB"], swiftSettings: common),
        .target(
            name: "PropertyGraph",
            dependencies: [
                "LMDB", "Time", .product(name: "HeapModule", package: "swift-collections"),
            ], swiftSettings: common),
        .target(
            name: "GraphInterchange", dependencies: ["LMDB", "PropertyGraph", "TextFiles", "Time"],
            swiftSettings: common),
    ])

let numerics = layer(
    "Numerics",
    [
        .target(
            name: "Kernels", swiftSettings: numeric, linkerSettings: [.linkedLibrary("m")]),
        .target(
            name: "Learning", dependencies: ["Kernels", "TextFiles"], swiftSettings: numeric),
    ])

let twins = layer(
    "Twins",
    [
        .target(name: "Shop", dependencies: ["Time"], swiftSettings: common),
        .target(
            name: "ShopFormats", dependencies: ["Shop", "Time"],
            swiftSettings: common),
        .target(
            name: "TwinStorage",
            dependencies: [
                "LMDB", "PropertyGraph", "Shop", "ShopFormats", "TextFiles", "Time",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: common),
        .target(
            name: "StoreAdmin",
            dependencies: [
                "LMDB", "PropertyGraph", "Shop", "TextFiles", "Time", "TwinStorage",
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: common),
    ])

let futures = layer(
    "Futures",
    [
        .target(
            name: "Prediction",
            dependencies: [
                "Kernels", "Learning", "Shop", "TextFiles", "Time", "TwinStorage",
                .product(name: "Algorithms", package: "swift-algorithms"),
                .product(name: "Crypto", package: "swift-crypto"),
            ], swiftSettings: numeric),
        .target(
            name: "Simulation",
            dependencies: ["Kernels", "Learning", "Prediction", "Shop", "Time", "TwinStorage"],
            swiftSettings: numeric),
        .target(
            name: "Backtesting",
            dependencies: [
                "Kernels", "Learning", "Prediction", "Shop", "Simulation", "Time", "TwinStorage",
            ], swiftSettings: numeric),
        .target(
            name: "Fleet",
            dependencies: [
                "Kernels", "Prediction", "Shop", "ShopFormats", "Simulation", "TextFiles", "Time",
                "TwinStorage",
            ], swiftSettings: numeric),
    ])

let decisions = layer(
    "Decisions",
    [
        .target(
            name: "Recommendations",
            dependencies: ["Learning", "Prediction", "Shop", "Simulation", "Time", "TwinStorage"],
            swiftSettings: common)
    ])

let tooling = layer(
    "Tooling",
    [
        .target(
            name: "SyntheticShop",
            dependencies: ["Kernels", "Shop", "TextFiles", "Time"],
            swiftSettings: common)
    ])

let interfaces = layer(
    "Interfaces",
    [
        .target(
            name: "Reports",
            dependencies: [
                "Backtesting", "Fleet", "Learning", "Prediction", "Recommendations", "Shop",
                "Simulation", "TextFiles", "Time", "TwinStorage",
                .product(name: "Mustache", package: "swift-mustache"),
            ], swiftSettings: common),
        .target(
            name: "Operations",
            dependencies: [
                "Backtesting", "Fleet", "Learning", "Prediction", "PropertyGraph",
                "Recommendations", "Reports", "Shop", "ShopFormats", "Simulation", "SyntheticShop",
                "Time", "TwinStorage",
            ], swiftSettings: common),
        .target(
            name: "Service",
            dependencies: [
                "Prediction", "PropertyGraph", "Recommendations", "Shop", "ShopFormats",
                "Simulation", "Time", "TwinStorage",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
                .product(name: "NIOHTTPTypesHTTP1", package: "swift-nio-extras"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ], swiftSettings: common),
        .executableTarget(
            name: "foretwin",
            dependencies: [
                "Backtesting", "Fleet", "GraphInterchange", "Kernels", "Learning", "Operations",
                "Prediction", "PropertyGraph", "Recommendations", "Reports", "Service", "Shop",
                "ShopFormats", "Simulation", "StoreAdmin", "SyntheticShop", "TextFiles", "Time",
                "TwinStorage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
            ], swiftSettings: common),
    ])

// What measures the layers above, in the same folder as the synthetic shop that they use.
let benchmarks = layer(
    "Tooling",
    [
        .executableTarget(
            name: "foretwin-bench",
            dependencies: [
                "Kernels", "Learning", "Operations", "Prediction", "PropertyGraph", "Shop",
                "Simulation", "SyntheticShop", "Time", "TwinStorage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], swiftSettings: common)
    ])

// What tests share.
let testSupport: [Target] = [
    .target(name: "TestSupport", path: "Tests/Support/TestSupport", swiftSettings: common),
    .target(
        name: "GraphFixtures", dependencies: ["LMDB", "PropertyGraph", "TestSupport", "Time"],
        path: "Tests/Support/GraphFixtures", swiftSettings: common),
    .target(
        name: "FuturesFixtures",
        dependencies: ["Learning", "Prediction", "Shop", "Simulation", "SyntheticShop"],
        path: "Tests/Support/FuturesFixtures", swiftSettings: common),
    .target(
        name: "TwinFixtures",
        dependencies: [
            "PropertyGraph", "Shop", "ShopFormats", "TestSupport", "Time", "TwinStorage",
        ],
        path: "Tests/Support/TwinFixtures", swiftSettings: common),
]

/// The tests of a target, with what they need beside it.
@MainActor
func tests(
    of name: String, _ dependencies: [Target.Dependency], exclude: [String] = [],
    settings: [SwiftSetting] = common
) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: [.byName(name: name), "TestSupport"] + dependencies,
        exclude: exclude, swiftSettings: settings)
}

let tests: [Target] = [
    tests(of: "Time", ["Shop", "TwinFixtures", "TwinStorage"]),
    tests(of: "TextFiles", []),
    tests(of: "LMDB", []),
    tests(of: "PropertyGraph", ["GraphFixtures", "GraphInterchange", "LMDB", "Time"]),
    tests(
        of: "GraphInterchange", ["GraphFixtures", "LMDB", "PropertyGraph", "Time"],
        exclude: ["Fixtures"]),
    tests(of: "Kernels", []),
    tests(of: "Learning", ["Kernels"], exclude: ["Fixtures"], settings: numeric),
    tests(of: "Shop", ["PropertyGraph", "Time", "TwinFixtures", "TwinStorage"]),
    tests(of: "ShopFormats", ["Shop", "Time", "TwinFixtures"]),
    tests(
        of: "TwinStorage",
        [
            "LMDB", "PropertyGraph", "Shop", "ShopFormats", "StoreAdmin", "TextFiles", "Time",
            "TwinFixtures",
        ]),
    tests(
        of: "StoreAdmin",
        ["LMDB", "PropertyGraph", "Shop", "Time", "TwinFixtures", "TwinStorage"],
        exclude: ["Fixtures"]),
    tests(
        of: "Prediction",
        ["Kernels", "Learning", "Shop", "SyntheticShop", "Time", "TwinStorage"], settings: numeric),
    tests(
        of: "Simulation",
        ["FuturesFixtures", "Kernels", "Learning", "Prediction", "Shop", "SyntheticShop"],
        settings: numeric),
    tests(
        of: "Backtesting",
        [
            "FuturesFixtures", "Kernels", "Learning", "Prediction", "PropertyGraph", "Shop",
            "Simulation", "SyntheticShop", "Time", "TwinStorage",
        ], settings: numeric),
    tests(
        of: "Fleet",
        [
            "FuturesFixtures", "Learning", "Prediction", "Shop", "Simulation", "SyntheticShop",
            "Time", "TwinFixtures", "TwinStorage",
        ],
        settings: numeric),
    tests(
        of: "Recommendations",
        [
            "Backtesting", "Kernels", "Learning", "Prediction", "Shop", "Simulation",
            "SyntheticShop", "Time", "TwinStorage",
        ]),
    tests(of: "SyntheticShop", ["Kernels", "Shop", "ShopFormats", "TextFiles", "Time"]),
    tests(
        of: "Reports",
        [
            "Backtesting", "Fleet", "Learning", "Prediction", "Recommendations", "Shop",
            "ShopFormats", "Simulation", "SyntheticShop", "Time", "TwinStorage",
        ]),
    tests(
        of: "Operations",
        [
            "Fleet", "Learning", "Prediction", "PropertyGraph", "Recommendations", "Shop",
            "Simulation", "SyntheticShop", "Time", "TwinStorage",
        ]),
    tests(
        of: "Service",
        [
            "LMDB", "Prediction", "PropertyGraph", "Recommendations", "Shop", "SyntheticShop",
            "Time", "TwinStorage", .product(name: "Hummingbird", package: "hummingbird"),
            .product(name: "Logging", package: "swift-log"),
            .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
            .product(name: "NIOCore", package: "swift-nio"),
            .product(name: "NIOEmbedded", package: "swift-nio"),
            .product(name: "NIOHTTP1", package: "swift-nio"),
            .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
            .product(name: "NIOPosix", package: "swift-nio"),
            .product(name: "HTTPTypes", package: "swift-http-types"),
            .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        ]),
    tests(
        of: "foretwin",
        [
            "Operations", "Prediction", "PropertyGraph", "Shop", "Simulation", "StoreAdmin",
            "Time",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ]),
    .testTarget(name: "TidyTests", swiftSettings: common),
]

// The readers of bytes from outside: a few mutants as a test, or, with FORETWIN_FUZZ, as the program
// that tools/fuzz makes with libFuzzer, without the server's packages.
let readers: [Target.Dependency] = [
    "GraphInterchange", "LMDB", "Learning", "Prediction", "PropertyGraph", "Shop", "ShopFormats",
    "StoreAdmin", "Time", "TwinStorage",
]
let fuzzing: [Target] =
    Context.environment["FORETWIN_FUZZ"] != nil
    ? [
        .executableTarget(
            name: "fuzz", dependencies: readers, path: "Tests/FuzzTests",
            exclude: ["MutationTests.swift", "Mutator.swift", "ServiceTargets.swift"],
            swiftSettings: common)
    ]
    : [
        .testTarget(
            name: "FuzzTests",
            dependencies: readers + [
                "Fleet", "Service",
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ], exclude: ["LibFuzzer.swift"], swiftSettings: common)
    ]

let package = Package(
    name: "foretwin",
    platforms: [.macOS(.v26)],
    products: [
        .executable(name: "foretwin", targets: ["foretwin"]),
        .executable(name: "foretwin-bench", targets: ["foretwin-bench"]),
        .library(name: "LMDB", targets: ["LMDB"]),
        .library(name: "PropertyGraph", targets: ["GraphInterchange", "PropertyGraph", "Time"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-algorithms", from: "1.2.1"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.2"),
        .package(
            url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(
            url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: base + storage + numerics + twins + futures + decisions + tooling + interfaces
        + benchmarks + testSupport + tests + fuzzing,
    swiftLanguageModes: [.v6]
)
