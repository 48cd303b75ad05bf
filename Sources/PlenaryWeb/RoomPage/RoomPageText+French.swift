extension RoomPageText {
    /// All of it in French.
    static let french: [RoomPageText: String] = [
        .languages: "Langue",
        .codeLabel: "Code du message",
        .hostedBy: "Hôte",
        .peopleIn: "Personnes dans la réunion",
        .meetingRuns: "La réunion est en cours.",
        .roleModerator: "Vous participez en tant que modérateur.",
        .roleAttendee: "Vous participez en tant que participant.",
        .roleGuest: "Vous participez en tant qu’invité.",
        .devices: "Votre navigateur ne demandera le micro et la caméra que dans la réunion.",
        .recordingPossible: "Cette réunion peut être enregistrée.",
        .recordingAutomatic: "Cette réunion est enregistrée dès le début.",
        .signIn: "Se connecter",
        .joinAsGuest: "Participer en tant qu’invité",
        .tryAgain: "Réessayer",
        .reactivate: "Réactiver la salle",
        .reactivateText: "Vous pouvez la réactiver.",
        .calendar: "Ajouter à l’agenda",
        .rejoin: "Rejoindre à nouveau",
        .formTitle: "Rejoindre la réunion",
        .name: "Votre nom",
        .nameHint: "C’est ainsi que les autres vous verront. 64 caractères au plus.",
        .remember: "Retenir mon nom sur cet appareil",
        .accessCode: "Code d’accès",
        .accessCodeHint: "La personne qui vous a invité le connaît.",
        .consent: "J’accepte que cette réunion puisse être enregistrée.",
        .join: "Rejoindre",
        .start: "Démarrer la réunion",
        .busy: "Un instant, s’il vous plaît …",
        .errorsTitle: "Il manque quelque chose ou il y a une erreur",
        .errorPrefix: "Erreur : {title}",
        .errorName: "Indiquez votre nom : de 1 à 64 caractères, sans caractères de contrôle.",
        .errorCodeRequired: "Saisissez le code d’accès de cette salle.",
        .errorCodeInvalid:
            """
        Ce code d’accès n’est pas correct. Vérifiez-le ou demandez-le à la personne qui vous a \
        invité.
        """,
        .errorCodeExpired: "Ce code d’accès a expiré. Demandez-en un nouveau à la personne qui vous a invité.",
        .errorConsent: "Pour participer, vous devez accepter l’enregistrement.",
        .notStartedTitle: "La réunion n’a pas encore commencé",
        .notStartedText:
            """
        Dès qu’un modérateur la démarre, vous y entrez. Laissez cette page ouverte, vous n’avez \
        rien à faire.
        """,
        .providerTitle: "Un problème technique",
        .providerText:
            """
        Le serveur de cette salle ne répond pas pour le moment. Nous continuons d’essayer ; \
        laissez cette page ouverte.
        """,
        .queueTitle: "La salle est pleine : vous êtes dans la file d’attente",
        .queueText:
            """
        Vous entrerez quand ce sera votre tour. Laissez cette page ouverte, sinon vous perdrez \
        votre place.
        """,
        .queuePlace: "Place dans la file d’attente : {place}",
        .lookNow: "Vérifier maintenant",
        .sound: "Émettre un son quand je peux entrer",
        .readyTitle: "Vous allez entrer dans la réunion",
        .readyText: "Si rien ne se passe, utilisez ce lien.",
        .enter: "Entrer dans la réunion",
        .notOpenTitle: "Cette salle n’est pas encore ouverte",
        .notOpenText: "Revenez à l’heure indiquée ci-dessous.",
        .opensAt: "Ouverture",
        .timeLeft: "Temps restant",
        .closedTitle: "La période d’ouverture de cette salle est passée",
        .closedText: "Demandez à la personne qui vous a invité s’il y a une nouvelle date.",
        .lockedTitle: "Trop de codes erronés",
        .lockedText: "Par sécurité, vous devez attendre avant de réessayer.",
        .againAt: "Nouvel essai à partir de",
        .roomNotFoundTitle: "Cette salle n’existe pas",
        .roomNotFoundText: "Vérifiez l’adresse ou demandez-la à la personne qui vous l’a donnée.",
        .roomGoneTitle: "Cette salle a été supprimée",
        .roomGoneText: "Demandez un nouveau lien à la personne qui vous a invité.",
        .tokenInvalidTitle: "Ce lien n’est pas valable",
        .tokenInvalidText:
            """
        Vérifiez que vous l’avez copié en entier ou demandez-en un nouveau à la personne qui vous \
        a invité.
        """,
        .tokenExpiredTitle: "Ce lien a expiré",
        .tokenExpiredText: "Demandez-en un nouveau à l’organisateur.",
        .tokenUsedUpTitle: "Ce lien a déjà été utilisé",
        .tokenUsedUpText: "Il ne fonctionne qu’un nombre limité de fois. Demandez-en un nouveau à l’organisateur.",
        .tokenRequiredTitle: "Il vous faut un lien personnel",
        .tokenRequiredText: "Cette salle n’est pas publique. Ouvrez-la avec le lien de votre invitation.",
        .inactiveTitle: "Cette salle est fermée",
        .inactiveText:
            """
        Personne ne peut l’utiliser pour le moment, pas même les modérateurs. Adressez-vous à \
        l’organisateur.
        """,
        .unusableTitle: "Cette salle n’est pas disponible pour le moment",
        .unusableText: "Réessayez plus tard ou adressez-vous à l’organisateur.",
        .reason: "Motif",
        .reasonSubscription: "L’abonnement de cette salle est terminé ou n’a pas encore commencé.",
        .reasonAccount: "Le compte de cette salle n’est pas actif.",
        .reasonCustomer: "Le client de cette salle ne peut pas utiliser de salles.",
        .noGuestsTitle: "Cette salle n’accepte pas d’invités",
        .noGuestsText: "Demandez à l’organisateur un lien à votre nom.",
        .capacityTitle: "La réunion ne peut pas démarrer maintenant",
        .capacityText: "Trop peu de connexions sont libres. D’autres réunions les utilisent.",
        .sessionsText:
            """
        Il y a autant de réunions en cours que l’abonnement le permet. Attendez qu’une autre se \
        termine.
        """,
        .limitText: "Une limite de l’abonnement est atteinte.",
        .free: "Libres",
        .limit: "Limite",
        .inUse: "Utilisé",
        .wanted: "Nécessaire",
        .fullTitle: "La salle est pleine",
        .fullText: "Réessayez quand quelqu’un sera parti.",
        .noProviderTitle: "Cette salle ne peut pas encore être utilisée",
        .noProviderText: "Son compte n’a pas de serveur de réunions. La personne qui le gère doit en ajouter un.",
        .noAdapterText: "On ne peut pas encore entrer dans les salles de ce type.",
        .roomType: "Type de salle",
        .leftTitle: "Vous avez quitté la réunion",
        .leftRunsText: "La réunion continue. Vous pouvez la rejoindre à nouveau ou fermer cette page.",
        .leftEndedText: "La réunion est terminée. Vous pouvez fermer cette page.",
        .preemptedTitle: "La réunion a dû prendre fin",
        .preemptedText:
            """
        Le temps réservé était écoulé, et ses connexions étaient nécessaires à une autre \
        réunion. Vous pouvez fermer cette page ou vérifier si la réunion reprend.
        """,
        .deniedTitle: "Vous n’avez pas été admis",
        .deniedText:
            """
        Un modérateur ne vous a pas admis, ou la réunion n’accepte pas d’invités. Adressez-vous à \
        la personne qui vous a invité.
        """,
        .endedTitle: "La réunion est terminée",
        .endedText: "Elle s’est terminée avant votre entrée, ou c’est maintenant une autre. Réessayez.",
        .refusedTitle: "Vous n’avez pas pu rejoindre la réunion",
        .refusedText: "Le serveur de la réunion ne vous a pas laissé entrer. Réessayez.",
        .failedTitle: "Une erreur est survenue",
        .failedText: "L’erreur vient de nous. Réessayez dans un instant.",
    ]
}
