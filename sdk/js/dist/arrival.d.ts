import { type Http } from "./http.js";
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
/** Reads an address, as in `/#basalt=signin&token=…` or `/#/welcome?basalt=signin&token=…`. */
export declare function errandOf(address: string): Errand | null;
/** Whether a link is of the server of a client. It names the one that has sent it, by something that only that one answers. */
export declare function sentBy(http: Http, server: string | undefined): Promise<boolean>;
/** What an administrator has opened the page for: to act as a user. */
export declare function impersonationAt(address: string | undefined): Errand | null;
/** The code that another server's answer has, or its error. */
export declare function codeOf(answer: Record<string, string>): string;
/** Marks the address that a popup comes back to with its flow, so that no other page takes its answer. */
export declare function forPopup(redirect: Address, flow: string): void;
/** Hands what a popup has come back with to the page that has opened it. */
export declare function handOver(errand: Errand): void;
/** Waits for what the popup of a flow brings back. */
export declare function fromPopup(popup: Popup, flow: string, signal: Signal): Promise<string>;
/** What a page keeps while it is away, signing in elsewhere. */
export interface Away {
    verifier: string;
    /** The fragment of the page, which is the route of some apps. */
    hash: string;
    /** It is to become a way to sign in to the account that is signed in. */
    link: boolean;
}
/** Keeps it, by the name of the server. */
export declare function leave(name: string, away: Away): void;
/** What was kept. Null means that this tab has not gone to sign in. */
export declare function cameBack(name: string): Away | null;
/** Whether the page has gone to sign in at another server than that of the name. */
export declare function elsewhere(name: string): boolean;
export declare function forget(name: string): void;
