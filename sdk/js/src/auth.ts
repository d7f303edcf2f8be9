import { cameBack, codeOf, elsewhere, errandOf, forget, forPopup, fromPopup, handOver, leave, sentBy, type Errand } from "./arrival.js";
import { passes } from "./error.js";
import { BasaltError, randomKey } from "./http.js";
import { base64url, createPasskey, usePasskey } from "./passkeys.js";
import { Sessions, type User } from "./session.js";
import type { Address, Signal } from "./platform.js";

/** What may be sent along when signing in. */
export interface SignInOptions {
  /** The code of the authenticator app, or a recovery code; see `needsSecondFactor`. */
  totp?: string;
  /** The answer of a captcha, where the server asks for one. */
  captcha?: string;
}

/** What may be sent along by a new user. P is the type of a profile, such as the NewPeople of `basalt gen types`. */
export interface SignUpOptions<P extends object = Record<string, unknown>> {
  /** The user's document in the collection that `auth.profile` names. Where it is refused, there is no account either. */
  profile?: P;
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

/** A document that is created when an invitation is accepted, under the rules, as the user who has invited. */
export interface Membership {
  collection: string;
  /** The field that gets the id of who accepts; user without it. */
  field?: string;
  doc?: Record<string, unknown>;
}

/** What may be sent along with an invitation. */
export interface InviteOptions {
  membership?: Membership;
  /** Claims for the account: ones that the inviter has, or any by an administrator. */
  claims?: Record<string, unknown>;
  /** The page that the link of the mail opens; it calls `arrive()`. */
  redirect?: string;
}

/** An invitation that waits to be accepted. */
export interface Invitation {
  id: string;
  email: string;
  /** The user who has invited, null for the key of an administrator. */
  by: string | null;
  claims: Record<string, unknown>;
  membership: Membership | null;
  created: string;
  expires: string;
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

/** What a page was opened for that a user comes back to. */
export type Arrival =
  | { kind: "signin" | "confirm" | "oauth"; user: User }
  /** Ask for a new password, and send it with `resetPassword(token, …)`. */
  | { kind: "reset"; token: string }
  /** Ask for a password, a name or what else a new user has, and send it with `acceptInvitation(token, …)`. */
  | { kind: "invite"; token: string }
  /** The page is a popup, and closes. */
  | { kind: "popup" };

/** Whether a sign-in has failed only because it takes a second factor: ask for it, and sign in with `{ totp }`. */
export function needsSecondFactor(error: unknown): boolean {
  return error instanceof BasaltError && error.errors.some((e) => e.field === "totp" && e.code === "required");
}

/** Proof of who the user is, for what changes how they sign in: needed when the sign-in is more than ten minutes ago. */
export interface Reauthentication {
  currentPassword?: string;
  /** A code of the authenticator app, or a recovery code. */
  totp?: string;
}

const again = (r: Reauthentication): Record<string, string | undefined> => ({ current_password: r.currentPassword, totp: r.totp });

interface Challenge {
  id: string;
  options: Record<string, unknown>;
}

const items = <T>(answer: { body: unknown }): T[] => (answer.body as { items: T[] }).items;

/** Signing up, in and out. Tokens are refreshed by themselves, once however many calls wait. */
export class Auth extends Sessions {
  private arriving: { at: string; arrival: Promise<Arrival | null> } | null = null;
  private popup: AbortController | null = null;

  /**
   * Makes an account and signs in; an anonymous user keeps their id. Null means that the address has to be
   * confirmed first, by the mail that was sent to it. With `profile`, the document about the user is stored together
   * with the account: `signUp<NewPeople>(email, password, { profile: { name: "Ada" } })`.
   */
  async signUp<P extends object = Record<string, unknown>>(email: string, password: string, options: SignUpOptions<P> = {}): Promise<User | null> {
    const turn = this.turn();
    const headers = await this.anonymousToken();
    const body = { email, password, ...options };
    const answer = await this.http.call("/v1/auth/signup", { method: "POST", body, anonymous: true, headers, due: "signup" });
    return answer.status === 202 ? null : this.opened(answer.body, turn);
  }

  async signIn(email: string, password: string, options: SignInOptions = {}): Promise<User> {
    return this.open("/v1/auth/signin", { email, password, ...options });
  }

