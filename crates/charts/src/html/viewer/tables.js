// What stands around the chart: the choice among charts, the legend, the run's facts, tables that a click sorts.
//
// Every text enters the page through textContent, so that no name is ever read as markup.

/** An element with properties and children; strings among them become text. */
function element(tag, properties = {}, ...children) {
  const it = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "text") it.textContent = value;
    else it.setAttribute(name, value);
  }
  it.append(...children.filter((child) => child !== null));
  return it;
}

/**
 * A text that may be of any script, set apart so that it turns around nothing beside it. As a whole it runs from left
 * to right, as in pictures: where letters of both directions meet, what stands first stands left.
 */
function nameElement(text, className = "") {
  return element("bdi", { text, class: className, title: text, dir: "ltr" });
}

/** The name of the language; nothing is fetched by it. */
const SVG = "http://www.w3.org/2000/svg";

/** A piece of a curve's line. The style sheet chooses between its two colours, as the theme may change. */
function swatch(pen) {
  const make = (tag, attributes) => {
    const it = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) it.setAttribute(name, value);
    return it;
  };
  const svg = make("svg", { width: 26, height: 12, viewBox: "0 0 26 12", "aria-hidden": "true", class: "swatch" });
  svg.style.setProperty("--light", pen.light);
  svg.style.setProperty("--dark", pen.dark);
  const dashes = pen.dashes_px.length > 0 ? { "stroke-dasharray": pen.dashes_px.join(" ") } : {};
  svg.append(make("line", { x1: 0, x2: 26, y1: 6.5, y2: 6.5, "stroke-width": widthInLegend(pen), ...dashes }));
  if (pen.dot_px > 0) svg.append(make("circle", { cx: 13, cy: 6.5, r: 3 }));
  return svg;
}

/** How thick the piece of a line is in a legend: that of an area is a bar. */
function widthInLegend(pen) {
  return pen.is_area ? 9 : Math.max(1, pen.width_px);
}

/** A choice among the page's charts: one of a group of buttons, which arrow keys move through. */
function choicesElement(state) {
  const { charts } = state.data;
  if (charts.length === 1) return null;
  const title = element("legend", { text: "Memory shown" });
  const group = element("fieldset", { class: "choices", role: "radiogroup" }, title);
  charts.forEach(({ name, peak }, idx) => {
    const input = element("input", { type: "radio", name: "choice", class: "unseen", value: String(idx) });
    input.addEventListener("change", () => state.choose(idx));
    const figure = peak === null ? null : element("span", { class: "quiet", text: peak });
    const face = element("span", { class: "choice" }, element("span", { text: name }), figure);
    group.append(element("label", {}, input, face));
  });
  const update = () => (group.querySelectorAll("input")[state.chosen].checked = true);
  update();
  state.onChoice(update);
  return group;
}

/** The legend: a button for each ink, which hides and shows its curves. It is that of the chart that is chosen. */
function legendElement(state) {
  const whole = element("div");
  const build = () => {
    const list = legendList(state);
    whole.replaceChildren(...(list === null ? [] : [list]));
  };
  const update = () => {
    for (const button of whole.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(!state.isHidden(button.dataset.ink)));
    }
  };
  build();
  update();
  state.onChoice(build);
  state.onChange(update);
  return whole;
}

function legendList(state) {
  const entries = state.chart.legend;
  if (entries.length === 0) return null;
  const inks = entries.map((entry) => entry.ink).filter((ink) => ink !== null);
  const list = element("ul", { class: "legend", "aria-label": "Curves: press to hide or show" });
  for (const entry of entries) {
    const label = [nameElement(entry.label, "name"), element("span", { class: "value", text: entry.value })];
    if (entry.ink === null) {
      list.append(element("li", { class: "remark" }, ...label));
      continue;
    }
    const button = element("button", { type: "button", "data-ink": entry.ink }, swatch(entry.pen), ...label);
    button.addEventListener("click", (event) => {
      if (event.shiftKey || event.altKey) state.isolate(entry.ink, inks);
      else state.toggle(entry.ink);
      raise();
    });
    const raise = () => state.raise(state.isHidden(entry.ink) ? null : entry.ink);
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, raise);
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => state.raise(null));
    list.append(element("li", {}, button));
  }
  return list;
}

/** What is known of the run, in two columns. */
function factsElement(data) {
  if (data.facts.length === 0) return null;
  const list = element("dl", { class: "facts" });
  for (const [name, text] of data.facts) {
    list.append(element("dt", { text: name }), element("dd", {}, nameElement(text)));
  }
  return element("section", {}, element("h2", { text: "The run" }), list);
}

/** A table whose heads sort it. */
function tableElement(table) {
  const isFigure = table.columns.map(([, figure]) => figure);
  const body = element("tbody");
  const rows = table.rows.map((cells) => {
    const row = element("tr");
    cells.forEach(([text], idx) => {
      if (isFigure[idx]) row.append(element("td", { class: "figure", text }));
      else row.append(element(idx === 0 ? "th" : "td", idx === 0 ? { scope: "row" } : {}, nameElement(text)));
    });
    return { row, cells };
  });
  body.append(...rows.map(({ row }) => row));
  const heads = table.columns.map(([title], idx) => headElement(title, isFigure[idx]));
  heads.forEach((head, idx) => {
    head.querySelector("button").addEventListener("click", () => {
      // Of figures the largest come first, of words the first.
      const before = head.getAttribute("aria-sort");
      const isDown = before === null ? isFigure[idx] : before === "ascending";
      heads.forEach((it) => it.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", isDown ? "descending" : "ascending");
      rows.sort((a, b) => (isDown ? -1 : 1) * compareCells(a.cells[idx], b.cells[idx], isDown));
      body.append(...rows.map(({ row }) => row));
    });
  });
  const head = element("thead", {}, element("tr", {}, ...heads));
  const whole = element("table", { "aria-label": table.title }, head, body);
  const rest = table.n_left_out === 0 ? null
    : element("p", { class: "quiet", text: `and ${grouped(table.n_left_out, 0)} smaller ones` });
  return element("section", {}, element("h2", { text: table.title }),
    element("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": table.title }, whole), rest);
}

function headElement(title, isFigure) {
  const button = element("button", { type: "button", text: title });
  return element("th", { scope: "col", ...(isFigure ? { class: "figure" } : {}) }, button);
}

/** Cells in rising order. What was not measured comes last either way. */
function compareCells([text, figure], [otherText, otherFigure], isDown) {
  if (figure === null && otherFigure === null) {
    return text.localeCompare(otherText, "en", { numeric: true });
  }
  if (figure === null || otherFigure === null) return (figure === null ? 1 : -1) * (isDown ? -1 : 1);
  return figure - otherFigure;
}
