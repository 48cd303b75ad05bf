/// What this binary is. The revision is written into `Revision.generated` by the release script; a build from a work tree has none.
enum BuildInfo {
    static let version = "0.1.0"
    static let revision = ""
}
