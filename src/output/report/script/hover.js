// The figures below the pointer.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const date = (month) => {
  const count = 12 * data.year + data.month - 1 + month;
  return MONTHS[count % 12] + " " + Math.floor(count / 12);
};

/** Puts a box beside the point of a plot where it covers least of the curves; all in pixels of the parent. */
const beside = (tip, room, at, plot, curves) => {
  const [width, height] = [tip.offsetWidth, tip.offsetHeight];
  const sides = [at.x + 14, at.x - 14 - width].filter((left) => left >= 0 && left + width <= room.width);
  if (!sides.length) sides.push(clamp(at.x - width / 2, 0, Math.max(0, room.width - width)));
  // What the window shows of the parent, below the bar of contents.
  const parent = tip.parentElement.getBoundingClientRect(), bar = document.querySelector("nav").offsetHeight;
  const [highest, lowest] = [bar - parent.top, innerHeight - parent.top - height];
  const places = [];
  for (const left of sides) {
    for (let top = plot.top + 4; top + height <= plot.bottom; top += 8) places.push([left, top]);
  }
  // Above the first plot, and below any, there is no curve; but within it the box is nearer.
  for (const left of sides) {
    if (plot.top < 0.3 * room.height) places.push([left, plot.top - height - 4]);
    places.push([left, plot.bottom + 4]);
  }
  const covered = ([left, top]) => {
    const hidden = top < highest || top > lowest ? 1000 : 0;
    return hidden + curves.filter(([x, y]) => x > left - 6 && x < left + width + 6 && y > top - 6 && y < top + height + 6).length;
  };
  let best = null;
  for (const place of places) {
    const cost = covered(place);
    if (!best || cost < best.cost) best = { place, cost };
    if (cost === 0) break;
  }
  tip.style.left = best.place[0] + "px";
  tip.style.top = best.place[1] + "px";
};

/** A part of a drawing that tells figures to pointer and keys: `count` places, `place(event)` the one pointed at. */
const probe = (plot, box, label, count, place, show) => {
  const [left, top, right, bottom] = box;
  const element = make(plot, "div", "probe");
  const percent = (share) => 100 * share + "%";
  Object.assign(element.style, { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) });
  const named = { role: "slider", tabindex: 0, "aria-label": label, "aria-valuemin": 0, "aria-valuemax": count - 1, "aria-valuenow": 0, "aria-valuetext": "Arrow keys choose" };
  for (const [name, value] of Object.entries(named)) element.setAttribute(name, value);
  let shown = [], now = -1;
  const hide = () => {
    for (const part of shown) part.remove();
    shown = [];
    now = -1;
  };
  const part = (tag, name) => shown[shown.push(make(plot, tag, name)) - 1];
  const to = (index) => {
    index = clamp(index, 0, count - 1);
    if (index === now) return;
    hide();
    now = index;
    element.setAttribute("aria-valuenow", index);
    element.setAttribute("aria-valuetext", show(index, part));
  };
  const point = (event) => {
    const box = plot.getBoundingClientRect();
    to(place((event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height));
  };
  element.addEventListener("pointermove", point);
  element.addEventListener("pointerdown", point);
  element.addEventListener("pointerleave", () => { if (document.activeElement !== element) hide(); });
  element.addEventListener("focus", () => { if (now < 0) to(0); });
  element.addEventListener("blur", hide);
  element.addEventListener("keydown", (event) => {
    const goal = { ArrowRight: now + 1, ArrowDown: now + 1, ArrowLeft: now - 1, ArrowUp: now - 1, PageDown: now + 12, PageUp: now - 12, Home: 0, End: count - 1, Escape: -1 }[event.key];
    if (goal === undefined) return;
    event.preventDefault();
    if (event.key === "Escape") hide(); else to(goal);
  });
};

/** Fills a box with a caption and rows; what it says, for whoever does not see it. */
const fill = (tip, caption, rows) => {
  const table = make(tip, "table");
  make(table, "caption", "", caption);
  for (const [name, value, main] of rows) {
    const row = make(table, "tr", main ? "main" : "");
    make(row, "th", "", name).colSpan = value === "" ? 2 : 1;
    if (value !== "") make(row, "td", "", value);
  }
  return [caption, ...rows.map(([name, value]) => name + " " + value)].join("; ");
};

/** Months of a plot. */
const months = (plot, box, panel, label) => {
  const [left, top, right, bottom] = box;
  const last = panel.lines[0].texts.length - 1;
  const x = (month) => left + ((month + panel.offset) / panel.months) * (right - left);
  const y = (height) => bottom - (height / 1000) * (bottom - top);
  const place = (at) => Math.round(((at - left) / (right - left)) * panel.months - panel.offset);
  probe(plot, box, "Month by month: " + label, last + 1, place, (month, part) => {
    const cross = part("div", "cross");
    Object.assign(cross.style, { left: 100 * x(month) + "%", top: 100 * top + "%", bottom: 100 * (1 - bottom) + "%" });
    const main = panel.lines.find((line) => line.main);
    if (main.heights.length) {
      const mark = part("div", "mark");
      Object.assign(mark.style, { left: 100 * x(month) + "%", top: 100 * y(main.heights[month]) + "%" });
    }
    const tip = part("div", "tip");
    const caption = [(panel.by ? "by " : "") + date(month), panel.unit, panel.title].filter((text) => text).join(", ");
    const spoken = fill(tip, caption, panel.lines.map((line) => [line.name, data.texts[line.texts[month]], line.main]));
    const room = { width: plot.clientWidth, height: plot.clientHeight };
    const curves = panel.lines.flatMap((line) => line.heights.map((height, month) => [x(month) * room.width, y(height) * room.height]));
    beside(tip, room, { x: x(month) * room.width }, { top: top * room.height, bottom: bottom * room.height }, curves);
    return spoken;
  });
};

