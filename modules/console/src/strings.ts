/** All text of the console, in the languages that it speaks. A new language is one more object of the type Strings. */
const en = {
  title: "Basalt console",
  signIn: "Sign in", signOut: "Sign out", email: "E-mail address", password: "Password", code: "Code of your authenticator app",
  key: "Administrator's key", useKey: "Use an administrator's key", usePassword: "Use an account",
  signInHint: "For administrators, and for those whom console.access names.",
  notAllowed: "This account may not use the console.", notAllowedHint: "Neither admin.users nor console.access holds for its claims. An administrator can change them.",
  ended: "Your session has ended. Sign in again.",
  first: "Make the first administrator", firstHint: "The link is good once. The account gets the claims that admin.users asks for.",
  create: "Create", firstPass: "Look around for an hour, without an account", passwordHint: "At least the length that auth.providers.password asks for.",
  collections: "Collections", users: "Users", rules: "Rules", status: "Status", events: "Events", menu: "Menu",
  jump: "Jump to a collection or a page", nothingFound: "Nothing is called that.",
  noCollections: "No collections yet", noCollectionsHint: "A collection is a few lines of basalt.yaml. Save the file while the server runs, and it appears here.",
  chooseCollection: "Choose a collection",
  filter: "Filter", rows: "rows", row: "row", live: "Live", notLive: "Not live", connecting: "Connecting",
  liveHint: "Changes show at once", notLiveHint: "This collection is not live. Reload to see changes.",
  newRow: "New", noRows: "Nothing in it yet", noRowsHint: "Add the first document here, or from an app:", noMatch: "No document matches", clearFilter: "Clear the filter",
  loading: "Loading", loadMore: "Loading more", retry: "Try again", reload: "Reload",
  save: "Save", saved: "Saved", cancel: "Cancel", close: "Close", remove: "Delete", removed: "Deleted", undo: "Undo", duplicate: "Duplicate",
  edit: "Edit", fields: "Fields", json: "JSON", copyJson: "Copy as JSON", copyLink: "Copy link", copied: "Copied", gone: "This document is gone. It was deleted, or you may not see it any more.",
  changedElsewhere: "Someone has changed this document meanwhile. Save again to overwrite these fields.", invalidJson: "This is not valid JSON",
  generated: "made by the server when left empty", required: "required", setByServer: "set by the server", openRef: "Open", defaultIs: "default",
  viewAs: "View as", viewAsHint: "See this collection as another caller does.", asYourself: "Yourself", anonymous: "Not signed in", typeClaims: "Type claims", claims: "Claims", findUser: "E-mail address of a user",
  viewing: "What they see", hidden: "hidden", masked: "masked", visibleOf: "visible of", whyHidden: "Why?", show: "Show", stop: "Stop",
  verdictAllow: "Allowed: all documents", verdictDeny: "Denied: no document", verdictFilter: "Only some documents",
  ruleIs: "The rule", comesTo: "What is left of it for this caller", statement: "The statement that runs", plan: "How the database runs it", conditions: "Condition by condition",
  thisDocument: "For this document", isVisible: "It is visible", isNotThere: "There is no such document", isHidden: "It is hidden", noRule: "There is no rule, so it is denied.",
  actAs: "view data as", claimsInvalid: "Claims are a JSON object, such as {\"sub\": \"ann\"}",
  userSearch: "Find by the whole e-mail address", noUsers: "No accounts yet", noUsersHint: "Accounts appear here when people sign up, or by: basalt users add ann@example.com",
  noAuth: "There is no section auth in basalt.yaml, so there are no accounts.",
  verified: "confirmed", unverified: "not confirmed", disabled: "disabled", disable: "Disable", enable: "Enable", signOutAll: "End all sessions", sessionsEnded: "All sessions have ended",
  created: "Created", secondFactor: "second factor", anonymousUser: "without an address", more: "More",
  ruleOk: "This rule is valid.", caller: "For the caller", tryRule: "Try a rule", tryHint: "Nothing is stored: rules are in basalt.yaml. Copy the text there when it is right.", revert: "As configured", copyRule: "Copy",
  fieldRules: "Rules of fields", readable: "readable if", writable: "writable if", forced: "Set by the server", op: "Operation",
  nodes: "Nodes", databases: "Databases", bus: "Bus", version: "version", ok: "ok", down: "does not answer", since: "since", sameFile: "All nodes have the same configuration.", otherFile: "Nodes have different configurations.",
  eventsDead: "Not delivered", eventsPending: "Waiting", eventsDone: "Delivered", noEvents: "Nothing here", noEventsHint: "Events that could not be delivered wait here, with their error, until they are sent again or deleted.", replay: "Send again", replayed: "It will be delivered again", attempts: "attempts",
  yes: "yes", no: "no", empty: "empty", adminKey: "Administrator's key", page: "page",
  language: "Language", docs: "Docs",
  logs: "Logs", node: "Node", follow: "Follow", time: "Time", requestName: "Request", who: "Who", took: "Took", reason: "Reason", route: "Route", errorCode: "Code", actor: "On behalf of", size: "Size", requestId: "In the log",
  noRequests: "No requests yet", noRequestFits: "No request fits", requestsHint: "The last 2000 requests of this node, and 1000 that were refused or slow. Parameters, headers and bodies are not kept.",
  standsFor: "Stands for", routeFilter: "Method, path or route", userFilter: "User: id or e-mail", codeFilter: "Outcome", anyOutcome: "Any outcome", onlyErrors: "All errors", slowerFilter: "Duration", anyTime: "Any duration",
  api: "API", filterExample: `stars >= 3 && title startsWith "b"`, sort: "Sort", limit: "Limit", document: "Document", runAs: "Run as", run: "Run", operation: "Operation", variables: "Variables", schema: "Schema", use: "Use", noBody: "Without a body",
  impersonates: "Acts as this account for 15 minutes; the audit trail says that you did.", passesAll: "As an administrator you pass every rule. Choose another caller to see what the rules do.", changesData: "This changes what is stored.",
  storedDocument: "the stored document", newDocument: "the document as it would be", completions: "Completions", replaceBy: "Replace by",
  matrix: "Who may do it with what", matrixHint: "The first 20 documents, and what the rule lets each caller do. Change the rule above to see what would change.", matrixChanged: "With the rule as it is typed, beside what is configured.",
  countAll: "Count all", addCaller: "Add a caller", ofAll: "Of all documents", allowed: "allowed", denied: "denied", becomesAllowed: "becomes allowed", becomesDenied: "becomes denied", gained: "new", lost: "gone", asNow: "as now",
  copyId: "Copy the id", account: "Account", sessions: "Sessions", trail: "Audit trail", waysIn: "Ways to sign in", lastUsed: "last used", noWaysIn: "None: this account is anonymous.", unknownDevice: "Unknown device", noSessions: "Not signed in anywhere.", endSession: "End this session", sessionEnded: "The session has ended",
  noTrail: "Nothing has happened to this account.", by: "by", sendReset: "Send a mail to set a new password", resetSent: "The mail is on its way", impersonate: "Impersonate", impersonateHint: "a token for 15 minutes; the reason is kept in the audit trail", reasonExample: "Why, such as a ticket", getToken: "Get a token", copyToken: "Copy the token",
  queries: "Queries", connectionsTitle: "Connections", channels: "Channels", liveQuery: "Live query", listeners: "Listeners", documents: "Documents", reads: "Reads", messages: "Messages", sent: "Sent", computed: "computed", computedHint: "Asked again at each change, because a changed document alone does not say what changes.",
  queriesHint: "Those that have cost most first, since they began. Who may see the same of one query shares it.", noQueries: "No live queries", noQueriesHint: "They appear here while apps listen, with what they cost.", noConnections: "No connections", unread: "Not read yet",
  noChannels: "No channels are open", noChannelsHint: "Channels are named in the section channels of basalt.yaml, and are here while they have subscribers.", channel: "Channel", members: "Members", keptMessages: "Messages kept",
  lastHour: "Last hour", cluster: "Cluster", configuration: "Configuration", noFigures: "No figures yet", noFiguresHint: "A node takes its figures every 10 seconds. The first ones come in a moment.",
  requestRate: "Requests", latency: "Duration of requests", processor: "Processor", memory: "Memory", liveConnections: "Live connections", connections: "connections", subscriptions: "subscriptions", cacheHits: "Answers from the cache", fromCache: "from the cache",
  databaseCalls: "Duration of database calls", perCall: "mean", databasePool: "Database connections", used: "used", idle: "idle", waiting: "waiting callers", all: "all",
  findings: "What basalt check says", noFindings: "There is nothing to mend.", whoMayWhat: "Who may do what", configurationRuns: "The configuration that runs", configurationHint: "With what the file leaves to defaults, and without its secrets.",
  noSuchUser: "No account has this address.", refusedBy: "Refused by the rule", seeAsThem: "See the data as they do", onlyTheirs: "Only their requests", isItHidden: "Was it hidden from them?",
  timeSpent: "Where the time went", layerDatabase: "Databases", layerRules: "Rules", layerFunctions: "Functions", statements: "Statements", after: "after", total: "In all", runs: "Runs", slowest: "Slowest", noPlan: "The database has no plan of this statement to show.",
  saveAsTest: "Save as test", download: "Download", testHint: "What the table shows, as a file beside basalt.yaml: basalt rules test runs it, in CI too. Look at what is in the documents before you commit it.",
  choose: "Choose", chosen: "chosen", chooseAll: "Choose all", chooseFound: "Choose all that the filter finds", chooseNone: "Choose none", changeField: "Change a field", removeMany: "Documents to delete:", changeMany: "Documents to change:", noUndo: "This cannot be undone.", field: "Field", newValue: "New value",
  import: "Import", file: "File", fileTooLarge: "The file is larger than 64 MiB. Use: basalt import", notReadable: "This is no CSV, and no JSON array of objects:", notOneOf: "is none of the values that it may have", notOfType: "is not of its type", column: "Column", firstRow: "In the first row", leaveOut: "(left out)",
  rowsRead: "rows are in the file", rowsWrong: "do not fit", rowsMade: "documents were made", importHint: "Rows that do not fit are left out. The server checks each document, and says what it refuses.",
  noStatements: "No statements yet", statementsHint: "The statements that requests have run on this node since the configuration was loaded, without their values. Memory and MongoDB have none.",
};

