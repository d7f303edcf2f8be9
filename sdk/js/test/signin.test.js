// Every way to sign in that needs no browser, against a real server.
import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { after, before, describe, test } from "node:test";
import { BasaltError, createClient, needsSecondFactor } from "../dist/basalt.js";
import { config, startServer } from "./server.js";

let server;
let mails = 0;
const people = `  people:
    fields: { nick: { type: string, max: 9 }, plan: { type: string, default: free } }
    rules: { read: 'doc.id == auth.id', create: 'next.id == auth.id' }
`;
before(async () => (server = await startServer("", (port) => config(port).replace("\nauth:\n", "\nauth:\n  profile: people\n  invite: { rule: 'auth.email_verified' }\n").replace("\nchannels:", `\n${people}channels:`))));
after(async () => assert.equal(await server.stop(), 0));

function memory() {
  let kept = null;
  return { get: () => kept, set: (v) => void (kept = v), remove: () => void (kept = null) };
}

const client = () => createClient(server.url, { storage: memory() });

function decode32(text) {
  const bits = [...text].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  return Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
}

/** RFC 6238. */
function totp(secret, steps = 0) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + steps));
  const mac = createHmac("sha1", decode32(secret)).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, "0");
}

describe("signing in", () => {
  test("what there is", async () => {
    assert.deepEqual(await client().auth.providers(), { password: true, email: true, anonymous: true, totp: true, passkey: false, oauth: [] });
  });

  test("an anonymous user signs up, and keeps the id and the data", async () => {
    const { auth, db } = client();
    const guest = await auth.signInAnonymously();
    assert.equal(guest.anonymous, true);
    assert.equal(guest.email, null);
    await db.collection("todos").add({ title: "before" });
    const user = await auth.signUp("guest@example.com", "correct horse");
    assert.equal(user.id, guest.id);
    assert.equal(user.anonymous, false);
    assert.equal((await db.collection("todos").get()).items[0].title, "before");
  });

  test("with a profile", async () => {
    const { auth, db } = client();
    await assert.rejects(auth.signUp("pia@example.com", "correct horse", { profile: { nick: "much too long" } }), (error) =>
      error.code === "invalid" && error.errors[0].field === "profile.nick");
    assert.equal(auth.user, null);
    const user = await auth.signUp("pia@example.com", "correct horse", { profile: { nick: "Pia" } });
    assert.deepEqual(user.profile, { id: user.id, nick: "Pia", plan: "free" });
    assert.deepEqual(await db.collection("people").doc(user.id).get(), user.profile);
    const guest = await client().auth.signInAnonymously({ profile: { nick: "guest" } });
    assert.deepEqual(guest.profile, { id: guest.id, nick: "guest", plan: "free" });
    assert.equal((await client().auth.signInAnonymously()).profile.nick, null);
  });

  test("by an invitation", async () => {
    const inviter = client().auth;
    await inviter.sendSignInMail("ines@example.com");
    await inviter.verifyMail({ token: (await server.mail(mails++)).match(/token=([A-Z0-9]+)/)[1] });
    const membership = { collection: "nothing", doc: { title: "hello" } };
    await assert.rejects(inviter.invite("jan@example.com", { claims: { role: "admin" } }), (error) => error.code === "forbidden");
    const made = await inviter.invite("jan@example.com");
    const token = (await server.mail(mails++)).match(/basalt=invite&token=([A-Z0-9]+)/)[1];
    assert.deepEqual((await inviter.invitations()).map((i) => [i.id, i.email, i.by]), [[made.id, "jan@example.com", inviter.user.id]]);
    const { auth } = client();
    const user = await auth.acceptInvitation(token, { password: "correct horse", profile: { nick: "Jan" } });
    assert.deepEqual([user.email, user.email_verified, user.profile.nick, auth.user.id], ["jan@example.com", true, "Jan", user.id]);
    await assert.rejects(auth.acceptInvitation(token), (error) => error.code === "unauthenticated");

    await inviter.invite("jan@example.com");
    const again = (await server.mail(mails++)).match(/token=([A-Z0-9]+)/)[1];
    await assert.rejects(client().auth.acceptInvitation(again), (error) => error.errors[0].code === "exists");
    assert.equal((await auth.acceptInvitation(again)).id, user.id); // who is signed in keeps the session, with new tokens
    const open = await inviter.invite("kim@example.com");
    mails++;
    await inviter.revokeInvitation(open.id);
    assert.deepEqual(await inviter.invitations(), []);
    await assert.rejects(inviter.invite("lea@example.com", { membership }), (error) => error.errors[0].field.startsWith("membership"));
  });

  test("by a link or a code in a mail", async () => {
    const { auth } = client();
    await auth.sendSignInMail("ada@example.com");
    const first = await server.mail(mails++);
    const user = await auth.verifyMail({ token: first.match(/token=([A-Z0-9]+)/)[1] });
    assert.equal(user.email, "ada@example.com");
    assert.equal(user.email_verified, true);
    await auth.sendSignInMail("ada@example.com");
    const second = await server.mail(mails++);
    const other = client().auth;
    assert.equal((await other.verifyMail({ email: "ada@example.com", code: second.match(/code: (\d{6})/)[1] })).id, user.id);
    await assert.rejects(other.verifyMail({ token: "AAAA" }), { code: "unauthenticated" });
  });

  test("a new password by mail, which ends the other sessions", async () => {
    const one = client().auth;
    const two = client();
    await one.signUp("bob@example.com", "correct horse");
    await two.auth.signIn("bob@example.com", "correct horse");
    await one.sendPasswordReset("bob@example.com");
    const mail = await server.mail(mails++);
    await one.resetPassword(mail.match(/token=([A-Z0-9]+)/)[1], "another horse");
    await assert.rejects(two.auth.getUser(), (e) => e instanceof BasaltError && e.code === "unauthenticated");
    assert.equal(two.auth.user, null);
    assert.equal((await one.getUser()).email, "bob@example.com");
  });

  test("a second factor", async () => {
    const { auth } = client();
    await auth.signUp("carl@example.com", "correct horse");
    const { secret, url } = await auth.enrolTotp("correct horse");
    assert.match(url, /^otpauth:\/\/totp\//);
    const recovery = await auth.confirmTotp(totp(secret));
    assert.equal(recovery.length, 10);
    assert.equal(auth.user.totp, true);
    const again = client().auth;
    const error = await again.signIn("carl@example.com", "correct horse").catch((e) => e);
    assert.equal(needsSecondFactor(error), true);
    const wrong = await again.signIn("carl@example.com", "correct horse", { totp: "000000" }).catch((e) => e);
    assert.equal(needsSecondFactor(wrong), false);
    await again.signIn("carl@example.com", "correct horse", { totp: totp(secret, 1) });
    await auth.removeTotp(recovery[0]);
    await client().auth.signIn("carl@example.com", "correct horse");
  });

  test("sessions are listed and ended", async () => {
    const one = client().auth;
    const two = client().auth;
    await one.signUp("dora@example.com", "correct horse");
    await two.signIn("dora@example.com", "correct horse");
    const sessions = await one.sessions();
    assert.deepEqual(sessions.map((s) => s.current).sort(), [false, true]);
    await one.endSession(sessions.find((s) => !s.current).id);
    await assert.rejects(two.getUser(), { code: "unauthenticated" });
    await two.signIn("dora@example.com", "correct horse");
    await one.signOut({ everywhere: true });
    await assert.rejects(two.getUser(), { code: "unauthenticated" });
  });

  test("an account is removed, for which it is asked once more", async () => {
    const { auth, db } = client();
    const elsewhere = client().auth;
    await auth.signUp("emil@example.com", "correct horse");
    await elsewhere.signIn("emil@example.com", "correct horse");
    const told = [];
    auth.onChange((user) => told.push(user?.email ?? null));
    await assert.rejects(auth.deleteUser({ currentPassword: "wrong horse" }), { code: "forbidden" });
    assert.equal((await auth.getUser()).email, "emil@example.com");
    await auth.deleteUser({ currentPassword: "correct horse" });
    assert.equal(auth.user, null);
    assert.deepEqual(told, ["emil@example.com", null]);
    await assert.rejects(db.collection("todos").add({ title: "after" }), { code: "unauthenticated" });
    await assert.rejects(elsewhere.getUser(), { code: "unauthenticated" });
    await assert.rejects(elsewhere.signIn("emil@example.com", "correct horse"), { code: "unauthenticated" });
    await assert.rejects(auth.deleteUser(), { code: "unauthenticated" });
  });
});
