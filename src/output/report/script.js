"use strict";
// The figures below the pointer, for charts over time. Without this script everything else is still there.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const make = (parent, tag, name) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    parent.append(made);
    return made;
  };
  const date = (month) => {
    const all = 12 * data.year + data.month - 1 + month;
    return names[all % 12] + " " + Math.floor(all / 12);
  };
  const write = (unit, value) => {
    if (value === null || value === undefined) return "never";
    if (Array.isArray(value)) return value[0] + " " + write(unit, value[1]);
    if (unit === "fraction") {
      const percent = 100 * value;
      if (percent === 0 || percent === 100) return percent + "\u00a0%";
      if (percent > 0 && percent < 0.05) return "<0.1\u00a0%";
      if (percent < 100 && percent >= 99.95) return ">99.9\u00a0%";
      return percent.toFixed(1) + "\u00a0%";
    }
    const number = value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e9) ? value.toExponential(3) : String(Number(value.toPrecision(4)));
    return number.replace(/^(-?\d+)(?=\d{3}(\.|$))/, (whole) => whole.replace(/\B(?=(\d{3})*$)/g, "\u00a0") + "\u00a0") + (unit === "multiple" ? "\u00d7" : "\u00a0" + unit);
  };
  // Paper does not fold: all sections are open while the page is printed, and as they were afterwards.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = [...document.querySelectorAll("details:not([open])")];
    for (const section of folded) section.open = true;
  });
  addEventListener("afterprint", () => {
    for (const section of folded) section.open = false;
  });

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  for (const chart of data.charts) {
    const plot = document.querySelector('[data-chart="' + chart.name + '"]');
    const [left, top, right, bottom] = chart.plot;
    const last = chart.lines[0].value.length - 1;
    const probe = make(plot, "div", "probe");
    Object.assign(probe.style, { left: 100 * left + "%", top: 100 * top + "%", width: 100 * (right - left) + "%", height: 100 * (bottom - top) + "%" });
    const label = document.getElementById("head-" + chart.name).textContent;
    for (const [name, value] of Object.entries({ role: "slider", tabindex: 0, "aria-label": "Month by month: " + label, "aria-valuemin": 0, "aria-valuemax": last, "aria-valuenow": 0, "aria-valuetext": "Arrow keys choose a month" })) probe.setAttribute(name, value);
    const shown = [];
    let now = -1;

    const hide = () => {
      shown.splice(0).forEach((part) => part.remove());
      now = -1;
    };
    const show = (month) => {
      month = clamp(month, 0, last);
      if (month === now) return;
      hide();
      now = month;
      const x = left + ((month + chart.offset) / chart.months) * (right - left);
      const y = (value) => bottom - clamp((value - chart.range[0]) / (chart.range[1] - chart.range[0]), 0, 1) * (bottom - top);
      const part = (tag, name) => shown[shown.push(make(plot, tag, name)) - 1];
      const cross = part("div", "cross");
      Object.assign(cross.style, { left: 100 * x + "%", top: 100 * top + "%", bottom: 100 * (1 - bottom) + "%" });
      const tip = part("div", "tip");
      const table = make(tip, "table");
      const when = (chart.by ? "by " : "") + date(month);
      make(table, "caption").textContent = when;
      const spoken = [when];
      for (const line of chart.lines) {
        const [value, low, high] = [line.value[month], line.low[month], line.high[month]];
        const row = make(table, "tr", line.main ? "main" : "");
        const range = low === null && high === null ? "" : write(chart.unit, low) + " to " + write(chart.unit, high);
        make(row, "th").textContent = line.name;
        make(row, "td", "number").textContent = write(chart.unit, value);
        make(row, "td", "number").textContent = range;
        spoken.push(line.name + " " + write(chart.unit, value));
        if (line.main && typeof value === "number") {
          const mark = part("div", "mark");
          Object.assign(mark.style, { left: 100 * x + "%", top: 100 * y(value) + "%" });
        }
      }
      const room = plot.clientWidth, at = x * room, width = tip.offsetWidth;
      tip.style.left = (at + 14 + width < room ? at + 14 : Math.max(0, at - 14 - width)) + "px";
      tip.style.top = clamp(top * plot.clientHeight + 10, 0, Math.max(0, plot.clientHeight - tip.offsetHeight)) + "px";
      probe.setAttribute("aria-valuenow", month);
      probe.setAttribute("aria-valuetext", spoken.join("; "));
    };
    const point = (event) => {
      const box = probe.getBoundingClientRect();
      show(Math.round(((event.clientX - box.left) / box.width) * chart.months - chart.offset));
    };
    probe.addEventListener("pointermove", point);
    probe.addEventListener("pointerdown", point);
    probe.addEventListener("pointerleave", () => { if (document.activeElement !== probe) hide(); });
    probe.addEventListener("focus", () => { if (now < 0) show(0); });
    probe.addEventListener("blur", hide);
    probe.addEventListener("keydown", (event) => {
      const to = { ArrowRight: now + 1, ArrowUp: now + 1, ArrowLeft: now - 1, ArrowDown: now - 1, PageUp: now + 12, PageDown: now - 12, Home: 0, End: last, Escape: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      if (event.key === "Escape") hide(); else show(to);
    });
  }
})();
