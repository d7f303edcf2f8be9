import type { Session } from "./session.js";

/** Tokens that something else gets, keeps and refreshes, such as the client of another protocol. */
export interface TokenSource {
  /**
   * A token of who is signed in, null for nobody. With `refused`, the server has refused that one, or it is about to end:
   * another is due. It fails where none can be had now, such as without a connection.
   */
  get(refused?: string): Promise<string | null>;
  /** Calls back with each other token from then on, null when nobody is signed in any more. */
  onChange(changed: (token: string | null) => void): void;
}

/** The claims of a token, undefined when it has none that can be read. Nothing says that they are true. */
export function claimsOf(token: string): Record<string, unknown> | undefined {
  try {
    const text = atob((token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/"));
    const claims = JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (c) => c.charCodeAt(0)))) as unknown;
    return typeof claims === "object" && claims !== null ? (claims as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** The session of a token, null where it names no user. */
export function sessionOf(token: string | null, server: string): Session | null {
  const claims = token === null ? undefined : claimsOf(token);
  if (token === null || typeof claims?.["sub"] !== "string") return null;
  const { sub: id, email, exp } = claims;
  return {
    accessToken: token, refreshToken: "", expiresAt: typeof exp === "number" ? exp * 1000 : Number.MAX_SAFE_INTEGER, server,
    user: {
      id, email: typeof email === "string" ? email : null, email_verified: claims["email_verified"] === true, new_email: null,
      anonymous: claims["anonymous"] === true, totp: false, created: "",
    },
  };
}
