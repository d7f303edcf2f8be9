import { useMemo } from "react";
import { presence } from "@basalt-dev/client/stores";
import { useStore } from "./shared.js";
/** Who is in a channel, and what is said there, while the component is shown. With a state the caller is there, too. */
export function usePresence(channel, state, options = {}) {
    const { realtime, name } = channel; // a channel is a new object in every render
    return useStore(useMemo(() => presence(channel, state, options), [realtime, name, options.keep]));
}
