/// What the page of a room and the pages of signing in have in common: parts of their templates, and what these name.
enum PageParts {
    /// What is wrong with a form, each with a link to its field.
    static let errors = """
        {{#faults}}
        <div class="errors" role="group" tabindex="-1" autofocus aria-labelledby="errors-title">
        <h2 id="errors-title">{{faultsTitle}}</h2>
        <ul>
        {{#faultList}}
        <li><a href="#{{faultField}}">{{faultText}}</a></li>
        {{/faultList}}
        </ul>
        </div>
        {{/faults}}
        """

    static let footer = """
        <footer>
        <nav aria-label="{{languagesLabel}}">
        <ul>
        {{#languages}}
        <li><a href="{{languageHref}}" lang="{{languageTag}}" hreflang="{{languageTag}}" dir="{{languageDir}}"\
        {{#isCurrent}} aria-current="true"{{/isCurrent}}>{{languageName}}</a></li>
        {{/languages}}
        </ul>
        </nav>
        <p>{{codeLabel}}: <code dir="ltr">{{code}}</code></p>
        </footer>
        """

    struct Faults: Sendable {
        let faultsTitle: String
        let faultList: [Item]

        struct Item: Sendable {
            let faultField: String
            let faultText: String
        }
    }

    struct Language: Sendable {
        let languageHref: String
        let languageTag: String
        let languageDir: String
        let languageName: String
        let isCurrent: Bool

        /// - Parameter link: to the same page in a language.
        static func all(at current: PageLanguage, _ link: (PageLanguage) -> String) -> [Language] {
            PageLanguage.allCases.map { language in
                Language(
                    languageHref: link(language), languageTag: language.rawValue, languageDir: language.direction,
                    languageName: language.ownName, isCurrent: language == current)
            }
        }
    }
}
