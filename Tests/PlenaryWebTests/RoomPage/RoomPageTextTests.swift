import Testing

@testable import PlenaryWeb

@Suite struct RoomPageTextTests {
    private func placeholders(_ text: String) -> [String] {
        text.split(separator: "{", omittingEmptySubsequences: false).dropFirst().map { rest in
            String(rest.prefix { $0 != "}" })
        }.sorted()
    }

    @Test(arguments: PageLanguage.allCases) func `a language has every text, with the same placeholders`(
        language: PageLanguage
    ) {
        let catalogue = RoomPageText.catalogue(of: language)
        for text in RoomPageText.allCases {
            let own = catalogue[text] ?? ""
            #expect(own.contains { !$0.isWhitespace }, "\(text)")
            #expect(own.first?.isWhitespace == false && own.last?.isWhitespace == false, "\(text)")
            #expect(!own.contains("  ") && !own.contains("\n"), "\(text)")
            #expect(placeholders(own) == placeholders(RoomPageText.english[text] ?? ""), "\(text)")
        }
    }

    @Test func `Arabic is written in Arabic`() {
        for text in RoomPageText.allCases {
            let own = RoomPageText.arabic[text] ?? ""
            #expect(own.unicodeScalars.contains { (0x0600...0x06FF).contains($0.value) }, "\(text)")
            #expect(!own.unicodeScalars.contains { (0x202A...0x202E).contains($0.value) }, "\(text)")
        }
    }

    @Test func `languages differ`() {
        for language in PageLanguage.allCases where language != .english {
            let same = RoomPageText.allCases.filter {
                RoomPageText.catalogue(of: language)[$0] == RoomPageText.english[$0]
            }
            // `Code`, `Limit` and the like are the same word here and there.
            #expect(same.count <= 5, "\(language) \(same)")
        }
    }

    @Test func `a value is put in`() {
        #expect(RoomPageText.queuePlace.text(in: .english, ["place": "3"]) == "Place in the queue: 3")
        #expect(RoomPageText.queuePlace.text(in: .german, ["place": "3"]) == "Platz in der Warteschlange: 3")
    }
}

@Suite struct PageLanguageTests {
    @Test func `what was chosen goes before the room, and the room before the browser`() {
        #expect(PageLanguage(chosen: "fr", room: "de", accepted: "es") == .french)
        #expect(PageLanguage(chosen: "tlh", room: "de-AT", accepted: "es") == .german)
        #expect(PageLanguage(chosen: nil, room: "ja", accepted: "es-MX") == .spanish)
        #expect(PageLanguage(chosen: nil, room: nil, accepted: nil) == .english)
        #expect(PageLanguage(chosen: "", room: nil, accepted: "") == .english)
    }

    struct Case: Sendable {
        let header: String
        let language: PageLanguage?
    }

    static let cases = [
        Case(header: "de", language: .german),
        Case(header: "da, en-GB;q=0.8, en;q=0.7", language: .english),
        Case(header: "en;q=0.5, fr ; q=0.9", language: .french),
        Case(header: "pt-PT", language: .portuguese),
        Case(header: "PT_br", language: .portuguese),
        Case(header: "ar-EG,ar;q=0.9,en;q=0.8", language: .arabic),
        Case(header: "de;q=0, es;q=0.001", language: .spanish),
        Case(header: "de;q=0", language: nil),
        Case(header: "*", language: nil),
        Case(header: "", language: nil),
        Case(header: ";q=1,,;;", language: nil),
        Case(header: "de;q=2, en;q=0.1", language: .english),
        Case(header: "de;q=0.12345, en;q=0.1", language: .english),
        Case(header: "fr, de", language: .french),
        Case(header: "dex, eng", language: nil),
    ]

    @Test(arguments: cases) func `the language that is wanted most is taken`(example: Case) {
        #expect(PageLanguage.best(of: example.header) == example.language, "\(example.header)")
    }
}
