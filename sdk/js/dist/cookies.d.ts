import { type Client, type ClientOptions } from "./client.js";
import type { Times } from "./dates.js";
/** How a cookie of the session is to be set; `maxAge` in seconds, 0 removes it. */
export interface CookieOptions {
    path: string;
    maxAge: number;
    sameSite: "lax";
    secure: boolean;
}
/** The cookies of one request and its answer, as Next.js, SvelteKit, Remix and others have them. */
export interface Cookies {
    getAll(): {
        name: string;
        value: string;
    }[] | Promise<{
        name: string;
        value: string;
    }[]>;
    /**
     * Sets cookies of the answer. Leave it out where that cannot be done any more, as in a Server Component of Next.js: the
     * client then never refreshes the session, whose new tokens would be lost. A middleware does that.
     */
    setAll?(cookies: {
        name: string;
        value: string;
        options: CookieOptions;
    }[]): void | Promise<void>;
}
/** Where a session in cookies is. */
export interface CookieSession {
    /**
     * Whether the cookies are for https alone, where no other subdomain can plant or read them; as the server's URL by default.
     * Pages that come by http from elsewhere than localhost, as in development against a server with https, need `false`, in
     * the browser and on the server.
     */
    secureCookies?: boolean;
}
/**
 * Makes a client for one request to a server of pages, such as Next.js, SvelteKit or Remix, which acts as the user whose
 * cookies came with it. The URL has to be the one that the browser uses; with `fetch` requests can take another way.
 */
export declare function createServerClient<S = {}>(url: string, options: ClientOptions & CookieSession & {
    cookies: Cookies;
    dates: true | Times;
}): Client<S, true>;
export declare function createServerClient<S = {}>(url: string, options: ClientOptions & CookieSession & {
    cookies: Cookies;
}): Client<S>;
/**
 * Makes the client of a page whose server makes one with createServerClient: the session is in cookies, for both. Where
 * there is no document, it is in memory.
 */
export declare function createBrowserClient<S = {}>(url: string, options: ClientOptions & CookieSession & {
    dates: true | Times;
}): Client<S, true>;
export declare function createBrowserClient<S = {}>(url: string, options?: ClientOptions & CookieSession): Client<S>;
