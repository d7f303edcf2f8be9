/** Where Basalt is, for the browser: cookies of the session belong to it. Set NEXT_PUBLIC_BASALT_URL when you build for others. */
export const url = process.env.NEXT_PUBLIC_BASALT_URL ?? "http://localhost:4122";