export type Strings = typeof en;

const de: Strings = {
  title: "Basalt-Konsole",
  signIn: "Anmelden", signOut: "Abmelden", email: "E-Mail-Adresse", password: "Passwort", code: "Code der Authenticator-App",
  key: "Schlüssel eines Administrators", useKey: "Schlüssel eines Administrators benutzen", usePassword: "Konto benutzen",
  signInHint: "Für Administratoren, und für alle, die console.access nennt.",
  notAllowed: "Dieses Konto darf die Konsole nicht benutzen.", notAllowedHint: "Weder admin.users noch console.access trifft auf seine Claims zu. Ein Administrator kann sie ändern.",
  ended: "Die Sitzung ist zu Ende. Bitte neu anmelden.",
  first: "Ersten Administrator anlegen", firstHint: "Der Link gilt einmal. Das Konto bekommt die Claims, die admin.users verlangt.",
  create: "Anlegen", firstPass: "Eine Stunde umsehen, ohne Konto", passwordHint: "Mindestens so lang, wie auth.providers.password verlangt.",
  collections: "Sammlungen", users: "Benutzer", rules: "Regeln", status: "Zustand", events: "Ereignisse", menu: "Menü",
  jump: "Zu einer Sammlung oder Seite springen", nothingFound: "So heißt nichts.",
  noCollections: "Noch keine Sammlungen", noCollectionsHint: "Eine Sammlung sind ein paar Zeilen in basalt.yaml. Nach dem Speichern erscheint sie hier, auch wenn der Server läuft.",
  chooseCollection: "Eine Sammlung wählen",
  filter: "Filter", rows: "Zeilen", row: "Zeile", live: "Live", notLive: "Nicht live", connecting: "Verbindet",
  liveHint: "Änderungen erscheinen sofort", notLiveHint: "Diese Sammlung ist nicht live. Neu laden zeigt Änderungen.",
  newRow: "Neu", noRows: "Noch nichts darin", noRowsHint: "Das erste Dokument hier anlegen, oder aus einer App:", noMatch: "Kein Dokument passt", clearFilter: "Filter entfernen",
  loading: "Lädt", loadMore: "Lädt mehr", retry: "Nochmal versuchen", reload: "Neu laden",
  save: "Speichern", saved: "Gespeichert", cancel: "Abbrechen", close: "Schließen", remove: "Löschen", removed: "Gelöscht", undo: "Rückgängig", duplicate: "Duplizieren",
  edit: "Bearbeiten", fields: "Felder", json: "JSON", copyJson: "Als JSON kopieren", copyLink: "Link kopieren", copied: "Kopiert", gone: "Dieses Dokument ist nicht mehr da. Es wurde gelöscht, oder Sie dürfen es nicht mehr sehen.",
  changedElsewhere: "Jemand hat dieses Dokument inzwischen geändert. Nochmal speichern überschreibt diese Felder.", invalidJson: "Das ist kein gültiges JSON",
  generated: "macht der Server, wenn es leer bleibt", required: "nötig", setByServer: "setzt der Server", openRef: "Öffnen", defaultIs: "Vorgabe",
  viewAs: "Ansehen als", viewAsHint: "Diese Sammlung so sehen, wie jemand anderes sie sieht.", asYourself: "Sie selbst", anonymous: "Niemand angemeldet", typeClaims: "Claims eingeben", claims: "Claims", findUser: "E-Mail-Adresse eines Benutzers",
  viewing: "Was sie sehen", hidden: "verborgen", masked: "verdeckt", visibleOf: "sichtbar von", whyHidden: "Warum?", show: "Zeigen", stop: "Beenden",
  verdictAllow: "Erlaubt: alle Dokumente", verdictDeny: "Verboten: kein Dokument", verdictFilter: "Nur manche Dokumente",
  ruleIs: "Die Regel", comesTo: "Was davon für diesen Aufrufer bleibt", statement: "Die Anweisung, die läuft", plan: "Wie die Datenbank sie ausführt", conditions: "Bedingung für Bedingung",
  thisDocument: "Für dieses Dokument", isVisible: "Es ist sichtbar", isNotThere: "Ein solches Dokument gibt es nicht", isHidden: "Es ist verborgen", noRule: "Es gibt keine Regel, also ist es verboten.",
  actAs: "Daten ansehen als", claimsInvalid: "Claims sind ein JSON-Objekt, etwa {\"sub\": \"ann\"}",
  userSearch: "Mit der ganzen E-Mail-Adresse finden", noUsers: "Noch keine Konten", noUsersHint: "Konten erscheinen hier, wenn sich jemand registriert, oder durch: basalt users add ann@example.com",
  noAuth: "In basalt.yaml fehlt der Abschnitt auth, also gibt es keine Konten.",
  verified: "bestätigt", unverified: "nicht bestätigt", disabled: "gesperrt", disable: "Sperren", enable: "Entsperren", signOutAll: "Alle Sitzungen beenden", sessionsEnded: "Alle Sitzungen sind beendet",
  created: "Angelegt", secondFactor: "zweiter Faktor", anonymousUser: "ohne Adresse", more: "Mehr",
  ruleOk: "Diese Regel ist gültig.", caller: "Für den Aufrufer", tryRule: "Eine Regel probieren", tryHint: "Nichts wird gespeichert: Regeln stehen in basalt.yaml. Den Text dorthin kopieren, wenn er stimmt.", revert: "Wie eingestellt", copyRule: "Kopieren",
  fieldRules: "Regeln von Feldern", readable: "lesbar, wenn", writable: "schreibbar, wenn", forced: "Setzt der Server", op: "Operation",
  nodes: "Knoten", databases: "Datenbanken", bus: "Bus", version: "Version", ok: "in Ordnung", down: "antwortet nicht", since: "seit", sameFile: "Alle Knoten haben dieselbe Konfiguration.", otherFile: "Knoten haben verschiedene Konfigurationen.",
  eventsDead: "Nicht zugestellt", eventsPending: "Wartend", eventsDone: "Zugestellt", noEvents: "Hier ist nichts", noEventsHint: "Ereignisse, die nicht zugestellt werden konnten, warten hier mit ihrem Fehler, bis sie nochmal gesendet oder gelöscht werden.", replay: "Nochmal senden", replayed: "Es wird nochmal zugestellt", attempts: "Versuche",
  yes: "ja", no: "nein", empty: "leer", adminKey: "Schlüssel eines Administrators", page: "Seite",
  language: "Sprache", docs: "Handbuch",
  logs: "Protokoll", node: "Knoten", follow: "Mitlesen", time: "Zeit", requestName: "Anfrage", who: "Wer", took: "Dauer", reason: "Grund", route: "Route", errorCode: "Code", actor: "Im Namen durch", size: "Größe", requestId: "Im Log",
  noRequests: "Noch keine Anfragen", noRequestFits: "Keine Anfrage passt", requestsHint: "Die letzten 2000 Anfragen dieses Knotens, und 1000, die abgelehnt wurden oder lange dauerten. Parameter, Kopfzeilen und Inhalte werden nicht aufbewahrt.",
  standsFor: "Steht für", routeFilter: "Methode, Pfad oder Route", userFilter: "Benutzer: Id oder E-Mail", codeFilter: "Ergebnis", anyOutcome: "Jedes Ergebnis", onlyErrors: "Alle Fehler", slowerFilter: "Dauer", anyTime: "Jede Dauer",
  api: "API", filterExample: `stars >= 3 && title startsWith "b"`, sort: "Sortierung", limit: "Anzahl", document: "Dokument", runAs: "Ausführen als", run: "Ausführen", operation: "Operation", variables: "Variablen", schema: "Schema", use: "Verwenden:", noBody: "Ohne Inhalt",
  impersonates: "Handelt 15 Minuten als dieses Konto; im Prüfpfad steht, dass Sie es waren.", passesAll: "Als Administrator erlaubt Ihnen jede Regel alles. Ein anderer Aufrufer zeigt, was die Regeln tun.", changesData: "Das ändert, was gespeichert ist.",
  storedDocument: "das gespeicherte Dokument", newDocument: "das Dokument, wie es würde", completions: "Vervollständigungen", replaceBy: "Ersetzen durch",
  matrix: "Wer es womit darf", matrixHint: "Die ersten 20 Dokumente, und was die Regel jedem Aufrufer erlaubt. Die Regel oben ändern zeigt, was anders würde.", matrixChanged: "Mit der Regel, wie sie getippt ist, neben der eingestellten.",
  countAll: "Alle zählen", addCaller: "Aufrufer dazu", ofAll: "Von allen Dokumenten", allowed: "erlaubt", denied: "verboten", becomesAllowed: "wird erlaubt", becomesDenied: "wird verboten", gained: "neu", lost: "weg", asNow: "wie jetzt",
  copyId: "Id kopieren", account: "Konto", sessions: "Sitzungen", trail: "Prüfpfad", waysIn: "Wege zur Anmeldung", lastUsed: "zuletzt benutzt", noWaysIn: "Keine: Dieses Konto ist anonym.", unknownDevice: "Unbekanntes Gerät", noSessions: "Nirgends angemeldet.", endSession: "Diese Sitzung beenden", sessionEnded: "Die Sitzung ist beendet",
  noTrail: "Mit diesem Konto ist nichts geschehen.", by: "durch", sendReset: "E-Mail für ein neues Passwort senden", resetSent: "Die E-Mail ist unterwegs", impersonate: "Im Namen handeln", impersonateHint: "ein Token für 15 Minuten; der Grund bleibt im Prüfpfad", reasonExample: "Warum, etwa ein Ticket", getToken: "Token holen", copyToken: "Token kopieren",
  queries: "Abfragen", connectionsTitle: "Verbindungen", channels: "Kanäle", liveQuery: "Live-Abfrage", listeners: "Zuhörer", documents: "Dokumente", reads: "Lesen", messages: "Nachrichten", sent: "Gesendet", computed: "berechnet", computedHint: "Wird bei jeder Änderung neu gefragt, weil ein geändertes Dokument allein nicht sagt, was sich ändert.",
  queriesHint: "Die teuersten zuerst, seit sie begannen. Wer von einer Abfrage dasselbe sehen darf, teilt sie.", noQueries: "Keine Live-Abfragen", noQueriesHint: "Sie erscheinen hier, solange Apps zuhören, mit dem, was sie kosten.", noConnections: "Niemand ist verbunden", unread: "Noch nicht gelesen",
  noChannels: "Keine Kanäle sind offen", noChannelsHint: "Kanäle stehen im Abschnitt channels von basalt.yaml, und hier, solange jemand zuhört.", channel: "Kanal", members: "Mitglieder", keptMessages: "Aufbewahrte Nachrichten",
  lastHour: "Letzte Stunde", cluster: "Cluster", configuration: "Konfiguration", noFigures: "Noch keine Zahlen", noFiguresHint: "Ein Knoten nimmt seine Zahlen alle 10 Sekunden. Die ersten kommen gleich.",
  requestRate: "Anfragen", latency: "Dauer von Anfragen", processor: "Prozessor", memory: "Speicher", liveConnections: "Live-Verbindungen", connections: "Verbindungen", subscriptions: "Abonnements", cacheHits: "Antworten aus dem Cache", fromCache: "aus dem Cache",
  databaseCalls: "Dauer von Datenbankaufrufen", perCall: "im Mittel", databasePool: "Datenbankverbindungen", used: "benutzt", idle: "frei", waiting: "warten", all: "alle",
  findings: "Was basalt check sagt", noFindings: "Es ist nichts zu verbessern.", whoMayWhat: "Wer was darf", configurationRuns: "Die Konfiguration, die läuft", configurationHint: "Mit dem, was die Datei den Vorgaben überlässt, und ohne ihre Geheimnisse.",
  noSuchUser: "Kein Konto hat diese Adresse.", refusedBy: "Abgelehnt von der Regel", seeAsThem: "Daten so sehen wie sie", onlyTheirs: "Nur deren Anfragen", isItHidden: "War es vor ihnen verborgen?",
  timeSpent: "Wo die Zeit blieb", layerDatabase: "Datenbanken", layerRules: "Regeln", layerFunctions: "Funktionen", statements: "Anweisungen", after: "nach", total: "Insgesamt", runs: "Läufe", slowest: "Am längsten", noPlan: "Die Datenbank hat zu dieser Anweisung keinen Plan zu zeigen.",
  saveAsTest: "Als Test sichern", download: "Herunterladen", testHint: "Was die Tabelle zeigt, als Datei neben basalt.yaml: basalt rules test führt sie aus, auch in der CI. Vor dem Einchecken ansehen, was in den Dokumenten steht.",
  choose: "Auswählen", chosen: "ausgewählt", chooseAll: "Alle auswählen", chooseFound: "Alle auswählen, die der Filter findet", chooseNone: "Keine auswählen", changeField: "Ein Feld ändern", removeMany: "Zu löschende Dokumente:", changeMany: "Zu ändernde Dokumente:", noUndo: "Das lässt sich nicht rückgängig machen.", field: "Feld", newValue: "Neuer Wert",
  import: "Importieren", file: "Datei", fileTooLarge: "Die Datei ist größer als 64 MiB. Dafür gibt es: basalt import", notReadable: "Das ist weder CSV noch ein JSON-Array von Objekten:", notOneOf: "hat keinen der erlaubten Werte", notOfType: "hat nicht den richtigen Typ", column: "Spalte", firstRow: "In der ersten Zeile", leaveOut: "(weglassen)",
  rowsRead: "Zeilen stehen in der Datei", rowsWrong: "passen nicht", rowsMade: "Dokumente sind angelegt", importHint: "Zeilen, die nicht passen, werden ausgelassen. Der Server prüft jedes Dokument und sagt, was er ablehnt.",
  noStatements: "Noch keine Anweisungen", statementsHint: "Was Anfragen auf diesem Knoten ausgeführt haben, seit die Konfiguration geladen ist, ohne die Werte. Der Arbeitsspeicher und MongoDB haben keine Anweisungen.",
};

const chosen = navigator.language.toLowerCase().startsWith("de") ? "de" : "en";
document.documentElement.lang = chosen;

/** The text in the language of the browser. */
export const t: Strings = chosen === "de" ? de : en;

const figures = new Intl.NumberFormat(chosen);
export const figure = (n: number): string => figures.format(n);

const moments = new Intl.DateTimeFormat(chosen, { dateStyle: "medium", timeStyle: "medium" });
export const moment = (text: string): string => {
  const date = new Date(text);
  return Number.isNaN(date.getTime()) ? text : moments.format(date);
};

const clocks = new Intl.DateTimeFormat(chosen, { hour: "2-digit", minute: "2-digit", second: "2-digit", fractionalSecondDigits: 3, hourCycle: "h23" });
export const clockTime = (text: string): string => clocks.format(new Date(text));

const short = new Intl.NumberFormat(chosen, { maximumSignificantDigits: 3 });
/** A time in microseconds, in the unit that suits it. */
export const duration = (us: number): string => (us < 1000 ? `${short.format(us)} µs` : us < 1e6 ? `${short.format(us / 1000)} ms` : `${short.format(us / 1e6)} s`);
