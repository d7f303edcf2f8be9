import { BasaltError } from "./http.js";
import { base64url, createPasskey, usePasskey } from "./passkeys.js";
import { Sessions, type User } from "./session.js";

/** What may be sent along when signing in. */
export interface SignInOptions {
  /** The code of the authenticator app, or a recovery code; see `needsSecondFactor`. */
  totp?: string;
  /** The answer of a captcha, where the server asks for one. */
  captcha?: string;
}

/** An open session of the user. */
export interface OpenSession {
  id: string;
  method: string;
  ip: string;
  agent: string;
  created: string;
  refreshed: string;
  current: boolean;
}

/** A passkey of the user. */
export interface Passkey {
  id: string;
  name: string;
  created: string;
  used: string | null;
}

/** How people can sign in at this server. */
export interface Providers {
  password: boolean;
  email: boolean;
  anonymous: boolean;
  totp: boolean;
  passkey: boolean;
  oauth: string[];
}

/** What a page that somebody has come back to was opened for. */
export type Arrival =
  | { kind: "signin" | "confirm" | "oauth"; user: User }
  /** Ask for a new password, and send it with `resetPassword(token, …)`. */
  | { kind: "reset"; token: string }
  /** The page is a popup, and closes. */
  | { kind: "popup" };

/** Whether a sign-in has failed only because it takes a second factor: ask for it, and sign in with `{ totp }`. */
export function needsSecondFactor(error: unknown): boolean {
  return error instanceof BasaltError && error.errors.some((e) => e.field === "totp" && e.code === "required");
}

interface Challenge {
  id: string;
  options: Record<string, unknown>;
}

const verifierKey = "basalt.oauth";
const popupParameter = "basalt_popup";
const popupChannel = "basalt.oauth";

const items = <T>(answer: { body: unknown }): T[] => (answer.body as { items: T[] }).items;

/** The code that another server's answer has, or its error. */
function codeOf(answer: Record<string, string>): string {
  if (answer["code"]) return answer["code"];
  throw new BasaltError((answer["error"] ?? "unauthenticated") as BasaltError["code"], answer["error_description"] ?? "signing in elsewhere has failed");
}

/** Waits for what the popup brings back. */
function fromPopup(popup: Window): Promise<string> {
  return new Promise((resolve, reject) => {
    const channel = new BroadcastChannel(popupChannel);
    const watch = setInterval(() => {
      if (popup.closed) setTimeout(() => done(() => reject(new BasaltError("unauthenticated", "the window was closed"))), 500); // its message may be on the way
    }, 500);
    const done = (what: () => void): void => {
      clearInterval(watch);
      channel.close();
      what();
    };
    channel.onmessage = (event) => {
      try {
        const code = codeOf(event.data as Record<string, string>);
        done(() => resolve(code));
      } catch (error) {
        done(() => reject(error));
      }
    };
  });
}

/** Signing up, in and out. Tokens are refreshed by themselves, once however many calls wait. */
export class Auth extends Sessions {
  /**
   * Makes an account and signs in; an anonymous user keeps their id. Null means that the address has to be
   * confirmed first, by the mail that was sent to it.
   */
  async signUp(email: string, password: string, options: { captcha?: string } = {}): Promise<User | null> {
    const before = await this.anonymousToken();
    const answer = await this.http.call("/v1/auth/signup", { method: "POST", body: { email, password, ...options }, anonymous: true, headers: before });
    return answer.status === 202 ? null : this.opened(answer.body);
  }

  async signIn(email: string, password: string, options: SignInOptions = {}): Promise<User> {
    return this.open("/v1/auth/signin", { email, password, ...options });
  }

  /** Signs in as a new user without an address, who gets one by `signUp` and keeps the id. */
  async signInAnonymously(options: { captcha?: string } = {}): Promise<User> {
    return this.open("/v1/auth/anonymous", { ...options });
  }

  /** Sends a link and a code to sign in with. It says nothing about whether there is an account. */
  async sendSignInMail(email: string, options: { redirect?: string; captcha?: string } = {}): Promise<void> {
    await this.http.call("/v1/auth/email", { method: "POST", body: { email, ...options }, anonymous: true });
  }

  /** Signs in with what was sent: the token of the link, or the code. */
  async verifyMail(proof: { token: string } | { email: string; code: string }, options: { totp?: string } = {}): Promise<User> {
    return this.open("/v1/auth/email/verify", { ...proof, ...options }, await this.anonymousToken());
  }

