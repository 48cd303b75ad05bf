internal import PlenaryFleet

/// Plausible names of meetings and people, for the demo.
enum DemoNames {
    /// What goes on in a meeting.
    enum Kind: CaseIterable {
        case lecture, seminar, officeHours

        /// How many people it has when it is full.
        var size: ClosedRange<Int> {
            switch self {
            case .lecture: 25...60
            case .seminar: 8...18
            case .officeHours: 2...5
            }
        }
    }

    private struct University {
        let name: String
        let lecture: String
        let seminar: String
        let officeHours: String
        let subjects: [String]
    }

    private static let universities = [
        University(
            name: "Universität Heidelberg", lecture: "Vorlesung", seminar: "Seminar", officeHours: "Sprechstunde",
            subjects: ["Lineare Algebra II", "Organische Chemie", "Römisches Recht", "Neurobiologie"]),
        University(
            name: "TU Dresden", lecture: "Vorlesung", seminar: "Übung", officeHours: "Sprechstunde",
            subjects: ["Technische Mechanik", "Rechnernetze", "Werkstoffkunde", "Hydrologie"]),
        University(
            name: "University of Leeds", lecture: "Lecture", seminar: "Seminar", officeHours: "Office hours",
            subjects: ["Linguistics 101", "Fluid Dynamics", "Modern Poetry", "Health Economics"]),
        University(
            name: "University of Toronto", lecture: "Lecture", seminar: "Tutorial", officeHours: "Office hours",
            subjects: ["Statistics for Biologists", "Compilers", "Urban Geography", "Astrophysics"]),
        University(
            name: "Universidad de Salamanca", lecture: "Clase", seminar: "Seminario", officeHours: "Tutoría",
            subjects: ["Derecho Civil", "Literatura Medieval", "Farmacología", "Cálculo I"]),
        University(
            name: "Universidad de Chile", lecture: "Clase", seminar: "Taller", officeHours: "Tutoría",
            subjects: ["Geología Andina", "Microeconomía", "Historia de América", "Sismología"]),
        University(
            name: "Universidade de São Paulo", lecture: "Aula", seminar: "Seminário", officeHours: "Atendimento",
            subjects: ["Física Experimental", "Saúde Pública", "Arquitetura Moderna", "Botânica"]),
        University(
            name: "Universidade de Coimbra", lecture: "Aula", seminar: "Seminário", officeHours: "Atendimento",
            subjects: ["História da Arte", "Bioquímica", "Filosofia Antiga", "Análise Numérica"]),
    ]

    private static let givenNames = [
        "Anna", "Jonas", "Leyla", "Matthias", "Charlotte", "Amara", "Oliver", "Priya", "Ewan", "Grace", "Lucía",
        "Mateo", "Carmen",
        "Joaquín", "Inés", "Beatriz", "Tiago", "Marina", "João", "Rafael", "Wei", "Fatima", "Kofi", "Noor",
    ]

    private static let familyNames = [
        "Schneider", "Yılmaz", "Krüger", "Vogel", "Hughes", "Okafor", "Sharma", "Campbell", "Tremblay", "Nguyen",
        "García", "Rojas",
        "Fernández", "Muñoz", "Silva", "Oliveira", "Pereira", "Almeida", "Santos", "Chen", "Haddad", "Mensah", "Novak",
        "Bauer",
    ]

    static func meeting(_ kind: Kind, using random: inout FleetRandom) -> String {
        let university = universities[Int.random(in: universities.indices, using: &random)]
        let subject = university.subjects[Int.random(in: university.subjects.indices, using: &random)]
        let title =
            switch kind {
            case .lecture: university.lecture
            case .seminar: university.seminar
            case .officeHours: university.officeHours
            }
        return "\(university.name): \(title) \(subject)"
    }

    static func person(using random: inout FleetRandom) -> String {
        let given = givenNames[Int.random(in: givenNames.indices, using: &random)]
        let family = familyNames[Int.random(in: familyNames.indices, using: &random)]
        return "\(given) \(family)"
    }
}
