import { createClient, needsSecondFactor } from "/v1/sdk.js";

const { auth } = createClient(location.origin);
const $ = (selector) => document.querySelector(selector);
const form = $("#password");
let mailedTo = ""; // the address that a code was sent to
let resetToken = "";
let again; // what to do once more, with a second factor

function say(text, good = false) {
  $("#message").textContent = text;
  $("#message").classList.toggle("good", good);
}

/** Runs what a button does, and shows what went wrong. */
async function attempt(what) {
  say("");
  try {
    await what();
  } catch (error) {
    if (needsSecondFactor(error)) {
      again = what;
      $("#factor").hidden = false;
      form.totp.focus();
    }
    say(error.message);
  }
}

/** Changes how the user signs in: if the last sign-in was a while ago, it asks for the password. */
async function onceMore(what) {
  try {
    return await what({});
  } catch (error) {
    if (!error.errors?.some((e) => e.code === "reauthenticate")) throw error;
    return what({ currentPassword: prompt("Your password, once more") ?? "" });
  }
}

const second = () => (form.totp.value ? { totp: form.totp.value.trim() } : {});

const ways = {
  in: () => auth.signIn(form.email.value, form.password.value, second()),
  async up() {
    if ((await auth.signUp(form.email.value, form.password.value)) === null) say("Look into your mail to confirm the address.", true);
  },
  async mail() {
    await auth.sendSignInMail((mailedTo = form.email.value), { redirect: location.origin + location.pathname });
    $("#code").hidden = false;
    say("There is a mail on its way, with a link and a code.", true);
  },
  async reset() {
    await auth.sendPasswordReset(form.email.value, { redirect: location.origin + location.pathname });
    say("If there is an account, there is a mail on its way.", true);
  },
};

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const way = event.submitter?.value ?? "in";
  void attempt(way === "in" && again && form.totp.value ? again : ways[way]);
});
$("#code").addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(() => auth.verifyMail({ email: mailedTo, code: event.target.code.value }, second()));
});
$("#new-password").addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(() => auth.resetPassword(resetToken, event.target.password.value, second()));
});
$("#use-passkey").addEventListener("click", () => attempt(() => auth.signInWithPasskey()));
$("#guest").addEventListener("click", () => attempt(() => auth.signInAnonymously()));
$("#keep").addEventListener("click", () => {
  $("#out").hidden = false;
  form.email.focus();
});
$("#signout").addEventListener("click", () => attempt(() => auth.signOut()));
$("#everywhere").addEventListener("click", () => attempt(() => auth.signOut({ everywhere: true })));
$("#add-passkey").addEventListener("click", () =>
  attempt(async () => {
    await onceMore((who) => auth.addPasskey(navigator.platform || "this device", who));
    await showAccount();
  }));
$("#confirm-address").addEventListener("click", () =>
  attempt(async () => {
    await auth.sendConfirmation({ redirect: location.origin + location.pathname });
    say("There is a mail on its way, with a link.", true);
  }));
$("#enrol").addEventListener("click", () =>
  attempt(async () => {
    const { secret } = await onceMore((who) => auth.enrolTotp(who.currentPassword));
    $("#secret").textContent = secret;
    $("#confirm").hidden = false;
  }));
$("#confirm").addEventListener("submit", (event) => {
  event.preventDefault();
  void attempt(async () => {
    const codes = await auth.confirmTotp(event.target.code.value);
    $("#confirm").hidden = true;
    $("#recovery").hidden = false;
    $("#recovery code").textContent = codes.join(" ");
    showUser(auth.user);
  });
});

function row(text, note, remove) {
  const li = document.createElement("li");
  li.append(text, " ", Object.assign(document.createElement("span"), { textContent: note }));
  if (remove) {
    const button = Object.assign(document.createElement("button"), { className: "quiet", title: "Remove", textContent: "✕" });
    button.addEventListener("click", () => attempt(async () => {
      await remove();
      await showAccount();
    }));
    li.append(button);
  }
  return li;
}

async function showAccount() {
  const [passkeys, sessions] = await Promise.all([auth.passkeys(), auth.sessions()]);
  $("#passkeys").replaceChildren(...passkeys.map((p) => row(p.name, `since ${p.created.slice(0, 10)}`, () => onceMore((who) => auth.removePasskey(p.id, who)))));
  $("#sessions").replaceChildren(...sessions.map((s) => row(s.method, `${s.ip}${s.current ? ", here" : ""}`, s.current ? undefined : () => auth.endSession(s.id))));
}

function showUser(user) {
  $("#who").hidden = $("#in").hidden = !user;
  $("#out").hidden = Boolean(user);
  if (!user) return;
  again = undefined;
  form.totp.value = "";
  $("#factor").hidden = $("#code").hidden = $("#new-password").hidden = true;
  $("#name").textContent = user.email ?? "a guest";
  $("#guest-note").hidden = !user.anonymous;
  $("#confirm-address").hidden = user.anonymous || user.email_verified;
  $("#totp-on").hidden = !user.totp;
  $("#totp-off").hidden = user.totp;
  void attempt(showAccount);
}

auth.onChange(showUser);
auth.providers().then((p) => {
  $("#elsewhere").replaceChildren(...p.oauth.map((name) => {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet", textContent: `Sign in with ${name}`, id: `with-${name}` });
    button.addEventListener("click", () => attempt(() => auth.signInWith(name, { popup: !location.search.includes("redirect") })));
    return button;
  }));
});
await attempt(async () => {
  const arrival = await auth.arrive(second());
  if (arrival?.kind === "reset") {
    resetToken = arrival.token;
    $("#new-password").hidden = false;
  }
});
showUser(auth.user);
