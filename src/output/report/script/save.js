// Charts are saved as PNG, SVG and CSV, all made here.

const download = (blob, name) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
};

/** The drawing with the title, the subtitle and the source line that the page hides, and its size. */
const whole = (drawing) => {
  const svg = drawing.querySelector(".wide-screen svg").cloneNode(true);
  const [, , width] = svg.getAttribute("viewBox").split(" ").map(Number), height = Number(svg.dataset.height);
  svg.setAttribute("viewBox", [0, 0, width, height].join(" "));
  svg.setAttribute("width", width / 10);
  svg.setAttribute("height", height / 10);
  svg.removeAttribute("data-height");
  return { text: new XMLSerializer().serializeToString(svg), width: width / 10, height: height / 10 };
};

const png = (drawing, name) => {
  const { text, width, height } = whole(drawing);
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [2 * width, 2 * height];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    canvas.toBlob((blob) => download(blob, name), "image/png");
  };
  image.src = "data:image/svg+xml;charset=utf-8," + encodeURIComponent(text);
};

/** The tables of a chart: a value, and where there is an interval its ends, in columns of their own. */
const csv = (drawing) => {
  const quote = (text) => {
    // A spreadsheet takes text that begins so for a formula.
    const safe = /^[=+@\t-]/.test(text) && Number.isNaN(Number(text)) ? "'" + text : text;
    return /[",\n]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };
  const lines = (table) => {
    const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => figure(cell)));
    const heads = all("thead th", table).map((head) => head.textContent);
    const wide = heads.map((_, column) => rows.some((row) => row[column] && row[column].numbers.length > 1));
    const columns = (name, column) => (wide[column] ? [name, name + " low", name + " high"] : [name]);
    const cells = (one, column) => {
      const [value, low, high] = one.numbers;
      const first = value || one.text;
      return wide[column] ? [first, low || "", high || ""] : [first];
    };
    return [[table.dataset.name], heads.flatMap(columns), ...rows.map((row) => row.flatMap(cells))];
  };
  const text = all("table.figures", drawing).map((table) => lines(table).map((line) => line.map(quote).join(",") + "\r\n").join(""));
  return new Blob(["\ufeff", text.join("\r\n")], { type: "text/csv;charset=utf-8" });
};

for (const drawing of all(".drawing")) {
  const tools = document.createElement("p");
  tools.className = "tools";
  drawing.querySelector(".shown").after(tools);
  const name = drawing.dataset.chart.replace(/\./g, "-");
  const button = (kind, save) => {
    const made = make(tools, "button", "", kind);
    made.type = "button";
    made.setAttribute("aria-label", "Save as " + kind + ": " + drawing.querySelector(".heading").textContent);
    made.addEventListener("click", save);
  };
  make(tools, "span", "", "Save ");
  button("PNG", () => png(drawing, name + ".png"));
  button("SVG", () => download(new Blob([whole(drawing).text], { type: "image/svg+xml" }), name + ".svg"));
  if (drawing.querySelector("table.figures")) button("CSV", () => download(csv(drawing), name + ".csv"));
}
