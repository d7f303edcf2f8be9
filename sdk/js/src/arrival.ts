import { BasaltError, type Http } from "./http.js";
import type { Address, Popup, Signal } from "./platform.js";

/** What the address of a page says that it was opened for. */
export interface Errand {
  kind: string;
  answer: Record<string, string>;
  /** The address without it, with the route of an app that has routes in the fragment. */
  clean: Address;
  /** The name of the flow, in a popup. */
  flow: string | null;
}

const popupParameter = "basalt_popup";

/** Reads an address, as in `/#basalt=signin&token=…` or `/#/welcome?basalt=signin&token=…`. */
export function errandOf(address: string): Errand | null {
  const clean = new URL(address);
  const at = /(^#|[?&#])basalt=/.exec(clean.hash);
  if (!at) return null;
  const answer = Object.fromEntries(new URLSearchParams(clean.hash.slice(at.index + at[1]!.length)));
  clean.hash = clean.hash.slice(0, at.index);
  return { kind: answer["basalt"]!, answer, clean, flow: clean.searchParams.get(popupParameter) };
}

/** Whether a link is of the server of a client. It names the one that has sent it, by something that only that one answers. */
export async function sentBy(http: Http, server: string | undefined): Promise<boolean> {
  try {
    return ((await http.call("/v1/auth/server", { anonymous: true })).body as { server?: string }).server === server;
  } catch (error) {
    if (error instanceof BasaltError && error.code === "not_found") return false; // that release sends no such links
    throw error;
  }
}

/** What an administrator has opened the page for: to act as a user. */
export function impersonationAt(address: string | undefined): Errand | null {
  const errand = address ? errandOf(address) : null;
  return errand?.kind === "impersonation" && errand.answer["code"] && errand.answer["server"] ? errand : null;
}

/** The code that another server's answer has, or its error. */
export function codeOf(answer: Record<string, string>): string {
  if (answer["code"]) return answer["code"];
  throw new BasaltError((answer["error"] ?? "unauthenticated") as BasaltError["code"], answer["error_description"] ?? "signing in with a provider has failed");
}

const channelOf = (flow: string): BroadcastChannel => new BroadcastChannel(`basalt.oauth:${flow}`);

/** Marks the address that a popup comes back to with its flow, so that no other page takes its answer. */
export function forPopup(redirect: Address, flow: string): void {
  redirect.searchParams.set(popupParameter, flow);
}

/** Hands what a popup has come back with to the page that has opened it. */
export function handOver(errand: Errand): void {
  const channel = channelOf(errand.flow!);
  channel.postMessage(errand.answer);
  channel.close();
  window.close();
}

/**
 * How long what looks closed is waited for, in milliseconds. A page with Cross-Origin-Opener-Policy looks closed from
 * here at once, although the person is busy signing in there.
 */
const closedTime = 180_000;

/** Waits for what the popup of a flow brings back. */
export function fromPopup(popup: Popup, flow: string, signal: Signal): Promise<string> {
  return new Promise((resolve, reject) => {
    const channel = channelOf(flow);
    let closed = 0;
    const watch = setInterval(() => {
      if (!popup.closed) closed = 0;
      else if ((closed ||= Date.now()) + closedTime < Date.now()) fail(new BasaltError("aborted", "the window was closed"));
    }, 500);
    const end = (): void => {
      clearInterval(watch);
      signal.removeEventListener("abort", abort);
      channel.close();
    };
    const fail = (error: unknown): void => {
      end();
      reject(error);
    };
    const abort = (): void => fail(new BasaltError("aborted", "signing in was given up"));
    channel.onmessage = (event) => {
      end();
      try {
        resolve(codeOf(event.data as Record<string, string>));
      } catch (error) {
        reject(error);
      }
    };
    if (signal.aborted) abort();
    else signal.addEventListener("abort", abort);
  });
}

/** What a page keeps while it is away, signing in elsewhere. */
export interface Away {
  verifier: string;
  /** The fragment of the page, which is the route of some apps. */
  hash: string;
  /** It is to become a way to sign in to the account that is signed in. */
  link: boolean;
}

const prefix = "basalt.oauth:";

function pageStorage(): Storage | undefined {
  try {
    return globalThis.sessionStorage;
  } catch {
    return undefined; // the browser forbids it
  }
}

/** Keeps it, by the name of the server. */
export function leave(name: string, away: Away): void {
  try {
    pageStorage()!.setItem(prefix + name, JSON.stringify(away));
  } catch (cause) {
    const text = "the browser keeps nothing for this page, so that it could not go on when it comes back; use { popup: true }";
    throw new BasaltError("forbidden", text, 0, [], undefined, undefined, { cause });
  }
}

/** What was kept. Null means that this tab has not gone to sign in. */
export function cameBack(name: string): Away | null {
  try {
    return JSON.parse(pageStorage()?.getItem(prefix + name) ?? "null") as Away | null;
  } catch {
    return null;
  }
}

/** Whether the page has gone to sign in at another server than that of the name. */
export function elsewhere(name: string): boolean {
  return Object.keys(pageStorage() ?? {}).some((key) => key.startsWith(prefix) && key !== prefix + name);
}

export function forget(name: string): void {
  pageStorage()?.removeItem(prefix + name);
}
