// What hands do: the wheel, dragging, two fingers, the keyboard; and what is told of where they point.

/** A press that moves less is a click. */
const CLICK_PX = 4;
/** Readings that are told at once. */
const MOST_TOLD = 12;

/** Lets a panel's canvas be zoomed, moved and asked. `view` has the panel, its frame, and can be painted again. */
class Hands {
  constructor(state, view, tip) {
    Object.assign(this, { state, view, tip });
    this.pointers = new Map();
    this.press = null;
    /** Where it was pointed at last. */
    this.place = null;
    const listen = (name, listener, options) => view.canvas.addEventListener(name, listener, options);
    listen("wheel", (event) => this.wheel(event), { passive: false });
    listen("pointerdown", (event) => this.down(event));
    listen("pointermove", (event) => this.move(event));
    listen("pointerup", (event) => this.up(event));
    listen("pointercancel", (event) => this.cancel(event));
    listen("pointerleave", (event) => this.leave(event));
    listen("dblclick", () => state.reset());
    listen("keydown", (event) => this.key(event));
    listen("blur", () => this.forget());
  }

  /** The share of the whole time at a place on the canvas. */
  shareAt(x) {
    const { frame, panel } = this.view;
    return this.state.shareOf(panel, frame.timeAt(Math.min(frame.right, Math.max(frame.left, x))));
  }

