// Tables: a figure is copied with its name and interval, columns are sorted, outcomes are found by name.

/** A cell in words, `12 % (11 % to 13 %)`, and its numbers: value and both ends of the interval. */
function figure(cell) {
  const numbers = (cell.dataset.v || "").split(",");
  const verdict = cell.querySelector(".verdict");
  const ends = cell.querySelector("small");
  const value = (cell.querySelector("b") || cell.firstChild || cell).textContent.trim();
  if (verdict) {
    const told = / \(([^()]* to [^()]*)\) of /.exec(cell.querySelector(".hidden").textContent);
    return { text: value + (told ? " (" + told[1] + ")" : "") + ", " + verdict.textContent, numbers };
  }
  if (!ends) return { text: value, numbers };
  const [low, high] = ends.textContent.split("\u2013");
  if (high === undefined) return { text: value + " (" + low + ")", numbers };
  const unit = high.endsWith("%") && !/[%a-z]$/.test(low) ? "\u00a0%" : "";
  return { text: value + " (" + low + unit + " to " + high + ")", numbers };
}

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Where the page may not write there by itself.
    const field = make(document.body, "textarea", "hidden");
    field.value = text;
    field.select();
    document.execCommand("copy");
    field.remove();
  }
  say("Copied: " + text);
};

/** What a cell is the figure of: table, row and column. */
const named = (cell) => {
  const table = cell.closest("table"), row = cell.parentElement;
  const name = (part) => (part.firstChild ? part.firstChild.textContent : "").trim();
  return [table.dataset.name, name(row.cells[0]), name(table.tHead.rows[0].cells[cell.cellIndex])].join(", ");
};

const order = (cell) => {
  const number = cell.dataset.v === undefined ? NaN : cell.dataset.v.split(",")[0];
  if (number === "never") return Infinity;
  if (number !== "" && !Number.isNaN(Number(number))) return Number(number);
  const text = cell.textContent.trim();
  const written = /^[<>]?(-?[\d\u00a0 ]+(\.\d+)?)/.exec(text);
  return written ? Number(written[1].replace(/[\u00a0 ]/g, "")) : text;
};

const compare = (one, other) => {
  if (typeof one === typeof other) return one < other ? -1 : one > other ? 1 : 0;
  return typeof one === "number" ? -1 : 1;
};

/** Sorts by a column: up, down, as it was. */
const sort = (table, column, button) => {
  const head = button.parentElement, was = head.getAttribute("aria-sort");
  const now = was === null ? "ascending" : was === "ascending" ? "descending" : null;
  for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
  if (now) head.setAttribute("aria-sort", now);
  const rows = [...table.tBodies[0].rows];
  rows.sort((one, other) => {
    const before = one.dataset.at - other.dataset.at;
    const by = now ? compare(order(one.cells[column]), order(other.cells[column])) : 0;
    return (now === "descending" ? -by : by) || before;
  });
  table.tBodies[0].append(...rows);
};

for (const table of all("table.figures")) {
  table.setAttribute("role", "grid");
  table.setAttribute("aria-readonly", "true");
  table.setAttribute("aria-label", table.dataset.name);
  const rows = [...table.tBodies[0].rows];
  rows.forEach((row, at) => (row.dataset.at = at));
  for (const head of rows.length > 1 ? all("thead th", table) : []) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => sort(table, head.cellIndex, button));
  }
  // One cell of a table is reached with Tab, the others from there with the arrow keys.
  all("tbody td", table).forEach((cell, index) => (cell.tabIndex = index ? -1 : 0));
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (cell && String(getSelection()) === "") copy(named(cell) + ": " + figure(cell).text);
  });
  table.addEventListener("keydown", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    const lines = [...table.tBodies[0].rows], line = lines.indexOf(cell.parentElement);
    const [across, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] || [0, 0];
    const next = lines[line + down] && lines[line + down].cells[cell.cellIndex + across];
    if ((across || down) && next && next.tagName === "TD") {
      cell.tabIndex = -1;
      next.tabIndex = 0;
      next.focus();
    } else if (event.key === "Enter" || (event.key === "c" && (event.ctrlKey || event.metaKey))) {
      copy(named(cell) + ": " + figure(cell).text);
    } else if (!across && !down) {
      return;
    }
    event.preventDefault();
  });
}

for (const list of all("[data-filter]")) {
  const box = document.createElement("p");
  box.className = "filter";
  list.before(box);
  const label = make(box, "label", "", list.dataset.filter + " ");
  const field = make(label, "input");
  field.type = "search";
  field.placeholder = "words of its name";
  const count = make(box, "span", "sub");
  count.setAttribute("role", "status");
  const entries = all(":scope > details", list).map((section) => [section, section.querySelector("summary").textContent.toLowerCase()]);
  const find = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter((word) => word);
    let found = 0;
    for (const [section, name] of entries) {
      section.hidden = !words.every((word) => name.includes(word));
      found += !section.hidden;
    }
    count.textContent = (words.length ? found + " of " : "") + entries.length + " tables";
  };
  field.addEventListener("input", find);
  find();
}
