"use strict";
// Without this script everything is still there but the figures below the pointer, sorting, finding, copying and saving.
const data = JSON.parse(document.getElementById("data").textContent);

const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** A new element at the end of another. */
const make = (parent, tag, name, text) => {
  const made = document.createElement(tag);
  if (name) made.className = name;
  if (text !== undefined) made.textContent = text;
  parent.append(made);
  return made;
};

const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

const status = make(document.body, "p", "status");
status.setAttribute("role", "status");
let fading = 0;
/** Says in a corner, and to screen readers, what has been done. */
const say = (text) => {
  status.textContent = text;
  status.classList.add("said");
  clearTimeout(fading);
  fading = setTimeout(() => status.classList.remove("said"), 4000);
};

// Paper does not fold: what is printed is open meanwhile, and as it was afterwards.
let folded = [];
addEventListener("beforeprint", () => {
  const annex = document.getElementById("annex")?.checked;
  folded = all("details:not([open])").filter((section) => annex || !section.closest(".annex"));
  for (const section of folded) section.open = true;
});
addEventListener("afterprint", () => {
  for (const section of folded) section.open = false;
});

// Charts that a narrow screen does not hold are read as a table there.
if (matchMedia("(max-width: 600px)").matches) for (const section of all("details.in-place")) section.open = true;
