import { render } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { call, client, explain, Refused, server, signOut, start, type Overview } from "./api.js";
import { Data } from "./data.js";
import { Palette, type Goal } from "./palette.js";
import { address, go, useRoute, type Route } from "./router.js";
import { First, Gate, Locked, SignIn } from "./signin.js";
import { t } from "./strings.js";
import { Button, Empty, Icon, Problem, Toasts } from "./ui.js";

/** How long a session lasts when nothing is done, in milliseconds, and how often it is looked at. */
const idleTime = 3600_000;
const lookTime = 60_000;

type State = { kind: "loading" } | { kind: "out"; note?: string } | { kind: "locked"; message: string } | { kind: "failed"; message: string } | { kind: "in"; overview: Overview };

function App() {
  const route = useRoute();
  const [state, set] = useState<State>({ kind: "loading" });
  const asking = useRef(0); // an answer that is of an earlier look, or of someone who has left, is not shown
  const leave = (note?: string): void => {
    asking.current++;
    set({ kind: "loading" });
    void signOut().then(() => start()).then(() => {
      asking.current++;
      set({ kind: "out", note });
    });
  };

  /** Asks the server who is signed in. A user who has lost the right sees nothing from then on. */
  const look = async (): Promise<void> => {
    const mine = ++asking.current;
    await client.auth.ready;
    if (mine !== asking.current) return;
    if (!client.auth.user) return set((was) => (was.kind === "out" ? was : { kind: "out", note: was.kind === "in" ? t.ended : undefined }));
    try {
      const overview = await call<Overview>("GET", "/v1/admin/console");
      if (mine !== asking.current) return;
      set((was) => (was.kind === "in" && JSON.stringify(was.overview) === JSON.stringify(overview) ? was : { kind: "in", overview }));
    } catch (e) {
      if (mine !== asking.current) return;
      const status = e instanceof Refused ? e.status : (e as { code?: string }).code === "unauthenticated" ? 401 : 0;
      if (status === 401) leave(t.ended);
      else if (status === 403) set({ kind: "locked", message: explain(e) });
      else set((was) => (was.kind === "in" ? was : { kind: "failed", message: explain(e) }));
    }
  };

  useEffect(() => {
    void look();
    let active = Date.now();
    const acted = (): void => void (active = Date.now());
    const returned = (): void => void (document.visibilityState === "visible" && look());
    const timer = setInterval(() => {
      if (Date.now() - active > idleTime) leave(t.ended);
      else if (document.visibilityState === "visible") void look();
    }, lookTime);
    const changed = (): void => void look();
    addEventListener("basalt.refresh", changed);
    addEventListener("pointerdown", acted);
    addEventListener("keydown", acted);
    document.addEventListener("visibilitychange", returned);
    return () => {
      clearInterval(timer);
      removeEventListener("basalt.refresh", changed);
      removeEventListener("pointerdown", acted);
      removeEventListener("keydown", acted);
      document.removeEventListener("visibilitychange", returned);
    };
  }, []);

  if (route.page === "first" && state.kind !== "in") return <First code={route.name} onDone={() => void look()} />;
  switch (state.kind) {
    case "loading": return <div class="loading" role="status" aria-label={t.loading}><img src="icon.svg" alt="" width="32" height="32" /></div>;
    case "out": return <SignIn note={state.note} onDone={() => void look()} />;
    case "locked": return <Locked message={state.message} onSignOut={() => leave()} />;
    case "failed": return <Gate title={t.title}><Problem retry={() => void look()}>{state.message}</Problem></Gate>;
    case "in": return <Shell overview={state.overview} route={route} onSignOut={() => leave()} />;
  }
}

