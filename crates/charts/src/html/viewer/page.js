// The page: builds what is seen out of the data, paints when something changed, and puts all parts together.

/** Colours of the canvas, named in the style sheet so that page and chart agree. */
const COLOR_NAMES = ["paper", "ink", "quiet", "grid", "axis", "hatch", "band", "band-raised", "band-veil", "selection"];

/** Dots of a printed chart for each pixel on the screen. */
const PRINT_RATIO = 3;

class Page {
  constructor(data, root) {
    this.data = data;
    this.root = root;
    namedUnit = data.unit;
    this.state = new State(data);
    this.tip = new Tip();
    this.views = [];
    this.isDue = false;
    const prefersDark = matchMedia("(prefers-color-scheme: dark)");
    this.theme = data.theme ?? (prefersDark.matches ? "dark" : "light");
    prefersDark.addEventListener("change", (event) => this.setTheme(event.matches ? "dark" : "light"));
    // Paper is white whatever the screen shows.
    addEventListener("beforeprint", () => this.paintFor("light", PRINT_RATIO));
    addEventListener("afterprint", () => this.paintFor(this.theme));
    this.build();
    this.state.onChange(() => this.due());
    this.state.onChoice(() => this.tellChoice());
    this.setTheme(this.theme);
    new ResizeObserver(() => this.paint()).observe(this.panels);
    matchMedia("(resolution: 1dppx)").addEventListener("change", () => this.due());
  }

  build() {
    const { data, state } = this;
    const isSingle = state.panels.length === 1;
    this.panels = element("div", { class: isSingle ? "panels single" : "panels" });
    this.panels.dataset.columns = String(Math.min(data.n_columns, 4));
    state.panels.forEach((_, idx) => this.panels.append(this.panelElement(idx, isSingle)));
    this.note = element("p", { class: "quiet note" });
    this.footer = element("footer", { class: "quiet", id: "help" });
    const parts = [
      element("header", {},
        element("div", {}, element("h1", {}, nameElement(data.title)), this.subtitle()), this.tools()),
      choicesElement(state),
      element("div", { class: "chart" }, this.panels, this.tip.element),
      legendElement(state),
      this.note,
      factsElement(data),
      ...data.tables.map(tableElement),
      this.footer,
      this.status = element("p", { class: "unseen", role: "status" }),
    ];
    this.root.append(...parts.filter((part) => part !== null));
    this.tip.status = this.status;
    this.tellChart();
  }

  subtitle() {
    this.quantity = element("span", { id: "quantity" });
    this.span = element("span", { class: "span", id: "span" });
    return element("p", { class: "quiet" }, this.quantity, " · ", this.span);
  }

  /** Says what the chosen chart is. */
  tellChart() {
    const { chart, panels: [{ quantity, is_log: isLog }] } = this.state;
    const stack = quantity !== chart.name && this.data.charts.length > 1 ? `, ${chart.name},` : "";
    this.quantity.textContent = `${quantity}${stack} over time${isLog ? ", logarithmic" : ""}`;
    this.note.textContent = chart.note ?? "";
    this.footer.textContent = this.footnote();
    for (const { canvas, panel, caption, told } of this.views) {
      const name = (panel.title ?? this.data.title).slice(0, 300);
      canvas.setAttribute("aria-label", `${name}: ${this.quantity.textContent}`);
      told.textContent = [panel.remark, chart.description].filter((it) => it !== null).join(". ").slice(0, 2000);
      if (panel.title !== null) caption.replaceChildren(nameElement(panel.title));
    }
  }

  /** Shows what was chosen: at once, so that where it is pointed at is told anew. */
  tellChoice() {
    const { chart } = this.state;
    this.tellChart();
    this.paint();
    for (const { hands } of this.views) hands.pointAgain();
    this.status.textContent = `${chart.name}${chart.peak === null ? "" : `, peak ${chart.peak}`}`;
  }

  footnote() {
    const n = this.state.panels.flatMap((panel) => panel.series).reduce((sum, { curve }) => sum + curve.n, 0);
    const points = `${grouped(n, 0)} points`;
    const how = this.data.is_reduced
      ? `${points}: in thousands of columns the first, lowest, highest and last reading, so that no extreme is lost`
      : `${points}, each a reading`;
    const left = this.state.panels.reduce((sum, panel) => sum + panel.n_bands_left_out, 0);
    return `${how}${left ? `; the ${grouped(left, 0)} shortest bands are left out` : ""}. `
      + "Wheel or drag to zoom, Shift and drag to move, double-click for all; on the keyboard + − 0 and arrows, "
      + `with Shift from reading to reading${this.data.charts.length > 1 ? ", M for the next kind of memory" : ""}. `
      + "This page needs no network.";
  }