  /** Signs in as a new user without an address, who gets one by `signUp` and keeps the id. */
  async signInAnonymously<P extends object = Record<string, unknown>>(options: SignUpOptions<P> = {}): Promise<User> {
    return this.open("/v1/auth/anonymous", { ...options });
  }

  /** Sends a link and a code to sign in with. It says nothing about whether there is an account. */
  async sendSignInMail(email: string, options: { redirect?: string; captcha?: string } = {}): Promise<void> {
    await this.http.call("/v1/auth/email", { method: "POST", body: { email, ...options }, anonymous: true });
  }

  /** Signs in with what was sent: the token of the link, or the code. */
  async verifyMail(proof: { token: string } | { email: string; code: string }, options: { totp?: string } = {}): Promise<User> {
    const turn = this.turn();
    return this.open("/v1/auth/email/verify", { ...proof, ...options }, await this.ownToken(), turn);
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
   * Signs in with a provider, as in `signInWith("google")`. By default the page goes there and comes back to
   * `redirect` (this page), where `arrive()` finishes it; with `popup: true` the promise does, and has to be
   * called from a click. It ends with the code "aborted" when the popup was closed some minutes ago, when the next one
   * is opened, and by `signal`. With `link: true` it becomes a way to sign in to the account that is signed in.
   */
  async signInWith(provider: string, options: { redirect?: string; popup?: boolean; link?: boolean; captcha?: string; signal?: Signal } & Reauthentication = {}): Promise<User> {
    const turn = this.turn();
    const popup = options.popup ? window.open("", "_blank", "popup,width=480,height=640") : null;
    if (options.popup && !popup) throw new BasaltError("forbidden", "the browser blocks popups; call this from a click");
    this.popup?.abort();
    const waiting = (this.popup = new AbortController());
    options.signal?.addEventListener("abort", () => waiting.abort(), { once: true });
    if (options.signal?.aborted) waiting.abort();
    try {
      const verifier = base64url(crypto.getRandomValues(new Uint8Array(32)));
      const redirect = new URL(options.redirect ?? location.href, location.href);
      const { hash } = redirect;
      redirect.hash = ""; // the server puts its answer there
      const flow = randomKey();
      if (popup) forPopup(redirect, flow);
      const link = options.link || this.user?.anonymous === true;
      const url = await this.leaving(provider, redirect, verifier);
      if (link) url.searchParams.set("link", await this.linking(options));
      if (options.captcha) url.searchParams.set("captcha", options.captcha);
      if (!popup) {
        leave(this.name, { verifier, hash, link });
        location.assign(url);
        return new Promise<User>(() => {}); // the page goes away
      }
      const code = fromPopup(popup, flow, waiting.signal);
      popup.location.href = url.href;
      return await this.exchange(await code, { verifier, link }, {}, turn);
    } catch (error) {
      popup?.close();
      throw error;
    }
  }

  /** The address to sign in elsewhere at. */
  private async leaving(provider: string, redirect: Address, verifier: string): Promise<Address> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
    const url = this.http.address(`/v1/auth/oauth/${encodeURIComponent(provider)}`);
    url.searchParams.set("redirect", redirect.href);
    url.searchParams.set("code_challenge", base64url(new Uint8Array(digest)));
    url.searchParams.set("code_challenge_method", "S256");
    return url;
  }

  /** What makes it a way to sign in to the account that is signed in. */
  private async linking(who: Reauthentication): Promise<string> {
    return ((await this.http.call("/v1/auth/oauth/link", { method: "POST", body: again(who) })).body as { link: string }).link;
  }

  /**
   * Finishes what this page was opened for: the link of a mail, or the way back from another server. It is to
   * be called when the page loads, and is null when there is nothing to finish. The address is cleaned. Called
   * again for the same address, as by React's StrictMode, it resolves with the same arrival.
   */
  arrive(options: { totp?: string } = {}): Promise<Arrival | null> {
    const at = `${location.href} ${options.totp ?? ""}`;
    if (this.arriving?.at === at) return this.arriving.arrival;
    const errand = errandOf(location.href);
    if (!errand) return Promise.resolve(null);
    const arriving = { at, arrival: this.finish(errand, options) };
    this.arriving = arriving;
    arriving.arrival.catch(() => {
      if (this.arriving === arriving) this.arriving = null; // it can be tried again
    });
    return arriving.arrival;
  }