function Shell({ overview, route, onSignOut }: { overview: Overview; route: Route; onSignOut: () => void }) {
  const [menu, setMenu] = useState(false);
  const [jumping, setJumping] = useState(false);
  const { collections, admin } = overview;
  useLayoutEffect(() => {
    const pressed = (e: KeyboardEvent): void => {
      if ((e.metaKey || e.ctrlKey) && e.key.toLowerCase() === "k") {
        e.preventDefault();
        setJumping(true);
      } else if (e.key === "/" && !(e.target as HTMLElement).matches("input, textarea, select")) {
        e.preventDefault();
        document.getElementById("filter")?.focus();
      }
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, []);
  useEffect(() => {
    if (route.page === "" || route.page === "first") go(collections[0] ? address("data", collections[0].name) : address("data"), true);
  }, [route.page, collections.length]);
  const api: Goal = { icon: "code", label: t.api, hint: t.page, to: address("api") };
  const calls: Goal[] = overview.graphql ? [api, { icon: "code", label: "GraphQL", hint: t.page, to: address("graphql") }] : [api];
  const pages: Goal[] = admin ? [
    ...calls, ...(overview.services.length > 0 ? [{ icon: "play", label: t.functionsPage, hint: t.page, to: address("functions") }] : []), { icon: "schema", label: t.schemaPage, hint: t.page, to: address("schema") }, { icon: "users", label: t.users, hint: t.page, to: address("users") }, { icon: "rules", label: t.rules, hint: t.page, to: address("rules") },
    { icon: "live", label: t.live, hint: t.page, to: address("live") }, { icon: "logs", label: t.logs, hint: t.page, to: address("logs") },
    { icon: "status", label: t.status, hint: t.page, to: address("status") }, { icon: "events", label: t.events, hint: t.page, to: address("events") },
  ] : calls;
  useLayoutEffect(() => {
    setMenu(false);
    document.title = `${route.name || pages.find((p) => p.to === `#/${route.page}`)?.label || t.title} – Basalt`;
  }, [route]);
  const goals: Goal[] = [
    ...collections.map((c) => ({ icon: "table", label: c.name, hint: c.database, to: address("data", c.name) })), ...pages,
    ...collections.map((c) => ({ icon: "code", label: c.name, hint: t.api, to: address("api", c.name) })),
    ...overview.services.flatMap((s) => s.functions.map((f) => ({ icon: "play", label: `${s.name}.${f.name}`, hint: t.functionsPage, to: address("functions", `${s.name}.${f.name}`) }))),
    ...(admin ? collections.map((c) => ({ icon: "schema", label: c.name, hint: t.schemaPage, to: address("schema", c.name) })) : []),
    ...(admin ? collections.map((c) => ({ icon: "rules", label: c.name, hint: t.rules, to: address("rules", c.name) })) : []),
  ];
  return (
    <div class={menu ? "shell open" : "shell"}>
      <a class="skip" href="#content" onClick={(e) => { e.preventDefault(); document.getElementById("content")?.focus(); }}>{t.rows}</a>
      <nav class="side" aria-label={t.menu}>
        <div class="brand"><img src="icon.svg" alt="" width="20" height="20" />Basalt<span class="grow" /><Button icon="search" kind="quiet" label={`${t.jump} (⌘K)`} onClick={() => setJumping(true)} /></div>
        <div class="scroll">
          <h2>{t.collections}</h2>
          <ul>{collections.map((c) => <li key={c.name}><a href={address("data", c.name)} aria-current={route.page === "data" && route.name === c.name ? "page" : undefined}><Icon name="table" /><span>{c.name}</span></a></li>)}</ul>
          {collections.length === 0 && <p class="note small">{t.noCollections}</p>}
          <h2>Server</h2>
          <ul>{pages.map((p) => <li key={p.to}><a href={p.to} aria-current={`#/${route.page}` === p.to ? "page" : undefined}><Icon name={p.icon} /><span>{p.label}</span></a></li>)}</ul>
        </div>
        <footer>
          <a href={`${server}/docs/`} target="_blank" rel="noopener">{t.docs}</a><small>{overview.version}</small>
          <div><span title={overview.user ?? ""}>{client.auth.user?.email ?? (overview.user ? overview.user : t.adminKey)}</span><Button icon="out" kind="quiet" label={t.signOut} onClick={onSignOut} /></div>
        </footer>
      </nav>
      <button type="button" class="shade" aria-label={t.close} tabIndex={-1} onClick={() => setMenu(false)} />
      <main id="content" tabIndex={-1}>
        <span class="burger"><Button icon="menu" kind="quiet" label={t.menu} onClick={() => setMenu(!menu)} /></span>
        <Page overview={overview} route={route} />
      </main>
      {jumping && <Palette goals={goals} onClose={() => setJumping(false)} />}
      <Toasts />
    </div>
  );
}

type Pages = typeof import("./more.js").pages;

let loaded: Pages | undefined;

/** A page that is loaded when it is opened first. */
function Later({ page, overview, route }: { page: keyof Pages; overview: Overview; route: Route }) {
  const [pages, set] = useState(loaded);
  const [error, setError] = useState<unknown>();
  const load = (): void => void import("./more.js").then((m) => { loaded = m.pages; setError(undefined); set(loaded); }, setError);
  useEffect(() => { if (!pages) load(); }, []);
  const One = pages?.[page];
  if (!One) return <div class="page"><header class="bar" />{error !== undefined && <Problem retry={() => location.reload()}>{explain(error)}</Problem>}</div>;
  return <One overview={overview} route={route} />;
}

/** The pages for all who may use the console; the others are for administrators. */
const forAll = ["api", "graphql"];
const named = ["users", "rules", "schema", "functions", "api", "graphql", "live", "logs", "status", "events"] as const;

function Page({ overview, route }: { overview: Overview; route: Route }) {
  const page = named.find((one) => one === route.page);
  if (page && (overview.admin || forAll.includes(page)) && (page !== "graphql" || overview.graphql)) return <Later page={page} overview={overview} route={route} />;
  const collection = overview.collections.find((c) => c.name === route.name);
  if (collection) return <Data key={collection.name} overview={overview} collection={collection} route={route} />;
  return (
    <div class="page"><header class="bar"><h1>{t.collections}</h1></header>
      {overview.collections.length > 0 ? <Empty icon="table" title={t.chooseCollection} /> : <Empty icon="table" title={t.noCollections}><p>{t.noCollectionsHint}</p><pre>{`collections:
  notes:
    fields:
      text: { type: string, required: true }
    rules:
      read:   'auth != nil'
      create: 'auth != nil'`}</pre></Empty>}
    </div>
  );
}

const root = document.getElementById("app")!;

/** Takes the place of what the page shows until there is a script. */
function begin(what: preact.ComponentChild): void {
  root.replaceChildren();
  render(what, root);
}

void start().then(() => begin(<App />), (error: Error) => begin(<Gate title={t.title}><Problem retry={() => location.reload()}>{error.message}</Problem></Gate>));
