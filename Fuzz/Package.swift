// swift-tools-version: 6.2
// Fuzzing of the pure room BigBlueButton: see scripts/fuzz. A package of its own, because libFuzzer brings a `main` and
// nothing of it belongs into a build of Plenary. PLENARY_PURE=1 keeps the dependencies of the other rooms away.
import PackageDescription

let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "plenary", path: "..")],
    targets: [
        .executableTarget(
            name: "fuzz",
            dependencies: [.product(name: "BigBlueButton", package: "plenary")],
            path: "Sources/Fuzz",
            swiftSettings: [
                .swiftLanguageMode(.v6),
                .treatAllWarnings(as: .error),
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .unsafeFlags(["-parse-as-library"]),
            ]
        )
    ]
)
