import { useLayoutEffect, useState } from "preact/hooks";

/** Where the page is. It is in the fragment, which is sent to no server: a filter may have what is private. */
export interface Route {
  page: string;
  name: string;
  query: URLSearchParams;
}

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
};

export function read(hash = location.hash): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [page = "", ...rest] = path.split("/");
  return { page, name: decode(rest.join("/")), query: new URLSearchParams(query) };
}

export function address(page: string, name = "", query: { [name: string]: string | undefined } = {}): string {
  const kept = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value) kept.set(key, value);
  const text = kept.toString();
  return `#/${page}${name ? `/${encodeURIComponent(name)}` : ""}${text ? `?${text}` : ""}`;
}

/** Goes somewhere. With replace the step back passes it by. */
export function go(to: string, replace = false): void {
  if (replace) {
    history.replaceState(null, "", to);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else location.hash = to;
}

export function useRoute(): Route {
  const [route, set] = useState(() => read());
  useLayoutEffect(() => {
    const changed = (): void => set(read());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return route;
}
