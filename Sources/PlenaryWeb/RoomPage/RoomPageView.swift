internal import BigBlueButton
internal import PlenaryCore

/// What ``RoomPageTemplate`` names. A name that a section does not have is looked for around it, so no name is in two of these types.
struct RoomPageView: Sendable {
    /// A text, or a time.
    struct Fact: Sendable {
        let factLabel: String
        let factText: String?
        let factInstant: String?
        let factTime: String?

        init(_ label: String, _ text: String) {
            factLabel = label
            factText = text
            factInstant = nil
            factTime = nil
        }

        /// Without a script it is in UTC, and says so.
        init(_ label: String, at time: WireTime) {
            let timestamp = time.timestamp
            factLabel = label
            factText = nil
            factInstant = timestamp
            factTime = "\(timestamp.prefix(10)) \(timestamp.dropFirst(11).prefix(5)) UTC"
        }
    }

    struct Countdown: Sendable {
        let countdownLabel: String
        let until: String
        let serverTime: String
        let thenHref: String
    }

    struct Form: Sendable {
        let formAction: String
        let busy: String
        let preset: String?
        let asksName: Bool
        let nameLabel: String
        let nameHint: String
        let nameFault: String?
        let nameValue: String
        let remembers: Bool
        let rememberLabel: String
        let asksCode: Bool
        let accessCodeLabel: String
        let accessCodeHint: String
        let accessCodeFault: String?
        let asksConsent: Bool
        let consents: Bool
        let consentLabel: String
        let consentFault: String?
        let submitLabel: String
        let devices: String
    }

    struct Wait: Sendable {
        let waitAction: String
        let waitReason: String
        let waitEvents: String
        let waitAPI: String
        let waitRetry: String
        let waitAgain: String
        let ticket: String?
        let soundLabel: String
        let lookLabel: String
    }

    struct Link: Sendable {
        let href: String
        let linkLabel: String
        let isSecond: Bool
    }

    struct Press: Sendable {
        let pressAction: String
        let csrfToken: String
        let pressLabel: String
    }

    let lang: String
    let dir: String
    let title: String
    let style: String
    let script: String
    let refresh: String?
    let redirect: String?
    let roomName: String?
    let faults: PageParts.Faults?
    let heading: String
    let dots: Bool
    /// Whether a screen reader is told what changes in the message.
    let status: Bool
    let message: String?
    let placeText: String?
    let placePattern: String?
    let notes: [String]
    let description: [String]
    let hasFacts: Bool
    let facts: [Fact]
    let countdown: Countdown?
    let form: Form?
    let wait: Wait?
    let target: String?
    let targetLabel: String?
    let links: [Link]
    let disabledButton: String?
    let press: Press?
    let languagesLabel: String
    let languages: [PageParts.Language]
    let codeLabel: String
    let code: String

    init(_ page: RoomPage) {
        let words = RoomPageWords(page)
        let about = page.state.showsRoom ? page.about : nil
        lang = page.language.rawValue
        dir = page.language.direction
        style = RoomPageAsset.style.path
        script = RoomPageAsset.script.path
        roomName = about?.name
        heading = words.heading
        message = words.message
        notes = words.notes
        facts = words.facts
        countdown = words.countdown
        hasFacts = !words.facts.isEmpty || words.countdown != nil
        links = words.links
        code = words.code
        languagesLabel = words.say(.languages)
        codeLabel = words.say(.codeLabel)
        description = Self.paragraphs(words.showsDescription ? about?.description ?? "" : "")
        languages = PageParts.Language.all(at: page.language) { page.link(withToken: true, in: $0) }

        var faults: PageParts.Faults?
        var form: Form?
        var wait: Wait?
        var place: (text: String, pattern: String)?
        var target: String?
        switch page.state {
        case .form(let asked):
            form = Form(asked, page: page, words: words)
            faults = PageParts.Faults(asked, words: words)
        case .waiting(let waited):
            wait = Wait(waited, page: page, words: words)
            if case .seat(let number) = waited.reason {
                place = (
                    words.say(.queuePlace, ["place": String(number)]), RoomPageText.queuePlace.text(in: page.language)
                )
            }
        case .ready(let address): target = address
        default: break
        }
        self.faults = faults
        self.form = form
        self.wait = wait
        self.target = target
        redirect = target
        targetLabel = target.map { _ in words.say(.enter) }
        placeText = place?.text
        placePattern = place?.pattern
        dots = wait != nil
        status = wait != nil
        if case .waiting(let waited) = page.state {
            refresh = "\(waited.retryAfter);url=\(waited.again ?? page.address)"
        } else {
            refresh = nil
        }
        switch page.state {
        case .left(isRunning: false), .preempted: disabledButton = words.say(.rejoin)
        default: disabledButton = nil
        }
        if case .inactive = page.state, let given = page.reactivate {
            press = Press(
                pressAction: given.action, csrfToken: given.csrfToken, pressLabel: words.say(.reactivate))
        } else {
            press = nil
        }
        // A screen reader reads the title first: it says that something is wrong.
        let parts = [words.heading, about?.name].compactMap { $0 }.joined(separator: " – ")
        title = faults == nil ? parts : words.say(.errorPrefix, ["title": parts])
    }

    private static func paragraphs(_ text: String) -> [String] {
        text.split(whereSeparator: \.isNewline).map { String($0) }.filter { line in
            line.contains { !$0.isWhitespace }
        }
    }
}

extension PageParts.Faults {
    /// - Returns: `nil` when nothing is wrong.
    init?(_ form: RoomForm, words: RoomPageWords) {
        guard !form.errors.isEmpty else { return nil }
        faultsTitle = words.say(.errorsTitle)
        faultList = form.errors.map { fault in
            Item(faultField: fault.field.rawValue, faultText: words.say(fault.text))
        }
    }
}

extension RoomPageView.Form {
    init(_ form: RoomForm, page: RoomPage, words: RoomPageWords) {
        func fault(_ field: RoomForm.Field) -> String? {
            form.errors.first { $0.field == field }.map { words.say($0.text) }
        }
        formAction = page.address
        busy = words.say(.busy)
        preset = form.presetName
        asksName = form.presetName == nil
        nameLabel = words.say(.name)
        nameHint = words.say(.nameHint)
        nameFault = fault(.name)
        nameValue = form.name
        remembers = form.remembers
        rememberLabel = words.say(.remember)
        asksCode = form.asksCode
        accessCodeLabel = words.say(.accessCode)
        accessCodeHint = words.say(.accessCodeHint)
        accessCodeFault = fault(.code)
        asksConsent = form.asksConsent
        consents = form.consents
        consentLabel = words.say(.consent)
        consentFault = fault(.consent)
        submitLabel = words.say(form.canStart && page.about?.isRunning != true ? .start : .join)
        devices = words.say(.devices)
    }
}

extension RoomPageView.Wait {
    init(_ wait: RoomWait, page: RoomPage, words: RoomPageWords) {
        waitAction = page.address
        waitReason = wait.reason.code
        waitEvents = wait.events ?? ""
        waitAPI = wait.api ?? ""
        waitRetry = String(wait.retryAfter)
        waitAgain = wait.again ?? page.address
        ticket = wait.ticket
        soundLabel = words.say(.sound)
        lookLabel = words.say(.lookNow)
    }
}

extension RoomForm.Fault {
    var text: RoomPageText {
        switch self {
        case .codeRequired: .errorCodeRequired
        case .codeInvalid: .errorCodeInvalid
        case .codeExpired: .errorCodeExpired
        case .nameRequired: .errorName
        case .consentRequired: .errorConsent
        }
    }
}
