"""What HR's programs call their columns, in the languages of SuperOffice's markets."""

LISTS = {  # setting: usual names in English, German, Swedish, Norwegian, Danish and Dutch
    "associate_id": """
        associateId, SuperOffice associateId, SO associateId
    """,  # nobody else's number is one: see FOREIGN
    "login": """
        login, login name, logon name, sign-in name, user name, user login, assocName, userPrincipalName,
        UPN, SuperOffice login, Benutzername, Anmeldename, Benutzerkennung, användarnamn, inloggningsnamn,
        brukernavn, påloggingsnavn, innloggingsnavn, brugernavn, loginnavn, logonnavn, gebruikersnaam,
        inlognaam, aanmeldnaam, loginnaam
    """,
    "email": """
        email, mail, email address, mail address, work email, work mail, person email, business email,
        company email, work email address, business email address, E-Mail-Adresse, Mailadresse, dienstliche
        E-Mail, geschäftliche E-Mail, E-post, E-postadress, mailadress, mejl, mejladress, arbetsmejl,
        jobbmejl, E-postadresse, arbeidsepost, jobbepost, arbejdsmail, arbejdsemail, e-mailadres, mailadres,
        werkmail, zakelijke e-mail, zakelijk e-mailadres
    """,
    "status": """
        status, presence, presence status, availability, absence, absence status, availability status,
        Anwesenheit, Abwesenheit, Anwesenheitsstatus, Abwesenheitsstatus, Verfügbarkeit, närvaro, frånvaro,
        närvarostatus, frånvarostatus, tillgänglighet, tilstedeværelse, nærvær, fravær, fraværsstatus,
        tilgjengelighet, tilgængelighed, aanwezigheid, afwezigheid, aanwezigheidsstatus, afwezigheidsstatus,
        beschikbaarheid
    """,
    "message": """
        message, comment, presence message, presence comment, absence message, away message, status message,
        Kommentar, Nachricht, Mitteilung, Abwesenheitsnachricht, Abwesenheitsmeldung, meddelande,
        frånvaromeddelande, melding, beskjed, fraværsmelding, besked, meddelelse, fraværsbesked, bericht,
        commentaar, afwezigheidsbericht
    """,  # no notes and remarks: they may be HR's own
    "from": """
        from, from date, date from, from day, start, starts, start date, start day, starts on, first day,
        first day of absence, valid from, begin, begin date, von, Von-Datum, Datum von, Beginn, Startdatum,
        Anfangsdatum, Beginndatum, erster Tag, gültig ab, gültig von, från, f.o.m., från och med, från
        datum, startdag, första dag, första dagen, fra, fra dato, fra og med, startdato, første dag, van,
        vanaf, vanaf datum, van datum, datum van, begindatum, ingangsdatum, eerste dag
    """,
    "until": """
        until, till, to, until date, to date, date to, to day, end, ends, end date, end day, ends on, last
        day, last day of absence, valid until, valid to, through, bis, Bis-Datum, Datum bis, Ende, Enddatum,
        letzter Tag, gültig bis, bis einschließlich, t.o.m., till och med, till datum, slutdatum, slutdag,
        sista dag, sista dagen, til, til dato, til og med, sluttdato, slutdato, siste dag, sidste dag, tot,
        t/m, tot en met, tot datum, datum tot, einddatum, laatste dag
    """,  # no day of return: see BACK
}
# The day after the last one. No first working day: it may be that of a new employee.
BACK = """
    return, returns, returning, return date, date of return, return day, day of return, returns on,
    returning on, return on, expected return, expected return date, planned return, planned return date,
    return to work, return to work date, returns to work, returned to work, RTW date, back, back on, back
    at work, back to work, back date, back in office, back in the office, date back, day back, first day
    back, first day back at work, first day at work again, resumes, resumes on, resume date, resumption,
    resumption date, resumption of work, work resumption date, available from, available again, available
    again from, Rückkehr, Rückkehr am, Rückkehrdatum, Rückkehrtag, Tag der Rückkehr, Datum der Rückkehr,
    voraussichtliche Rückkehr, zurück, zurück am, zurück ab, wieder da, wieder da am, wieder da ab, wieder
    im Büro, wieder im Dienst, wieder im Dienst ab, wieder anwesend, wieder anwesend ab, wieder verfügbar,
    wieder verfügbar ab, erster Arbeitstag danach, Wiederaufnahme, Wiederaufnahme der Arbeit, åter, åter
    den, åter i tjänst, åter i arbete, åter på jobbet, återkomst, återkomstdatum, återgång, återgång i
    arbete, återgångsdatum, återinträde, tillbaka, tillbaka den, tillbaka på jobbet, tillbaka i tjänst,
    tillbakadatum, första dag åter, första dagen åter, första dag tillbaka, första dagen tillbaka,
    tilbake, tilbake den, tilbake dato, tilbake fra, tilbake på jobb, tilbake i jobb, tilbake i arbeid,
    tilbakekomst, tilbakekomstdato, tilbakedato, returdato, returnerer, gjeninntreden, gjeninntredelse,
    første dag tilbake, forventet tilbake, tilbage, tilbage den, tilbage dato, tilbage på arbejde, tilbage
    på job, tilbage i arbejde, tilbagekomst, tilbagekomstdato, tilbagedato, tilbagevenden, genoptagelse,
    genoptager arbejdet, første dag tilbage, forventet tilbage, retur den, raskmelding, raskmeldt,
    raskmeldingsdato, friskmeldt, friskmeldt fra, friskmelding, friskmeldt dato, friskmeldingsdato, terug,
    terug op, terug vanaf, terug op het werk, terug aan het werk, terugkeer, terugkeerdatum, datum
    terugkeer, datum van terugkeer, terugkomst, terugkomstdatum, terugdatum, weer aanwezig, weer aanwezig
    vanaf, weer aan het werk, weer beschikbaar, weer beschikbaar vanaf, eerste dag terug, werkhervatting,
    hervatting, hervattingsdatum, datum hervatting
"""
# Of employees, persons and users elsewhere: each number may be the associateId of somebody else.
FOREIGN = """
    id, no, nr, number, user, user id, user no, user number, person id, person number, person, HR id,
    employee, employee id, employee no, employee nr, employee number, emp id, emp no, emp number, staff id,
    staff no, staff number, worker id, personnel id, personnel no, personnel number, payroll id, payroll
    number, associate, associate no, associate nr, associate number, contact id, SuperOffice id, Nummer,
    Personalnummer, Personalnr, Pers.-Nr., Personal-ID, Personennummer, Mitarbeiter, Mitarbeiternummer,
    Mitarbeiternr, Mitarbeiter-ID, Benutzer, Benutzernummer, Benutzer-ID, Stammnummer, anställd,
    anställningsnummer, anställningsnr, anst.nr, anställningsid, anställdnummer, medarbetare,
    medarbetarnummer, medarbetarnr, medarbetar-id, personnummer, personnr, användare, användar-id, ansatt,
    ansattnummer, ansattnr, ansatt-id, ansattes nummer, medarbeider, medarbeidernummer, medarbeidernr,
    medarbeider-id, bruker, bruker-id, brukernummer, fødselsnummer, ansat, ansatnummer, ansatnr, ansat-id,
    medarbejder, medarbejdernummer, medarbejdernr, medarbejder-id, lønnummer, lønnr, bruger, bruger-id,
    brugernummer, cpr, cpr-nummer, cpr-nr, personeelsnummer, personeelsnr, personeels-id, medewerker,
    medewerkernummer, medewerkersnummer, medewerkernr, medewerker-id, werknemer, werknemernummer,
    werknemersnummer, werknemer-id, gebruiker, gebruikers-id, gebruikersnummer
"""
OF_MAILS = "subject, cc, bcc, Betreff, ämne, emne, onderwerp"  # beside these, "from" is who sent a mail
TYPES = """
    leave type, leave types, type of leave, leave code, leave category, leave reason, absence type, type of
    absence, absence code, absence reason, absence category, time off type, type of time off, time off
    policy, policy type, policy, time type, vacation type, reason, reason for absence, reason of absence,
    type, category, Abwesenheitsart, Abwesenheitstyp, Abwesenheitsgrund, Art der Abwesenheit, Urlaubsart,
    Fehlzeitenart, Fehlgrund, Art, Grund, Typ, frånvarotyp, frånvarokod, frånvaroorsak, ledighetstyp,
    semestertyp, orsak, fraværstype, fraværskode, fraværsårsak, permisjonstype, årsak, fraværsart, årsag,
    orlovstype, afwezigheidstype, afwezigheidsreden, verlofsoort, verloftype, verlofreden, soort verlof,
    soort afwezigheid, type verlof, soort, reden
"""  # columns that say why people are away; which of them mean it, the operator says
