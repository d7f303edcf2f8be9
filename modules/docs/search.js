// The search of the documentation: sections that have every word, those with a word in their title first.
const input = document.querySelector("search input");
const list = document.querySelector("search ol");
const menu = document.querySelector("nav details");
if (matchMedia("(max-width: 50rem)").matches) menu.open = false;

let sections;
async function load() {
  sections ??= await fetch("/docs/index.json").then((response) => response.json());
  return sections;
}

function score(section, words) {
  const title = `${section.chapter} ${section.title}`.toLowerCase();
  const text = section.text.toLowerCase();
  let points = 0;
  for (const word of words) {
    if (title.includes(word)) points += 3;
    else if (text.includes(word)) points += 1;
    else return 0;
  }
  return points;
}

function excerpt(section, words) {
  const at = section.text.toLowerCase().indexOf(words[0]);
  const from = Math.max(0, at - 40);
  return (from > 0 ? "… " : "") + section.text.slice(from, from + 120);
}

function item(section, words) {
  const link = document.createElement("a");
  link.href = `/docs/${section.page}${section.anchor ? `#${section.anchor}` : ""}`;
  link.textContent = section.title === section.chapter ? section.title : `${section.chapter} › ${section.title}`;
  const small = document.createElement("small");
  small.textContent = excerpt(section, words);
  link.append(small);
  const li = document.createElement("li");
  li.append(link);
  return li;
}

async function search() {
  const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
  const all = await load();
  const found = words.length === 0 ? [] : all
    .map((section) => ({ section, points: score(section, words) }))
    .filter(({ points }) => points > 0)
    .sort((a, b) => b.points - a.points)
    .slice(0, 12);
  list.replaceChildren(...found.map(({ section }) => item(section, words)));
  if (words.length > 0 && found.length === 0) {
    const li = document.createElement("li");
    li.textContent = "Nothing found.";
    list.append(li);
  }
  list.hidden = words.length === 0;
}

function move(by) {
  const all = [input, ...list.querySelectorAll("a")];
  const at = all.indexOf(document.activeElement);
  all[(at + by + all.length) % all.length].focus();
}

input.addEventListener("input", search);
document.addEventListener("keydown", (event) => {
  const inside = document.activeElement?.closest("search");
  if (event.key === "/" && !inside) input.focus();
  else if (event.key === "Escape") list.hidden = true;
  else if (inside && event.key === "ArrowDown") move(1);
  else if (inside && event.key === "ArrowUp") move(-1);
  else if (event.key === "Enter" && document.activeElement === input) list.querySelector("a")?.click();
  else return;
  event.preventDefault();
});
document.addEventListener("click", (event) => {
  if (!event.target.closest("search")) list.hidden = true;
});
