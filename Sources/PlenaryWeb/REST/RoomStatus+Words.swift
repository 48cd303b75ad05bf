internal import PlenaryCore
internal import PlenaryRooms

extension RoomStatusReport {
    /// With `message` in a language (`rooms-api.md` 12); `nil`: in English.
    func json(in language: PageLanguage?) -> JSON {
        guard let language, let members = json.members else { return json }
        let message = JSON.Member("message", .text(status.message.text(in: language)))
        return .object(members.map { $0.name == message.name ? message : $0 })
    }
}

extension RoomStatus.Message {
    func text(in language: PageLanguage) -> String {
        switch language {
        case .english: text
        case .german: german
        case .french: french
        case .spanish: spanish
        case .portuguese: portuguese
        case .arabic: arabic
        }
    }

    private var german: String {
        switch self {
        case .running(1): "Ein Meeting läuft, mit 1 Person."
        case .running(let participants): "Ein Meeting läuft, mit \(participants) Personen."
        case .nothingRuns: "Es läuft kein Meeting."
        case .closed: "Der Raum ist geschlossen."
        case .videoReady: "Das Video ist bereit."
        case .videoInPreparation: "Das Video wird vorbereitet."
        case .noVideo: "Es gibt kein Video."
        case .noAdapter: "In diesem Raum kann noch nichts stattfinden."
        }
    }

    private var french: String {
        switch self {
        case .running(1): "Une réunion est en cours, avec 1 personne."
        case .running(let participants): "Une réunion est en cours, avec \(participants) personnes."
        case .nothingRuns: "Aucune réunion n’est en cours."
        case .closed: "La salle est fermée."
        case .videoReady: "La vidéo est prête."
        case .videoInPreparation: "La vidéo est en préparation."
        case .noVideo: "Il n’y a pas de vidéo."
        case .noAdapter: "Rien ne peut encore avoir lieu dans cette salle."
        }
    }

    private var spanish: String {
        switch self {
        case .running(1): "Hay una reunión en curso, con 1 persona."
        case .running(let participants): "Hay una reunión en curso, con \(participants) personas."
        case .nothingRuns: "No hay ninguna reunión en curso."
        case .closed: "La sala está cerrada."
        case .videoReady: "El vídeo está listo."
        case .videoInPreparation: "El vídeo se está preparando."
        case .noVideo: "No hay ningún vídeo."
        case .noAdapter: "En esta sala todavía no puede celebrarse nada."
        }
    }

    private var portuguese: String {
        switch self {
        case .running(1): "Há uma reunião em andamento, com 1 pessoa."
        case .running(let participants): "Há uma reunião em andamento, com \(participants) pessoas."
        case .nothingRuns: "Nenhuma reunião está em andamento."
        case .closed: "A sala está fechada."
        case .videoReady: "O vídeo está pronto."
        case .videoInPreparation: "O vídeo está sendo preparado."
        case .noVideo: "Não há vídeo."
        case .noAdapter: "Ainda não é possível realizar nada nesta sala."
        }
    }

    private var arabic: String {
        switch self {
        // A number behind a colon needs none of the six plurals.
        case .running(let participants): "يجري اجتماع الآن. عدد المشاركين: \(participants)."
        case .nothingRuns: "لا يجري أي اجتماع."
        case .closed: "الغرفة مغلقة."
        case .videoReady: "الفيديو جاهز."
        case .videoInPreparation: "يجري تجهيز الفيديو."
        case .noVideo: "لا يوجد فيديو."
        case .noAdapter: "لا يمكن عقد أي شيء في هذه الغرفة بعد."
        }
    }
}