  tools() {
    const { state } = this;
    const button = (text, label, action) => {
      const it = element("button", { type: "button", text, title: label, "aria-label": label });
      it.addEventListener("click", () => action(it));
      return it;
    };
    const toggle = (it, is) => it.setAttribute("aria-pressed", String(is));
    const fit = button("Fit", "Fit the memory axis to what is in sight", () => state.setFitted(!state.isFitted));
    state.onChange(() => toggle(fit, state.isFitted));
    toggle(fit, false);
    const all = button("All", "All of the time", () => state.reset());
    const follow = () => (all.disabled = !state.isZoomed());
    state.onChange(follow);
    follow();
    this.themeButton = button("◐", "Switch between light and dark", () =>
      this.setTheme(this.theme === "dark" ? "light" : "dark"));
    return element("div", { class: "tools", role: "toolbar", "aria-label": "View" },
      button("−", "Zoom out", () => state.zoom(2)), button("+", "Zoom in", () => state.zoom(0.5)), all, fit,
      button("PNG", "Save this view as a PNG", () => this.savePicture()), this.themeButton);
  }

  panelElement(idx, isSingle) {
    const { state } = this;
    // Keys are the chart's own; what it shows and what the keys do are told apart from its name.
    const told = element("p", { class: "unseen", id: `told-${idx}` });
    const canvas = element("canvas", { role: "application", "aria-roledescription": "chart", tabindex: "0",
      "aria-describedby": `told-${idx} help` });
    const caption = state.panels[idx].title === null ? null : element("figcaption");
    const figure = element("figure", {}, caption, canvas, told);
    const view = { canvas, caption, told, frame: null, hover: null, get panel() { return state.panels[idx]; } };
    view.hands = new Hands(state, view, this.tip);
    this.views.push(view);
    if (isSingle && this.data.panel_px) canvas.style.setProperty("--panel", `${this.data.panel_px}px`);
    return figure;
  }

  setTheme(theme) {
    this.theme = theme;
    document.documentElement.dataset.theme = theme;
    this.paint();
  }

  colors(theme) {
    const style = getComputedStyle(document.documentElement);
    const colors = { name: theme };
    for (const name of COLOR_NAMES) {
      const key = name.replace(/-(.)/, (_, letter) => letter.toUpperCase());
      colors[key] = style.getPropertyValue(`--${name}`).trim();
    }
    return colors;
  }

  /** Paints once before the next frame, however much changes until then. */
  due() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => {
      this.isDue = false;
      this.paint();
    });
  }

  paintFor(theme, ratio) {
    document.documentElement.dataset.theme = theme;
    this.paint(theme, ratio);
  }

  paint(theme = this.theme, ratio = Math.min(3, devicePixelRatio || 1)) {
    const colors = this.colors(theme);
    const left = this.leftOfPlots();
    for (const view of this.views) {
      const { canvas } = view;
      const [width, height] = [canvas.clientWidth, canvas.clientHeight];
      if (width === 0 || height === 0) continue;
      const size = [Math.round(width * ratio), Math.round(height * ratio)];
      // Setting a size clears the canvas, and costs.
      if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
      const context = canvas.getContext("2d", { alpha: false });
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      view.frame = paintPanel(context, this.state, view.panel, { width, height, left }, colors, view.hover);
    }
    this.tellSpan();
  }

  /** Where the plots of all panels begin: behind the widest label of their axes. */
  leftOfPlots() {
    const leftOf = ({ canvas, panel }) => {
      const context = canvas.getContext("2d", { alpha: false });
      return new Frame(this.state, panel, canvas.clientWidth, canvas.clientHeight, context).left;
    };
    return Math.max(...this.views.map(leftOf));
  }

  /** Which part of the time is in sight. */
  tellSpan() {
    const { state } = this;
    const panel = state.panels.reduce((longest, it) => (it.end_ns > longest.end_ns ? it : longest), state.panels[0]);
    const { from, to } = state.range(panel);
    const text = (time) => timeText(time, panel, to - from);
    const isWhole = !state.isZoomed() && panel.from_ns === 0;
    const whole = panel.share_unit ? text(to) : durationText(to);
    this.span.textContent = isWhole ? `all of ${whole}` : `${text(from)} to ${text(to)}`;
  }

  /** The view as a bitmap: title, panels as they stand, legend. */
  savePicture() {
    const box = this.panels.getBoundingClientRect();
    const [head, line, margin, ratio] = [44, 20, 16, 2];
    const { legend } = this.state.chart;
    const entries = legend.filter((entry) => entry.ink === null || !this.state.isHidden(entry.ink));
    const canvas = document.createElement("canvas");
    const height = head + box.height + entries.length * line + margin;
    [canvas.width, canvas.height] = [(box.width + 2 * margin) * ratio, height * ratio];
    const context = canvas.getContext("2d", { alpha: false });
    const colors = this.colors(this.theme);
    context.scale(ratio, ratio);
    context.fillStyle = colors.paper;
    context.fillRect(0, 0, canvas.width, canvas.height);
    const title = `${this.data.title.slice(0, 300)} — ${this.quantity.textContent}`;
    paintText(context, title, margin, 24, { color: colors.ink, font: `bold ${FONT}` });
    for (const { canvas: onScreen, panel } of this.views) {
      const [place, title] = [onScreen.getBoundingClientRect(), panel.title];
      const [left, top] = [place.left - box.left + margin, place.top - box.top + head];
      context.save();
      context.translate(left, top);
      const { width, height } = place;
      paintPanel(context, this.state, panel, { width, height, left: this.leftOfPlots() }, colors, null);
      context.restore();
      if (title !== null) paintText(context, title.slice(0, 300), left + 8, top - 8, { color: colors.ink });
    }
    entries.forEach((entry, idx) => {
      const y = head + box.height + (idx + 0.5) * line;
      if (entry.pen) {
        const dashes = entry.pen.dashes_px;
        paintLine(context, entry.pen[this.theme], widthInLegend(entry.pen), [[margin, y], [margin + 26, y]], dashes);
      }
      const text = `${entry.label.slice(0, 200)}  ${entry.value}`;
      paintText(context, text, margin + 36, y, { color: colors.ink });
    });
    canvas.toBlob((blob) => {
      const link = element("a", { download: "chart.png", href: URL.createObjectURL(blob) });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    });
  }
}