  wheel(event) {
    const { state } = this;
    const unit = event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1;
    const width = this.view.frame.right - this.view.frame.left;
    if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      if (!state.isZoomed()) return;
      event.preventDefault();
      state.pan((event.deltaX * unit) / width);
    } else {
      // Where there is nothing to zoom out of, the wheel moves the page.
      if (event.deltaY > 0 && !state.isZoomed()) return;
      event.preventDefault();
      state.zoom(1.0015 ** Math.max(-300, Math.min(300, event.deltaY * unit)), this.shareAt(event.offsetX));
    }
    this.point(event.offsetX, event.offsetY);
  }

  down(event) {
    this.pointers.set(event.pointerId, event.offsetX);
    if (event.button > 1) return;
    if (event.button === 1) event.preventDefault();
    this.view.canvas.setPointerCapture(event.pointerId);
    const isPan = event.shiftKey || event.button === 1 || event.pointerType === "touch";
    this.press = { x: event.offsetX, isPan, from: this.state.from, to: this.state.to, distance: this.distance() };
    this.press.middle = this.middle();
  }

  middle() {
    const places = [...this.pointers.values()];
    return places.reduce((sum, x) => sum + x, 0) / places.length;
  }

  distance() {
    const [one, other] = [...this.pointers.values()];
    return other === undefined ? null : Math.abs(one - other);
  }

  move(event) {
    const { press, view, state } = this;
    if (this.pointers.has(event.pointerId)) this.pointers.set(event.pointerId, event.offsetX);
    if (press === null) {
      this.point(event.offsetX, event.offsetY);
    } else if (press.isPan) {
      this.drag();
    } else if (Math.abs(event.offsetX - press.x) > CLICK_PX) {
      this.tip.hide();
      view.hover = { selection: [press.x, event.offsetX] };
      state.changed();
    }
  }

  /** Moves what was under the fingers at first to where they are now; two of them stretch it too. */
  drag() {
    const { press, state, view } = this;
    const width = view.frame.right - view.frame.left;
    const distance = this.distance();
    const stretch = distance && press.distance ? press.distance / Math.max(20, distance) : 1;
    const span = (press.to - press.from) * stretch;
    const held = press.from + ((press.middle - view.frame.left) / width) * (press.to - press.from);
    const from = held - ((this.middle() - view.frame.left) / width) * span;
    const start = Math.min(Math.max(0, 1 - span), Math.max(0, from));
    state.show(start, start + span);
    this.forget();
  }

  up(event) {
    const { press, view, state } = this;
    this.pointers.delete(event.pointerId);
    this.press = null;
    if (press === null) return;
    if (!press.isPan && Math.abs(event.offsetX - press.x) > CLICK_PX) {
      const [from, to] = [press.x, event.offsetX].sort((a, b) => a - b).map((x) => this.shareAt(x));
      view.hover = null;
      if (to > from) state.show(from, to);
    }
    if (this.pointers.size === 0) this.point(event.offsetX, event.offsetY);
  }

  cancel(event) {
    this.pointers.delete(event.pointerId);
    this.press = null;
    this.forget();
  }

  leave(event) {
    if (event.pointerType !== "touch" && this.press === null) this.forget();
  }

  forget() {
    this.view.hover = null;
    this.tip.hide();
    this.state.changed();
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { state } = this;
    const actions = {
      "+": () => state.zoom(1 / 1.5),
      "=": () => state.zoom(1 / 1.5),
      "-": () => state.zoom(1.5),
      0: () => state.reset(),
      Escape: () => this.forget(),
      m: () => state.choose(state.chosen + 1),
      M: () => state.choose(state.chosen - 1),
      ArrowLeft: () => (event.shiftKey ? this.step(-1) : state.pan(-0.15)),
      ArrowRight: () => (event.shiftKey ? this.step(1) : state.pan(0.15)),
      ArrowUp: () => state.zoom(1 / 1.5),
      ArrowDown: () => state.zoom(1.5),
      Home: () => state.show(0, state.to - state.from),
      End: () => state.show(1 - (state.to - state.from), 1),
    };
    const action = actions[event.key];
    if (action === undefined) return;
    event.preventDefault();
    action();
  }

  /** Points at the next reading of the curve that is pointed at, or of the first, and says it aloud. */
  step(by) {
    const { view, state } = this;
    const shown = state.shownSeries(view.panel);
    const series = view.hover?.nearest?.series ?? shown[shown.length - 1];
    if (series === undefined || series.curve.n === 0) return;
    const { curve } = series;
    const known = view.hover?.nearest?.series === series ? view.hover.nearest.place : null;
    const first = curve.firstFrom(view.frame.time.from);
    const place = known === null ? first : known + by;
    const idx = Math.min(curve.n - 1, Math.max(0, place));
    const time = curve.times[idx];
    const { from, to } = view.frame.time;
    if (time < from || time > to) {
      const [middle, half] = [state.shareOf(view.panel, time), (state.to - state.from) / 2];
      state.show(middle - half, middle + half);
    }
    const x = view.frame.x(time);
    this.point(x, view.frame.y(curve.values[idx]), { series, place: idx });
    this.tip.say();
  }

  /** Tells the same place of another chart. */
  pointAgain() {
    if (this.view.hover) this.point(...this.place);
  }

  /** Tells what is at a place: the band there, or the reading of each curve that is nearest in time. */
  point(x, y, wanted = null) {
    const { view, state, tip } = this;
    this.place = [x, y];
    const { frame, panel } = view;
    const isBand = y < frame.top - 16 && x >= frame.left && x <= frame.right;
    const band = isBand ? bandAt(panel, frame.timeAt(x), Math.floor((y - 4) / BAND_ROW_PX), frame.nsPerPx) : null;
    if (!isBand && (x < frame.left - 8 || x > frame.right + 8 || y < frame.top - 16 || y > frame.bottom + 20)) {
      if (view.hover) this.forget();
      return;
    }
    if (isBand && band === null) {
      this.forget();
      return;
    }
    const time = Math.min(frame.time.to, Math.max(frame.time.from, frame.timeAt(x)));
    view.hover = band ? { band, readings: [] } : this.readingsAt(time, y, wanted);
    tip.show(view, x, y);
    state.changed();
  }

  readingsAt(time, y, wanted) {
    const { view, state } = this;
    const { frame, panel } = view;
    const readings = [];
    for (const series of state.shownSeries(panel)) {
      const isWanted = wanted?.series === series;
      const at = isWanted ? series.curve.times[wanted.place] : time;
      const reading = series.curve.readingAt(at, frame.nsPerPx * 6);
      if (reading !== null) readings.push({ ...reading, series });
    }
    // What a layer stands on is not its own.
    const layers = panel.series.filter((it) => it.ground === "layer");
    for (const reading of readings) {
      const below = layers[layers.indexOf(reading.series) + 1];
      const isLayer = reading.series.ground === "layer";
      reading.own = isLayer && below ? Math.max(0, reading.bytes - below.curve.valueAt(reading.time)) : reading.bytes;
    }
    readings.sort((a, b) => b.bytes - a.bytes);
    const distance = (reading) => Math.abs(frame.y(reading.bytes) - y);
    const closest = (best, it) => (best === null || distance(it) < distance(best) ? it : best);
    const nearest = readings.find((it) => it.series === wanted?.series) ?? readings.reduce(closest, null);
    const at = Math.max(0, Math.min(readings.indexOf(nearest) - MOST_TOLD / 2, readings.length - MOST_TOLD));
    const isAround = ([, from, to, , nCalls]) => nCalls === 1 && from <= time && time <= to;
    const bands = panel.bands.filter(isAround).slice(0, MOST_BAND_ROWS);
    const isHere = (mark) => mark.at_ns !== null && Math.abs(frame.x(mark.at_ns) - frame.x(time)) < 7;
    const marks = state.shownMarks(panel).filter(isHere).slice(0, 4);
    const told = readings.slice(at, at + MOST_TOLD);
    return { time: nearest?.time ?? time, readings: told, nearest, nMore: readings.length - told.length, bands, marks };
  }
}

/** The band of a level at a time, or within some pixels of it. */
function bandAt(panel, time, level, nsPerPx) {
  const isHere = (slack) => (band) =>
    Math.min(band[3], MOST_BAND_ROWS) === level && band[1] - slack <= time && time <= band[2] + slack;
  return panel.bands.find(isHere(0)) ?? panel.bands.find(isHere(2 * nsPerPx)) ?? null;
}