  /** Sends the user who is signed in a mail to confirm their address with. */
  async sendConfirmation(options: { redirect?: string } = {}): Promise<void> {
    await this.http.call("/v1/auth/email/confirm", { method: "POST", body: options });
  }

  /** Sends a link to set a new password with. */
  async sendPasswordReset(email: string, options: { redirect?: string; captcha?: string } = {}): Promise<void> {
    await this.http.call("/v1/auth/reset", { method: "POST", body: { email, ...options }, anonymous: true });
  }

  /** Sets a new password with the token of the link, and signs in. */
  async resetPassword(token: string, password: string, options: { totp?: string } = {}): Promise<User> {
    return this.open("/v1/auth/reset/confirm", { token, password, ...options });
  }

  /**
   * Signs in elsewhere, as in `signInWith("google")`. By default the page goes there and comes back to
   * `redirect` (this page), where `arrive()` finishes it; with `popup: true` the promise does, and has to be
   * called from a click. With `link: true` it becomes a way to sign in to the account that is signed in.
   */
  async signInWith(provider: string, options: { redirect?: string; popup?: boolean; link?: boolean } = {}): Promise<User> {
    const popup = options.popup ? window.open("", "_blank", "popup,width=480,height=640") : null;
    if (options.popup && !popup) throw new BasaltError("forbidden", "the browser blocks popups; call this from a click");
    try {
      const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
      const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
      const redirect = new URL(options.redirect ?? location.href, location.href);
      redirect.hash = "";
      if (popup) redirect.searchParams.set(popupParameter, "1");
      const url = this.http.address(`/v1/auth/oauth/${encodeURIComponent(provider)}`);
      url.searchParams.set("redirect", redirect.href);
      url.searchParams.set("code_challenge", base64url(new Uint8Array(digest)));
      url.searchParams.set("code_challenge_method", "S256");
      if (options.link || this.user?.anonymous) {
        const answer = await this.http.call("/v1/auth/oauth/link", { method: "POST" });
        url.searchParams.set("link", (answer.body as { link: string }).link);
      }
      if (!popup) {
        sessionStorage.setItem(verifierKey, verifier);
        location.assign(url);
        return new Promise<User>(() => {}); // the page goes away
      }
      const code = fromPopup(popup);
      popup.location.href = url.href;
      return await this.exchange(await code, verifier);
    } catch (error) {
      popup?.close();
      throw error;
    }
  }

  /**
   * Finishes what this page was opened for: the link of a mail, or the way back from another server. It is to
   * be called when the page loads, and is null when there is nothing to finish. The address is cleaned.
   */
  async arrive(options: { totp?: string } = {}): Promise<Arrival | null> {
    const fragment = new URLSearchParams(location.hash.slice(1));
    const kind = fragment.get("basalt");
    if (!kind) return null;
    const clean = new URL(location.href);
    clean.hash = "";
    if (clean.searchParams.has(popupParameter)) {
      new BroadcastChannel(popupChannel).postMessage(Object.fromEntries(fragment));
      window.close();
      return { kind: "popup" };
    }
    const token = fragment.get("token") ?? "";
    let arrival: Arrival;
    if (kind === "reset") arrival = { kind, token };
    else if (kind === "oauth") {
      const verifier = sessionStorage.getItem(verifierKey) ?? "";
      arrival = { kind, user: await this.exchange(codeOf(Object.fromEntries(fragment)), verifier, options).catch((e) => this.leave(e, clean)) };
      sessionStorage.removeItem(verifierKey);
    } else if (kind === "signin" || kind === "confirm") {
      arrival = { kind, user: await this.verifyMail({ token }, options).catch((e) => this.leave(e, clean)) };
    } else return null;
    history.replaceState(history.state, "", clean);
    return arrival;
  }

  /** Cleans the address after a failure, unless trying again with a second factor will need it. */
  private leave(error: unknown, clean: URL): never {
    if (!needsSecondFactor(error)) history.replaceState(history.state, "", clean);
    throw error;
  }

  private exchange(code: string, verifier: string, options: { totp?: string } = {}): Promise<User> {
    return this.open("/v1/auth/oauth/exchange", { code, code_verifier: verifier, ...options });
  }

