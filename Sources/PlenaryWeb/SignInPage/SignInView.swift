internal import BigBlueButton
internal import Mustache
internal import PlenaryCore
internal import PlenaryRooms
internal import PlenaryStore

/// Makes HTML of the pages of signing in. Made once, at the start.
struct SignInRenderer: Sendable {
    private let template: MustacheTemplate

    /// - Throws: what is wrong with the template.
    init() throws {
        MustacheContentTypes.register(PageEscaping(), named: RoomPageTemplate.contentType)
        template = try MustacheTemplate(string: SignInTemplate.text)
    }

    func html(of page: SignInPage) -> String { template.render(SignInView(page)) }
}

/// What ``SignInTemplate`` names. No name is in two of these types.
struct SignInView: Sendable {
    struct Fact: Sendable {
        let factLabel: String
        let factText: String
    }

    struct Place: Sendable {
        let sinceLabel: String
        let since: String
        let sinceText: String
        let seenLabel: String
        let seen: String
        let seenText: String
        let hereLabel: String?
    }

    struct Hidden: Sendable {
        let hiddenName: String
        let hiddenValue: String
    }

    struct Field: Sendable {
        let fieldName: String
        let fieldLabel: String
        let fieldHint: String?
        let fieldFault: String?
        let fieldType: String
        let fieldValue: String
        let fieldDir: String
        let longest: String
        let autocomplete: String
        let describedBy: String?
        let isWrong: Bool
    }

    struct Form: Sendable {
        let formTitle: String?
        let hasPlaces: Bool
        let places: [Place]
        let action: String
        let hidden: [Hidden]
        let fields: [Field]
        let submitLabel: String
        let isSecond: Bool
    }

    struct Link: Sendable {
        let href: String
        let linkLabel: String
    }

    let lang: String
    let dir: String
    let title: String
    let style: String
    let faults: PageParts.Faults?
    let heading: String
    let notice: String?
    let messages: [String]
    let hasFacts: Bool
    let facts: [Fact]
    let forms: [Form]
    let links: [Link]
    let languagesLabel: String
    let languages: [PageParts.Language]
    let codeLabel: String
    let code: String

    init(_ page: SignInPage) {
        let words = SignInWords(page)
        lang = page.language.rawValue
        dir = page.language.direction
        style = RoomPageAsset.style.path
        heading = words.heading
        notice = page.notice.map { words.say($0) }
        messages = words.messages
        facts = words.facts
        hasFacts = !words.facts.isEmpty
        forms = words.forms
        links = words.links
        code = page.state.code
        languagesLabel = RoomPageText.languages.text(in: page.language)
        codeLabel = RoomPageText.codeLabel.text(in: page.language)
        languages = PageParts.Language.all(at: page.language) { words.again(in: $0) }
        let troubles = words.troubles
        faults =
            troubles.isEmpty
            ? nil
            : PageParts.Faults(faultsTitle: RoomPageText.errorsTitle.text(in: page.language), faultList: troubles)
        // A screen reader reads the title first: it says that something is wrong.
        title =
            troubles.isEmpty
            ? words.heading
            : RoomPageText.errorPrefix.text(in: page.language, ["title": words.heading])
    }
}
