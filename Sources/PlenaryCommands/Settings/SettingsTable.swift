/// One setting: its key names the YAML entry, the environment variable and the flag.
struct Setting: Sendable {
    enum Kind: String, Sendable { case text, secret, duration, count, size, flag, choice }

    let key: String
    let kind: Kind
    /// As it would be written; empty: no default.
    let fallback: String
    let summary: String
    var choices: [String] = []
    /// Some names are flags of commands already.
    var hasFlag = true

    /// `reads.maxAge` is `PLENARY_READS_MAX_AGE`.
    var variable: String { "PLENARY_" + words.joined(separator: "_").uppercased() }

    /// `reads.maxAge` is `--reads-max-age`. Secrets have no flag: every user of the machine could read it.
    var flag: String? { kind == .secret || !hasFlag ? nil : "--" + words.joined(separator: "-").lowercased() }

    private var words: [String] {
        key.split(separator: ".").flatMap { part -> [String] in
            part.reduce(into: [""]) { words, character in
                let startsWord = character.isUppercase && words[words.count - 1].last?.isUppercase == false
                if startsWord { words.append(String(character)) } else { words[words.count - 1].append(character) }
            }
        }
    }
}

/// All settings. The reference in docs/configuration.md is printed from this table.
enum SettingsTable {
    static let all: [Setting] = [
        Setting(
            key: "database.url", kind: .text, fallback: "",
            summary:
                "Where the data is: `sqlite:PATH`. Default: plenary.sqlite in the state directory (`$STATE_DIRECTORY`, `/var/lib/plenary` for root, else `$XDG_STATE_HOME/plenary`)."
        ),
        Setting(
            key: "listen", kind: .text, fallback: "127.0.0.1:8080",
            summary: "Address and port of the listener; port 0 is any free one."),
        Setting(
            key: "base.url", kind: .text, fallback: "",
            summary: "Public URL under which clients and participants reach the listener. Default: made from `listen`."),
        Setting(
            key: "secret", kind: .secret, fallback: "",
            summary: "First secret of the default account when it has none. Default: one is made and printed once."),
        Setting(
            key: "secret.file", kind: .text, fallback: "",
            summary: "File that holds the first secret, instead of `secret`.", hasFlag: false),
        Setting(
            key: "encryption.key", kind: .secret, fallback: "",
            summary:
                "Key that stored secrets are encrypted with: 64 hexadecimal digits, or base64 of 32 octets. Older ones may follow, behind commas. Default: see `encryption.keyFile`."
        ),
        Setting(
            key: "encryption.keyFile", kind: .text, fallback: "",
            summary:
                "File with that key, and older ones, one a line; made when it is missing and nothing is encrypted yet. Default: the systemd credential `plenary-key` if there is one, else the path of the database and `.key`."
        ),
        Setting(
            key: "deploy", kind: .count, fallback: "0", summary: "Number of the deployment, told in the root call."),
        Setting(
            key: "bbb.version", kind: .text, fallback: "3.0", summary: "BigBlueButton version that clients are told."),
        Setting(
            key: "log.level", kind: .choice, fallback: "info", summary: "Least level that is logged.",
            choices: ["trace", "debug", "info", "notice", "warning", "error"]),
        Setting(
            key: "log.format", kind: .choice, fallback: "auto",
            summary: "`text` for people, `json` for machines; `auto`: text on a terminal.",
            choices: ["auto", "text", "json"]),
        Setting(
            key: "poll.interval", kind: .duration, fallback: "5s", summary: "Between two polls of a healthy server."),
        Setting(key: "poll.deadline", kind: .duration, fallback: "4s", summary: "How long one poll may take."),
        Setting(
            key: "health.fall", kind: .count, fallback: "3",
            summary: "Failures in a row that make a server offline, together with `health.silence`."),
        Setting(
            key: "health.silence", kind: .duration, fallback: "30s",
            summary: "Silence that makes a server offline, together with `health.fall`."),
        Setting(
            key: "health.rise", kind: .count, fallback: "3",
            summary: "Good polls in a row that bring an offline server back."),
        Setting(
            key: "health.slowStart", kind: .duration, fallback: "2m",
            summary: "How long a server that came back gets less than its share."),
        Setting(
            key: "health.panicLimit", kind: .duration, fallback: "10m",
            summary: "Longest panic; afterwards servers are judged as ever."),
        Setting(
            key: "create.deadline", kind: .duration, fallback: "10s",
            summary: "How long a create may take, all servers that are tried together."),
        Setting(
            key: "create.documentDeadline", kind: .duration, fallback: "60s",
            summary: "The same for a create with slides, which the server fetches within the call."),
        Setting(
            key: "reads.deadline", kind: .duration, fallback: "3s",
            summary: "How long a server may take to answer a read before what it last said is used."),
        Setting(
            key: "recordings.deadline", kind: .duration, fallback: "5s",
            summary: "How long a server may take to list its recordings before the others' are shown without them."),
        Setting(
            key: "recordings.replySize", kind: .size, fallback: "256MB",
            summary:
                "Longest list of recordings of a server. To read one takes some times its size in memory; a longer one counts as unreadable."
        ),
        Setting(
            key: "reads.maxAge", kind: .duration, fallback: "0s",
            summary: "How long a read is reused. 0: only reads that run at the same time share one."),
        Setting(
            key: "load.prior", kind: .count, fallback: "12",
            summary: "Load that a new meeting is expected to have, in listening participants."),
        Setting(
            key: "servers.checksum", kind: .choice, fallback: "sha256",
            summary: "Hash that calls to servers are signed with.", choices: ["sha1", "sha256", "sha384", "sha512"]),
        Setting(
            key: "servers.calls", kind: .count, fallback: "512",
            summary: "Calls to one server that may be under way or waiting."),
        Setting(key: "servers.replySize", kind: .size, fallback: "16MB", summary: "Longest reply of a server."),
        Setting(
            key: "checksum.unsignedForms", kind: .flag, fallback: "false",
            summary:
                "Take a form whose checksum covers only the call name, as BigBlueButton 3.0 does: whoever saw one can send any form."
        ),
        Setting(
            key: "http.longestBody", kind: .size, fallback: "64MB",
            summary: "Longest body of a call that its query signs: slides."),
        Setting(
            key: "http.longestForm", kind: .size, fallback: "2MB",
            summary: "Longest form that carries its own checksum."),
        Setting(
            key: "http.bodiesAtATime", kind: .size, fallback: "512MB",
            summary: "Bodies held at a time; one account has half of that, and all who are unknown a quarter."),
        Setting(key: "http.longestQuery", kind: .size, fallback: "64KB", summary: "Longest query of a call."),
        Setting(
            key: "http.connections", kind: .count, fallback: "10000",
            summary: "Connections of clients at a time; more wait to be accepted."),
        Setting(
            key: "http.idleTimeout", kind: .duration, fallback: "60s",
            summary: "When a connection on which nothing happens is closed."),
        Setting(
            key: "http.longestRequest", kind: .size, fallback: "1MB",
            summary: "Longest body of a request to the REST API."),
        Setting(
            key: "http.trustedProxies", kind: .text, fallback: "127.0.0.0/8, ::1",
            summary:
                "Addresses or networks of reverse proxies, whose `X-Forwarded-For` and `X-Forwarded-Proto` are believed. Separated by commas."
        ),
        Setting(
            key: "joins.waiting", kind: .count, fallback: "20000", summary: "Joins that may wait to be written down."),
        Setting(
            key: "store.waitingWrites", kind: .count, fallback: "10000",
            summary: "Writes that may wait for the database."),
        Setting(
            key: "store.keptChanges", kind: .count, fallback: "10000",
            summary: "Rows of the change feed that are kept for other processes."),
        Setting(
            key: "callbacks.url", kind: .text, fallback: "",
            summary: "URL under which servers reach the listener, to tell what happens. Default: `base.url`."),
        Setting(
            key: "callbacks.allowPrivate", kind: .flag, fallback: "false",
            summary: "Let callbacks go to private and loopback addresses."),
        Setting(
            key: "callbacks.allowHTTP", kind: .flag, fallback: "true",
            summary: "Let callbacks go to addresses without TLS, as BigBlueButton does."),
        Setting(
            key: "callbacks.analyticsSize", kind: .size, fallback: "16MB",
            summary: "Longest document for analytics that a server sends."),
        Setting(
            key: "callbacks.firstRetry", kind: .duration, fallback: "2s",
            summary: "When a callback that was not acknowledged is tried again; each time it is twice as long."),
        Setting(
            key: "callbacks.longestRetry", kind: .duration, fallback: "30m", summary: "Longest time between two tries."),
        Setting(
            key: "callbacks.patience", kind: .duration, fallback: "48h",
            summary: "How long callbacks are tried before they are given up. `plenary callback retry` tries them again."
        ),
        Setting(
            key: "callbacks.deadline", kind: .duration, fallback: "10s",
            summary: "How long the receiver of a callback may take."),
        Setting(
            key: "callbacks.kept", kind: .duration, fallback: "720h",
            summary: "How long callbacks that were acknowledged or given up are remembered."),
        Setting(
            key: "rejoin", kind: .choice, fallback: "join",
            summary:
                "How participants of a moved meeting find it: our address stands as logoutURL in each join (BigBlueButton 3.0 follows it), in the create too (for older servers), or nowhere.",
            choices: ["off", "join", "create"]),
        Setting(
            key: "move.keptDocument", kind: .size, fallback: "16MB",
            summary: "Slides of a create are kept up to this size, to be given again when the meeting moves."),
        Setting(
            key: "voiceBridge.unique", kind: .flag, fallback: "false",
            summary:
                "No two meetings of the whole fleet have the same voice bridge: for telephone gateways that serve all servers."
        ),
        Setting(
            key: "meetings.tellServer", kind: .flag, fallback: "false",
            summary: "Each meeting in getMeetings names its server in an element `<server>`."),
        Setting(
            key: "chat.platform", kind: .text, fallback: "",
            summary:
                "Name of your platform in the texts that new meetings show in their chat. Default: none, and no such texts."
        ),
        Setting(
            key: "chat.locale", kind: .text, fallback: "en",
            summary: "Language of the built-in texts: `en`, `de`, `fr`, `es`, `pt-BR`, `ar`, or a variety of these."),
        Setting(
            key: "chat.welcome", kind: .text, fallback: "",
            summary: "Your own text for everybody, in HTML; `%%PLATFORM%%` is the name. Default: the built-in one."),
        Setting(
            key: "chat.moderatorOnly", kind: .text, fallback: "",
            summary: "The same for moderators. Default: the built-in one."),
        Setting(
            key: "chat.dialIn", kind: .flag, fallback: "false",
            summary:
                "Servers have a telephone number. Else lines (between `<br>`s) with `%%DIALNUM%%` or `%%CONFNUM%%` are left out."
        ),
        Setting(
            key: "rooms.joinsPerMinute", kind: .count, fallback: "60",
            summary:
                "Tries to join rooms from one address in a minute. Where many people have one address, as on a campus, more are needed."
        ),
        Setting(
            key: "rooms.subdomains", kind: .flag, fallback: "false",
            summary:
                "Names below the host of `base.url` lead here too: links to rooms have the subdomain of their customer in front."
        ),
        Setting(
            key: "reservations.longest", kind: .count, fallback: "1440",
            summary: "Longest time that a create can reserve, in minutes."),
        Setting(
            key: "providers.allowPrivate", kind: .flag, fallback: "true",
            summary:
                "Let calls to service providers go to private and loopback addresses. Switch it off where customers may add providers."
        ),
        Setting(
            key: "providers.extraCA", kind: .text, fallback: "",
            summary:
                "PEM file with certificate authorities that service providers may have, beside those of the system."),
        Setting(
            key: "geo.database", kind: .text, fallback: "",
            summary: "MaxMind database file (GeoLite2-City or the like) for getServers. Default: none."),
    ]

    /// The reference as Markdown.
    static var reference: String {
        let rows = all.map { setting in
            let flag = setting.flag.map { "`\($0)`" } ?? "none"
            let fallback = setting.fallback.isEmpty ? "" : "`\(setting.fallback)`"
            let choices =
                setting.choices.isEmpty ? "" : " One of \(setting.choices.map { "`\($0)`" }.joined(separator: ", "))."
            return
                "| `\(setting.key)` | `\(setting.variable)` | \(flag) | \(setting.kind.rawValue) | \(fallback) | \(setting.summary)\(choices) |"
        }
        return """
            # Configuration

            Printed by `plenary settings --markdown`; do not edit by hand. Flags win over environment variables, those over the YAML
            file (`--config FILE` or `PLENARY_CONFIG`), that over the defaults. Durations are written `500ms`, `5s`, `2m`, `1h` or as a
            number of seconds; sizes `64KB`, `2MB` or as a number of octets.

            | key | environment | flag | kind | default | meaning |
            | --- | --- | --- | --- | --- | --- |
            \(rows.joined(separator: "\n"))

            """
    }
}