  /** Adds a passkey to the account, from this device or a key. */
  async addPasskey(name = ""): Promise<Passkey> {
    const challenge = (await this.http.call("/v1/auth/passkeys", { method: "POST" })).body as Challenge;
    const response = await createPasskey(challenge.options);
    const body = { id: challenge.id, name, response };
    return (await this.http.call("/v1/auth/passkeys/finish", { method: "POST", body })).body as Passkey;
  }

  /** Signs in with a passkey that the browser has for this server. */
  async signInWithPasskey(): Promise<User> {
    const challenge = (await this.http.call("/v1/auth/passkeys/signin", { method: "POST", anonymous: true })).body as Challenge;
    const response = await usePasskey(challenge.options);
    return this.open("/v1/auth/passkeys/signin/finish", { id: challenge.id, response });
  }

  async passkeys(): Promise<Passkey[]> {
    return items<Passkey>(await this.http.call("/v1/auth/passkeys"));
  }

  async removePasskey(id: string): Promise<void> {
    await this.http.call(`/v1/auth/passkeys/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** Begins with a second factor: the secret, and an address to show as a QR code, for an authenticator app. */
  async enrolTotp(currentPassword?: string): Promise<{ secret: string; url: string }> {
    const body = currentPassword === undefined ? {} : { current_password: currentPassword };
    return (await this.http.call("/v1/auth/totp", { method: "POST", body })).body as { secret: string; url: string };
  }

  /** Switches the second factor on, with the first code of the app. Returns recovery codes, to be shown once. */
  async confirmTotp(code: string): Promise<string[]> {
    const answer = await this.http.call("/v1/auth/totp/confirm", { method: "POST", body: { code } });
    if (this.session) await this.keep({ ...this.session, user: { ...this.session.user, totp: true } });
    return (answer.body as { recovery_codes: string[] }).recovery_codes;
  }

  /** Switches the second factor off, for which it is asked once more. */
  async removeTotp(code: string): Promise<void> {
    await this.http.call("/v1/auth/totp", { method: "DELETE", body: { totp: code } });
    if (this.session) await this.keep({ ...this.session, user: { ...this.session.user, totp: false } });
  }

  /** The user's open sessions, on all devices. */
  async sessions(): Promise<OpenSession[]> {
    return items<OpenSession>(await this.http.call("/v1/auth/sessions"));
  }

  /** Ends one of them. */
  async endSession(id: string): Promise<void> {
    await this.http.call(`/v1/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE" });
  }

  /** How people can sign in here. */
  async providers(): Promise<Providers> {
    return (await this.http.call("/v1/auth/providers", { anonymous: true })).body as Providers;
  }

  /** Ends the session here and on the server, or all of the user's. Offline it ends here all the same. */
  async signOut(options: { everywhere?: boolean } = {}): Promise<void> {
    await this.loaded;
    const session = this.session;
    await this.keep(null);
    if (!session) return;
    const query = options.everywhere ? { everywhere: "true" } : undefined;
    try {
      await this.http.call("/v1/auth/signout", { method: "POST", query, body: { refresh_token: session.refreshToken }, anonymous: true });
    } catch (error) {
      if (!(error instanceof BasaltError) || error.code !== "network") throw error;
    }
  }

  /** Asks the server who is signed in. */
  async getUser(): Promise<User> {
    return (await this.http.call("/v1/auth/user")).body as User;
  }

  /** Changes the address or the password. */
  async updateUser(change: { email?: string; password?: string; currentPassword: string }): Promise<User> {
    const { currentPassword, ...rest } = change;
    const answer = await this.http.call("/v1/auth/user", { method: "PATCH", body: { ...rest, current_password: currentPassword } });
    const user = answer.body as User;
    if (this.session) await this.keep({ ...this.session, user });
    return user;
  }

  private async open(path: string, body: Record<string, unknown>, headers?: Record<string, string>): Promise<User> {
    await this.loaded;
    const answer = await this.http.call(path, { method: "POST", body, anonymous: true, headers });
    return this.opened(answer.body);
  }

  /** The header of an anonymous user, who is to keep the id. */
  private async anonymousToken(): Promise<Record<string, string> | undefined> {
    await this.loaded;
    if (!this.session?.user.anonymous) return undefined;
    const token = await this.token();
    return token ? { Authorization: `Bearer ${token}` } : undefined;
  }
}