  private async finish({ kind, answer, clean, flow }: Errand, options: { totp?: string }): Promise<Arrival | null> {
    const token = answer["token"] ?? "";
    if (kind === "impersonation") return null; // which begins with the client
    if (kind !== "oauth" && answer["server"] && !(await sentBy(this.http, answer["server"]))) return null; // no other server gets the token
    switch (kind) {
      case "oauth": {
        if (flow) {
          handOver({ kind, answer, clean, flow });
          return { kind: "popup" };
        }
        const away = cameBack(this.name);
        if (!away && elsewhere(this.name)) return null; // it is for the client of that server
        if (away?.hash && !clean.hash) clean.hash = away.hash;
        return this.tidy(clean, async () => {
          const code = codeOf(answer);
          if (!away) throw new BasaltError("unauthenticated", "this sign-in was not begun in this tab; begin it again");
          return { kind, user: await this.exchange(code, away, options) };
        });
      }
      case "signin":
      case "confirm":
        return this.tidy(clean, async () => ({ kind, user: await this.verifyMail({ token }, options) }));
      case "reset":
      case "invite":
        return this.tidy(clean, async () => ({ kind, token }));
      default:
        return null;
    }
  }

  /** Cleans the address afterwards, unless trying again with a second factor will need it. */
  private async tidy(clean: Address, what: () => Promise<Arrival>): Promise<Arrival> {
    let again = false;
    try {
      return await what();
    } catch (error) {
      again = needsSecondFactor(error);
      throw error;
    } finally {
      if (!again) {
        forget(this.name);
        history.replaceState(history.state, "", clean);
      }
    }
  }

  /** A link takes the token of the user who asked for it as well. */
  private async exchange(code: string, away: { verifier: string; link: boolean }, options: { totp?: string }, turn = this.turn()): Promise<User> {
    return this.open("/v1/auth/oauth/exchange", { code, code_verifier: away.verifier, ...options }, away.link ? await this.ownToken() : undefined, turn);
  }

  /** Adds a passkey to the account, from this device or a key. The address has to be confirmed. */
  async addPasskey(name = "", who: Reauthentication = {}): Promise<Passkey> {
    const challenge = (await this.http.call("/v1/auth/passkeys", { method: "POST", body: again(who) })).body as Challenge;
    const response = await createPasskey(challenge.options);
    const body = { id: challenge.id, name, response };
    return (await this.http.call("/v1/auth/passkeys/finish", { method: "POST", body })).body as Passkey;
  }

  /** Signs in with a passkey that the browser has for this server. */
  async signInWithPasskey(): Promise<User> {
    const turn = this.turn();
    const challenge = (await this.http.call("/v1/auth/passkeys/signin", { method: "POST", anonymous: true })).body as Challenge;
    const response = await usePasskey(challenge.options);
    return this.open("/v1/auth/passkeys/signin/finish", { id: challenge.id, response }, undefined, turn);
  }

  async passkeys(): Promise<Passkey[]> {
    return items<Passkey>(await this.http.call("/v1/auth/passkeys", { due: "items" }));
  }

  async removePasskey(id: string, who: Reauthentication = {}): Promise<void> {
    await this.http.call(`/v1/auth/passkeys/${encodeURIComponent(id)}`, { method: "DELETE", body: again(who), due: "nothing" });
  }

  /** Begins to set up a second factor: the secret, and an address to show as a QR code, for an authenticator app. */
  async enrolTotp(currentPassword?: string): Promise<{ secret: string; url: string }> {
    const body = currentPassword === undefined ? {} : { current_password: currentPassword };
    return (await this.http.call("/v1/auth/totp", { method: "POST", body })).body as { secret: string; url: string };
  }

  /** Enables the second factor, with the first code of the app. Returns recovery codes, to be shown once. */
  async confirmTotp(code: string): Promise<string[]> {
    const as = await this.caller();
    const answer = await this.http.call("/v1/auth/totp/confirm", { method: "POST", body: { code }, as });
    await this.amend(as, { totp: true });
    return (answer.body as { recovery_codes: string[] }).recovery_codes;
  }

  /** Disables the second factor, which takes one more code. */
  async removeTotp(code: string): Promise<void> {
    const as = await this.caller();
    await this.http.call("/v1/auth/totp", { method: "DELETE", body: { totp: code }, as, due: "nothing" });
    await this.amend(as, { totp: false });
  }

  /** The user's open sessions, on all devices. */
  async sessions(): Promise<OpenSession[]> {
    return items<OpenSession>(await this.http.call("/v1/auth/sessions", { due: "items" }));
  }

