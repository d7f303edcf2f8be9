// The same in a browser, with the results on the page.
import { content, interrupted, run } from "./steps.js";

const given = { url: location.origin, ...JSON.parse(decodeURIComponent(location.hash.slice(1))) };
const say = (id, text) => document.body.append(Object.assign(document.createElement("pre"), { id, textContent: text }));
const file = new File([content], "sea.bin", { lastModified: 1 });

if (given.interrupted) {
  const half = () => {
    say("half", "half");
    return new Promise((resolve) => (globalThis.goOn = resolve));
  };
  say("result", await interrupted({ ...given, file, half }));
} else {
  say("result", await run({ ...given, file, stream: () => new Blob([content]).stream().getReader() }));
}
