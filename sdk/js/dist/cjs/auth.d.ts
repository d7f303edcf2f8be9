import { Sessions, type User } from "./session.js";
import type { Signal } from "./platform.js";
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
export type Arrival = {
    kind: "signin" | "confirm" | "oauth";
    user: User;
}
/** Ask for a new password, and send it with `resetPassword(token, …)`. */
 | {
    kind: "reset";
    token: string;
}
/** Ask for a password, a name or what else a new user has, and send it with `acceptInvitation(token, …)`. */
 | {
    kind: "invite";
    token: string;
}
/** The page is a popup, and closes. */
 | {
    kind: "popup";
};
/** Whether a sign-in has failed only because it takes a second factor: ask for it, and sign in with `{ totp }`. */
export declare function needsSecondFactor(error: unknown): boolean;
/** Proof of who the user is, for what changes how they sign in: needed when the sign-in is more than ten minutes ago. */
export interface Reauthentication {
    currentPassword?: string;
    /** A code of the authenticator app, or a recovery code. */
    totp?: string;
}
/** Signing up, in and out. Tokens are refreshed by themselves, once however many calls wait. */
export declare class Auth extends Sessions {
    private arriving;
    private popup;
    /**
     * Makes an account and signs in; an anonymous user keeps their id. Null means that the address has to be
     * confirmed first, by the mail that was sent to it. With `profile`, the document about the user is stored together
     * with the account: `signUp<NewPeople>(email, password, { profile: { name: "Ada" } })`.
     */
    signUp<P extends object = Record<string, unknown>>(email: string, password: string, options?: SignUpOptions<P>): Promise<User | null>;
    signIn(email: string, password: string, options?: SignInOptions): Promise<User>;
    /** Signs in as a new user without an address, who gets one by `signUp` and keeps the id. */
    signInAnonymously<P extends object = Record<string, unknown>>(options?: SignUpOptions<P>): Promise<User>;
    /** Sends a link and a code to sign in with. It says nothing about whether there is an account. */
    sendSignInMail(email: string, options?: {
        redirect?: string;
        captcha?: string;
    }): Promise<void>;
    /** Signs in with what was sent: the token of the link, or the code. */
    verifyMail(proof: {
        token: string;
    } | {
        email: string;
        code: string;
    }, options?: {
        totp?: string;
    }): Promise<User>;
    /** Sends the user who is signed in a mail to confirm their address with. */
    sendConfirmation(options?: {
        redirect?: string;
    }): Promise<void>;
    /** Sends a link to set a new password with. */
    sendPasswordReset(email: string, options?: {
        redirect?: string;
        captcha?: string;
    }): Promise<void>;
    /** Sets a new password with the token of the link, and signs in. */
    resetPassword(token: string, password: string, options?: {
        totp?: string;
    }): Promise<User>;
    /**
     * Signs in with a provider, as in `signInWith("google")`. By default the page goes there and comes back to
     * `redirect` (this page), where `arrive()` finishes it; with `popup: true` the promise does, and has to be
     * called from a click. It ends with the code "aborted" when the popup was closed some minutes ago, when the next one
     * is opened, and by `signal`. With `link: true` it becomes a way to sign in to the account that is signed in.
     */
    signInWith(provider: string, options?: {
        redirect?: string;
        popup?: boolean;
        link?: boolean;
        captcha?: string;
        signal?: Signal;
    } & Reauthentication): Promise<User>;
    /** The address to sign in elsewhere at. */
    private leaving;
    /** What makes it a way to sign in to the account that is signed in. */
    private linking;
    /**
     * Finishes what this page was opened for: the link of a mail, or the way back from another server. It is to
     * be called when the page loads, and is null when there is nothing to finish. The address is cleaned. Called
     * again for the same address, as by React's StrictMode, it resolves with the same arrival.
     */
    arrive(options?: {
        totp?: string;
    }): Promise<Arrival | null>;
    private finish;
    /** Cleans the address afterwards, unless trying again with a second factor will need it. */
    private tidy;
    /** A link takes the token of the user who asked for it as well. */
    private exchange;
    /** Adds a passkey to the account, from this device or a key. The address has to be confirmed. */
    addPasskey(name?: string, who?: Reauthentication): Promise<Passkey>;
    /** Signs in with a passkey that the browser has for this server. */
    signInWithPasskey(): Promise<User>;
    passkeys(): Promise<Passkey[]>;
    removePasskey(id: string, who?: Reauthentication): Promise<void>;
    /** Begins to set up a second factor: the secret, and an address to show as a QR code, for an authenticator app. */
    enrolTotp(currentPassword?: string): Promise<{
        secret: string;
        url: string;
    }>;
    /** Enables the second factor, with the first code of the app. Returns recovery codes, to be shown once. */
    confirmTotp(code: string): Promise<string[]>;
    /** Disables the second factor, which takes one more code. */
    removeTotp(code: string): Promise<void>;
    /** The user's open sessions, on all devices. */
    sessions(): Promise<OpenSession[]>;
    /** Ends one of them. */
    endSession(id: string): Promise<void>;
    /** Mails an invitation. It says nothing about whether the address has an account. */
    invite(email: string, options?: InviteOptions): Promise<Invitation>;
    /** The user's invitations that wait to be accepted. */
    invitations(): Promise<Invitation[]>;
    /** Revokes an invitation. */
    revokeInvitation(id: string): Promise<void>;
    /**
     * Accepts an invitation with the token of its link, and signs in. Without an account, the address gets one, with
     * `password` and `profile`. With one, `password` is the current one, or the user is signed in already. An error with
     * the field `email` and the code `exists` asks for that.
     */
    acceptInvitation<P extends object = Record<string, unknown>>(token: string, options?: {
        password?: string;
        profile?: P;
        totp?: string;
    }): Promise<User>;
    /** How people can sign in here. */
    providers(): Promise<Providers>;
    /** Ends the session here and on the server, or all of the user's. Offline it ends here all the same. */
    signOut(options?: {
        everywhere?: boolean;
    }): Promise<void>;
    /** Asks the server who is signed in. */
    getUser(): Promise<User>;
    /** Changes the password, or the address: that is `new_email` of the answer until the mail that is sent there confirms it. */
    updateUser(change: {
        email?: string;
        password?: string;
    } & Reauthentication): Promise<User>;
    /** Removes the account of the user who is signed in, with everything that the server keeps about the person, and signs out. */
    deleteUser(who?: Reauthentication): Promise<void>;
    private open;
    /** The header of an anonymous user, who is to keep the id. */
    private anonymousToken;
    /** The header of who is signed in. */
    private ownToken;
}