  /** Ends one of them. */
  async endSession(id: string): Promise<void> {
    await this.http.call(`/v1/auth/sessions/${encodeURIComponent(id)}`, { method: "DELETE", due: "nothing" });
  }

  /** Mails an invitation. It says nothing about whether the address has an account. */
  async invite(email: string, options: InviteOptions = {}): Promise<Invitation> {
    return (await this.http.call("/v1/auth/invite", { method: "POST", body: { email, ...options }, due: "document" })).body as Invitation;
  }

  /** The user's invitations that wait to be accepted. */
  async invitations(): Promise<Invitation[]> {
    return items<Invitation>(await this.http.call("/v1/auth/invite", { due: "items" }));
  }

  /** Revokes an invitation. */
  async revokeInvitation(id: string): Promise<void> {
    await this.http.call(`/v1/auth/invite/${encodeURIComponent(id)}`, { method: "DELETE", due: "nothing" });
  }

  /**
   * Accepts an invitation with the token of its link, and signs in. Without an account, the address gets one, with
   * `password` and `profile`. With one, `password` is the current one, or the user is signed in already. An error with
   * the field `email` and the code `exists` asks for that.
   */
  async acceptInvitation<P extends object = Record<string, unknown>>(token: string, options: { password?: string; profile?: P; totp?: string } = {}): Promise<User> {
    const turn = this.turn();
    const headers = await this.ownToken();
    const answer = await this.http.call("/v1/auth/invite/accept", { method: "POST", body: { token, ...options }, anonymous: true, headers, due: "acceptance" });
    if (answer.status !== 202) return this.opened(answer.body, turn);
    const session = await this.refresh(); // the tokens get what the invitation gives
    if (!session) throw new BasaltError("unauthenticated", "the session has ended; sign in again");
    return session.user;
  }

  /** How people can sign in here. */
  async providers(): Promise<Providers> {
    return (await this.http.call("/v1/auth/providers", { anonymous: true })).body as Providers;
  }

  /** Ends the session here and on the server, or all of the user's. Offline it ends here all the same. */
  async signOut(options: { everywhere?: boolean } = {}): Promise<void> {
    const turn = this.turn();
    await this.loaded;
    const session = this.session;
    await this.settle(turn, null);
    if (!session?.refreshToken) return; // an impersonation ends with its tab
    try {
      await this.end(session.refreshToken, options.everywhere ? { everywhere: "true" } : undefined);
    } catch (error) {
      if (!(error instanceof BasaltError) || !passes(error)) throw error;
    }
  }

  /** Asks the server who is signed in. */
  async getUser(): Promise<User> {
    return (await this.http.call("/v1/auth/user", { due: "document" })).body as User;
  }

  /** Changes the password, or the address: that is `new_email` of the answer until the mail that is sent there confirms it. */
  async updateUser(change: { email?: string; password?: string } & Reauthentication): Promise<User> {
    const { currentPassword, totp, ...rest } = change;
    const as = await this.caller();
    const body = { ...rest, ...again({ currentPassword, totp }) };
    const user = (await this.http.call("/v1/auth/user", { method: "PATCH", body, as, due: "document" })).body as User;
    await this.amend(as, user);
    return user;
  }

  /** Removes the account of the user who is signed in, with everything that the server keeps about the person, and signs out. */
  async deleteUser(who: Reauthentication = {}): Promise<void> {
    const turn = this.turn();
    const as = await this.caller();
    await this.http.call("/v1/auth/user", { method: "DELETE", body: again(who), as, due: "nothing" });
    if (this.user?.id === as) await this.settle(turn, null);
  }

  private async open(path: string, body: Record<string, unknown>, headers?: Record<string, string>, turn = this.turn()): Promise<User> {
    await this.loaded;
    const answer = await this.http.call(path, { method: "POST", body, anonymous: true, headers, due: "session" });
    return this.opened(answer.body, turn);
  }

  /** The header of an anonymous user, who is to keep the id. */
  private async anonymousToken(): Promise<Record<string, string> | undefined> {
    await this.loaded;
    return this.session?.user.anonymous ? this.ownToken() : undefined;
  }

  /** The header of who is signed in. */
  private async ownToken(): Promise<Record<string, string> | undefined> {
    const token = await this.token();
    return token ? { Authorization: `Bearer ${token}` } : undefined;
  }
}
