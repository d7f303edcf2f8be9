import { currentUser, presence, waitingWrites } from "@basalt-dev/client/stores";
import { toValue } from "vue";
import { refs, useStore } from "./shared.js";
/** Who is signed in. */
export function useUser(auth) {
    return refs(useStore(() => currentUser(auth)), "user", "loading");
}
/** The writes that wait for the server: of a client that was made with `optimistic`; without it there are none. */
export function useOutbox(outbox) {
    const state = useStore(() => waitingWrites(outbox));
    return { ...refs(state, "pending", "refusals"), dismiss: (refusal) => state.value.dismiss(refusal) };
}
/** The members and messages of a channel, while the component is shown. With a state the caller is a member, too. */
export function usePresence(channel, state, options = {}) {
    const of = () => toValue(channel);
    const now = useStore(() => presence(toValue(channel), state, options), [() => of().realtime, () => of().name]);
    return { ...refs(now, "members", "messages", "error"), update: (next) => now.value.update(next), publish: (data) => now.value.publish(data) };
}
