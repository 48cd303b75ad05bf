internal import PlenaryCore

/// What problems are called in the languages of the room page (`rooms-api.md` 2.8).
enum ProblemTitles {
    /// - Returns: `nil` where there is no translation: then the English title stands.
    static func title(of code: ProblemCode, in language: PageLanguage) -> String? {
        switch language {
        case .english: code.title
        case .german: german[code]
        case .french: french[code]
        case .spanish: spanish[code]
        case .portuguese: portuguese[code]
        case .arabic: arabic[code]
        }
    }
}

extension Problem {
    /// This problem in a language. A detail that only repeats the title is translated with it; any other tells of this one case,
    /// in English, as do the details of faults.
    func told(in language: PageLanguage) -> Problem {
        guard let title = ProblemTitles.title(of: code, in: language) else { return self }
        var told = self
        if told.detail == "\(code.title)." { told.detail = "\(title)." }
        told.title = title
        return told
    }
}
