extension RoomPageText {
    /// All of it in German.
    static let german: [RoomPageText: String] = [
        .languages: "Sprache",
        .codeLabel: "Meldungscode",
        .hostedBy: "Gastgeber",
        .peopleIn: "Personen in der Konferenz",
        .meetingRuns: "Die Konferenz läuft.",
        .roleModerator: "Sie nehmen als Moderator teil.",
        .roleAttendee: "Sie nehmen als Teilnehmer teil.",
        .roleGuest: "Sie nehmen als Gast teil.",
        .devices: "Nach Mikrofon und Kamera fragt Ihr Browser erst in der Konferenz.",
        .recordingPossible: "Diese Konferenz kann aufgezeichnet werden.",
        .recordingAutomatic: "Diese Konferenz wird von Anfang an aufgezeichnet.",
        .signIn: "Anmelden",
        .joinAsGuest: "Als Gast teilnehmen",
        .tryAgain: "Erneut versuchen",
        .reactivate: "Raum wieder freigeben",
        .reactivateText: "Sie können ihn wieder freigeben.",
        .calendar: "In den Kalender eintragen",
        .rejoin: "Wieder teilnehmen",
        .formTitle: "An der Konferenz teilnehmen",
        .name: "Ihr Name",
        .nameHint: "So sehen die anderen Sie. Höchstens 64 Zeichen.",
        .remember: "Meinen Namen auf diesem Gerät merken",
        .accessCode: "Zugangscode",
        .accessCodeHint: "Wer Sie eingeladen hat, kennt ihn.",
        .consent: "Ich bin einverstanden, dass diese Konferenz aufgezeichnet werden kann.",
        .join: "Teilnehmen",
        .start: "Konferenz starten",
        .busy: "Einen Moment bitte …",
        .errorsTitle: "Etwas fehlt oder stimmt nicht",
        .errorPrefix: "Fehler: {title}",
        .errorName: "Geben Sie Ihren Namen ein: 1 bis 64 Zeichen, ohne Steuerzeichen.",
        .errorCodeRequired: "Geben Sie den Zugangscode dieses Raums ein.",
        .errorCodeInvalid:
            """
        Dieser Zugangscode stimmt nicht. Prüfen Sie ihn, oder fragen Sie, wer Sie eingeladen hat.
        """,
        .errorCodeExpired:
            """
        Dieser Zugangscode ist abgelaufen. Bitten Sie, wer Sie eingeladen hat, um einen neuen.
        """,
        .errorConsent: "Um teilzunehmen, müssen Sie der Aufzeichnung zustimmen.",
        .notStartedTitle: "Die Konferenz hat noch nicht begonnen",
        .notStartedText:
            """
        Sobald ein Moderator sie startet, werden Sie hineingeführt. Lassen Sie diese Seite offen; \
        Sie müssen nichts tun.
        """,
        .providerTitle: "Ein technisches Problem",
        .providerText:
            """
        Der Server dieses Raums antwortet gerade nicht. Wir versuchen es weiter; lassen Sie diese \
        Seite offen.
        """,
        .queueTitle: "Der Raum ist voll: Sie sind in der Warteschlange",
        .queueText:
            """
        Sie werden hineingeführt, wenn Sie an der Reihe sind. Lassen Sie diese Seite offen, sonst \
        verlieren Sie Ihren Platz.
        """,
        .queuePlace: "Platz in der Warteschlange: {place}",
        .lookNow: "Jetzt nachsehen",
        .sound: "Einen Ton abspielen, wenn ich teilnehmen kann",
        .readyTitle: "Sie werden zur Konferenz geführt",
        .readyText: "Wenn nichts geschieht, benutzen Sie diesen Link.",
        .enter: "Zur Konferenz",
        .notOpenTitle: "Dieser Raum ist noch nicht geöffnet",
        .notOpenText: "Kommen Sie zu der unten genannten Zeit wieder.",
        .opensAt: "Öffnet",
        .timeLeft: "Noch",
        .closedTitle: "Die Zeit dieses Raums ist vorbei",
        .closedText: "Fragen Sie, wer Sie eingeladen hat, nach einem neuen Termin.",
        .lockedTitle: "Zu viele falsche Codes",
        .lockedText: "Zur Sicherheit müssen Sie warten, bevor Sie es erneut versuchen können.",
        .againAt: "Neuer Versuch ab",
        .roomNotFoundTitle: "Diesen Raum gibt es nicht",
        .roomNotFoundText: "Prüfen Sie die Adresse, oder fragen Sie, von wem Sie sie haben.",
        .roomGoneTitle: "Dieser Raum wurde entfernt",
        .roomGoneText: "Bitten Sie, wer Sie eingeladen hat, um einen neuen Link.",
        .tokenInvalidTitle: "Dieser Link ist ungültig",
        .tokenInvalidText:
            """
        Prüfen Sie, ob Sie ihn vollständig kopiert haben, oder bitten Sie, wer Sie eingeladen \
        hat, um einen neuen.
        """,
        .tokenExpiredTitle: "Dieser Link ist abgelaufen",
        .tokenExpiredText: "Bitten Sie den Veranstalter um einen neuen.",
        .tokenUsedUpTitle: "Dieser Link ist aufgebraucht",
        .tokenUsedUpText:
            """
        Er gilt nur für eine begrenzte Zahl von Teilnahmen. Bitten Sie den Veranstalter um einen \
        neuen.
        """,
        .tokenRequiredTitle: "Sie brauchen einen persönlichen Link",
        .tokenRequiredText: "Dieser Raum ist nicht öffentlich. Öffnen Sie ihn mit dem Link aus Ihrer Einladung.",
        .inactiveTitle: "Dieser Raum ist geschlossen",
        .inactiveText: "Zurzeit kann ihn niemand benutzen, auch Moderatoren nicht. Fragen Sie den Veranstalter.",
        .unusableTitle: "Dieser Raum ist zurzeit nicht verfügbar",
        .unusableText: "Versuchen Sie es später noch einmal, oder fragen Sie den Veranstalter.",
        .reason: "Grund",
        .reasonSubscription: "Das Abonnement dieses Raums ist beendet oder hat noch nicht begonnen.",
        .reasonAccount: "Das Konto dieses Raums ist nicht aktiv.",
        .reasonCustomer: "Der Kunde dieses Raums darf keine Räume benutzen.",
        .noGuestsTitle: "Dieser Raum lässt keine Gäste zu",
        .noGuestsText: "Bitten Sie den Veranstalter um einen eigenen Link.",
        .capacityTitle: "Die Konferenz kann jetzt nicht gestartet werden",
        .capacityText: "Es sind zu wenige Verbindungen frei. Andere Konferenzen benutzen sie.",
        .sessionsText:
            """
        Es laufen so viele Konferenzen, wie das Abonnement erlaubt. Warten Sie, bis eine andere \
        beendet ist.
        """,
        .limitText: "Eine Grenze des Abonnements ist erreicht.",
        .free: "Frei",
        .limit: "Grenze",
        .inUse: "In Benutzung",
        .wanted: "Benötigt",
        .fullTitle: "Der Raum ist voll",
        .fullText: "Versuchen Sie es noch einmal, wenn jemand gegangen ist.",
        .noProviderTitle: "Dieser Raum kann noch nicht benutzt werden",
        .noProviderText: "Ihr Konto hat keinen Server für Konferenzen. Wer es verwaltet, muss einen zuordnen.",
        .noAdapterText: "Räume dieser Art kann man noch nicht betreten.",
        .roomType: "Art des Raums",
        .leftTitle: "Sie haben die Konferenz verlassen",
        .leftRunsText: "Die Konferenz läuft noch. Sie können wieder teilnehmen oder diese Seite schließen.",
        .leftEndedText: "Die Konferenz ist beendet. Sie können diese Seite schließen.",
        .preemptedTitle: "Die Konferenz musste enden",
        .preemptedText:
            """
        Ihre reservierte Zeit war abgelaufen, und ihre Verbindungen wurden für eine andere \
        Konferenz gebraucht. Sie können diese Seite schließen oder nachsehen, ob es weitergeht.
        """,
        .deniedTitle: "Sie wurden nicht eingelassen",
        .deniedText:
            """
        Ein Moderator hat Sie nicht eingelassen, oder die Konferenz lässt keine Gäste zu. Fragen \
        Sie, wer Sie eingeladen hat.
        """,
        .endedTitle: "Die Konferenz ist vorbei",
        .endedText:
            """
        Sie endete, bevor Sie darin waren, oder es ist inzwischen eine andere. Versuchen Sie es \
        noch einmal.
        """,
        .refusedTitle: "Sie konnten nicht teilnehmen",
        .refusedText: "Der Server der Konferenz hat Sie nicht eingelassen. Versuchen Sie es noch einmal.",
        .failedTitle: "Etwas ist schiefgegangen",
        .failedText: "Der Fehler liegt bei uns. Versuchen Sie es gleich noch einmal.",
    ]
}