/** What is told beside the pointer. */
class Tip {
  constructor() {
    this.element = element("div", { class: "tip", hidden: "" });
    this.status = null;
  }

  hide() {
    this.element.hidden = true;
  }

  /** Reads it aloud, where somebody listens. */
  say() {
    this.status.textContent = this.element.innerText;
  }

  show({ panel, frame, canvas, hover }, x, y) {
    if (hover === null) return this.hide();
    this.element.replaceChildren(...(hover.band ? bandLines(panel, hover.band) : readingLines(panel, frame, hover)));
    this.element.hidden = false;
    const chart = this.element.parentElement.getBoundingClientRect();
    const place = canvas.getBoundingClientRect();
    const [width, height] = [this.element.offsetWidth, this.element.offsetHeight];
    const left = place.left - chart.left + x;
    const top = place.top - chart.top + y;
    const isLeft = left + 18 + width > chart.width;
    this.element.style.left = `${Math.max(0, isLeft ? left - 18 - width : left + 18)}px`;
    this.element.style.top = `${Math.max(0, Math.min(top - height / 2, place.bottom - chart.top - height))}px`;
  }
}

function bandLines(panel, [name, from, to, , , , , whole]) {
  const text = (time) => timeText(time, panel, Math.max(1, to - from));
  return [
    element("p", { class: "tip-head" }, nameElement(panel.band_names[name][0])),
    element("p", { text: `${text(from)} to ${text(to)}` }),
    element("p", { class: "quiet", text: tookText(from, to, whole) }),
  ];
}

function readingLines(panel, frame, hover) {
  const amount = panel.origin_bytes ? differenceText : bytesText;
  const lines = [element("p", { class: "tip-head", text: timeText(hover.time, panel, frame.nsPerPx * 300) })];
  for (const [name, from, to, , , , , whole] of hover.bands) {
    const took = ` · ${tookText(from, to, whole)}`;
    lines.push(element("p", { class: "quiet" }, "in ", nameElement(panel.band_names[name][0]), took));
  }
  for (const name of momentsAt(panel, frame, frame.x(hover.time))) {
    lines.push(element("p", { class: "quiet" }, "at ", nameElement(name)));
  }
  for (const reading of hover.readings) {
    const isNearest = reading === hover.nearest;
    lines.push(element("div", { class: isNearest ? "reading nearest" : "reading" }, swatch(reading.series.pen),
      nameElement(reading.series.name, "name"), element("span", { class: "value", text: amount(reading.own) })));
    if (isNearest) lines.push(element("p", { class: "quiet in-full", text: bytesInFull(Math.round(reading.own)) }));
  }
  for (const mark of hover.marks) {
    lines.push(element("p", { class: "peak" }, `peak ${bytesText(mark.bytes)} · ${mark.kind}`,
      mark.name && hover.marks.length > 1 ? nameElement(` · ${mark.name}`) : ""));
  }
  if (hover.nMore > 0) lines.push(element("p", { class: "quiet", text: `and ${hover.nMore} more` }));
  if (hover.readings.length === 0) lines.push(element("p", { class: "quiet", text: "no reading here" }));
  return lines;
}

const root = document.getElementById("page");
root.hidden = false;
new Page(JSON.parse(document.getElementById("data").textContent), root);
