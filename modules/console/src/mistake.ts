/** What is wrong with an expression, and where: from 1, in characters. */
export interface Mistake {
  line: number;
  column: number;
  detail: string;
}

/** The name that a mistake offers in the place of the one that stands there. */
export const offered = (m: Mistake): string | undefined => /did you mean "?([\w.-]+)"?\?/.exec(m.detail)?.[1];

/** The text with what a mistake offers. It stands at its place, or after the dot there. */
export function mended(text: string, m: Mistake): string {
  const lines = text.split("\n");
  const line = lines[m.line - 1] ?? "";
  const characters = [...line];
  const before = characters.slice(0, m.column - 1).join("");
  lines[m.line - 1] = before + characters.slice(m.column - 1).join("").replace(/^([^\w]*)[\w-]+/, `$1${offered(m)!.replaceAll("$", "$$$$")}`);
  return lines.join("\n");
}