/** Places of a drawing, each with its row in the table below. */
const places = (plot, spots, drawing, label) => {
  const rows = new Map(), captions = new Map();
  for (const table of all("table.figures", drawing)) {
    const [first, ...names] = all("thead th", table).map((cell) => cell.textContent);
    // Of many percentiles those that charts draw.
    const drawn = (name) => !names.includes("P50") || ["P10", "P50", "P90", "Zero", "Never"].includes(name);
    for (const row of all("tbody tr", table)) {
      const key = row.cells[0].textContent;
      // A number says little without its name.
      captions.set(key, /^\d/.test(key) ? first + " " + key : key);
      const cells = [...row.cells].slice(1).map((cell, index) => [names[index], figure(cell).text, names[index] === "P50"]);
      rows.set(key, [...(rows.get(key) || []), [table.dataset.name, cells.filter(([name]) => drawn(name))]]);
    }
  }
  // Where a row stands in several tables, each is named.
  for (const [key, parts] of rows) {
    rows.set(key, parts.flatMap(([name, cells]) => (parts.length > 1 ? [[name, "", true], ...cells] : cells)));
  }
  const shown = spots.filter(([, key]) => rows.has(key));
  if (!shown.length) return;
  const side = (edge, choose) => choose(...shown.map(([box]) => box[edge]));
  const whole = [side(0, Math.min), side(1, Math.min), side(2, Math.max), side(3, Math.max)];
  const away = (value, low, high) => Math.max(low - value, value - high, 0);
  const place = (x, y) => {
    const far = shown.map(([[left, top, right, bottom]]) => away(x, left, right) + away(y, top, bottom));
    return far.indexOf(Math.min(...far));
  };
  probe(plot, whole, "Row by row: " + label, shown.length, place, (index, part) => {
    const [[left, top, right, bottom], key] = shown[index];
    const frame = part("div", "spot");
    const percent = (share) => 100 * share + "%";
    Object.assign(frame.style, { left: percent(left), top: percent(top), width: percent(right - left), height: percent(bottom - top) });
    const tip = part("div", "tip");
    const spoken = fill(tip, captions.get(key), rows.get(key));
    const room = { width: plot.clientWidth, height: plot.clientHeight };
    // A row is wide: its box stands below or above it. A column is high: its box stands beside it.
    if (right - left > 0.5) {
      tip.style.left = clamp(room.width - tip.offsetWidth - 8, 0, room.width) + "px";
      const below = bottom * room.height + 4, above = top * room.height - tip.offsetHeight - 4;
      const fits = plot.getBoundingClientRect().top + below + tip.offsetHeight <= innerHeight;
      tip.style.top = (fits ? below : above) + "px";
    } else {
      beside(tip, room, { x: ((left + right) / 2) * room.width }, { top: top * room.height, bottom: bottom * room.height }, []);
    }
    return spoken;
  });
};

for (const chart of data.charts) {
  const drawing = document.querySelector('[data-chart="' + chart.name + '"]');
  const label = document.getElementById("head-" + chart.name).textContent;
  for (const [selector, where] of [[".wide-screen .plot", chart.wide], [".narrow-screen .plot", chart.narrow]]) {
    if (!where) continue;
    const plot = drawing.querySelector(selector);
    where.plots.forEach((box, index) => chart.panels[index] && months(plot, box, chart.panels[index], chart.panels[index].title || label));
    places(plot, where.spots, drawing, label);
  }
}

// The details of a claim in a scenario.
{
  const tip = make(document.body, "div", "tip details");
  tip.hidden = true;
  const show = (cell) => {
    tip.hidden = false;
    tip.textContent = cell.querySelector(".hidden").textContent;
    const box = cell.getBoundingClientRect(), page = document.documentElement.clientWidth;
    tip.style.left = scrollX + clamp(box.left, 8, Math.max(8, page - tip.offsetWidth - 8)) + "px";
    const below = box.bottom + tip.offsetHeight + 8 <= innerHeight;
    tip.style.top = scrollY + (below ? box.bottom + 4 : box.top - tip.offsetHeight - 4) + "px";
  };
  for (const cell of all(".matrix td")) {
    for (const name of ["pointerenter", "focus"]) cell.addEventListener(name, () => show(cell));
    for (const name of ["pointerleave", "blur"]) cell.addEventListener(name, () => (tip.hidden = true));
    cell.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });
  }
}
