import { useMemo } from "react";
import { presence } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";
/** The members and messages of a channel, while the component is shown. With a state the caller is a member, too. */
export function usePresence(channel, state, options = {}) {
    const { realtime, name } = channel; // a channel is a new object in every render
    return useStore(useMemo(() => presence(channel, state, options), [realtime, name, options.keep]));
}
