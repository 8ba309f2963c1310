// What is shown at the moment: which part of the time, which curves, on which paper; and who wants to know.
//
// All panels show the same part of their own time axes, so that one zooms into all at once. It is told as shares of
// the whole, from 0 to 1.

/** However far one zooms in, a millionth of the run stays in sight. */
const LEAST_SHARE = 1e-6;

class State {
  constructor(data) {
    this.data = data;
    this.from = 0;
    this.to = 1;
    /** Inks whose curves are hidden. */
    this.hidden = new Set();
    /** The ink that stands out while the others step back. */
    this.raised = null;
    /** Whether the memory axis spans what is in sight, rather than beginning at zero. */
    this.isFitted = false;
    this.listeners = [];
    /** The pens of the legend, by ink. */
    this.pens = new Map(data.legend.map((entry) => [entry.ink, entry.pen]));
    this.panels = data.panels.map((panel) => ({
      ...panel,
      series: panel.series.map((it) =>
        ({ ...it, curve: new Curve(it.points, it.breaks, panel.origin_bytes), points: null })),
    }));
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  changed() {
    for (const listener of this.listeners) listener();
  }

  isZoomed() {
    return this.from > 0 || this.to < 1;
  }

  /** Shows the part from one share to another, moved and widened into what there is. */
  show(from, to) {
    const asked = Math.max(LEAST_SHARE, to - from);
    // Steps in and out again end a rounding error beside the whole.
    const width = asked > 1 - 1e-9 ? 1 : asked;
    const middle = (from + to) / 2;
    const start = Math.min(1 - width, Math.max(0, middle - width / 2));
    this.from = width === 1 ? 0 : start;
    this.to = width === 1 ? 1 : start + width;
    this.changed();
  }

  /** Shows so many times more of the time, with one moment staying in its place. */
  zoom(factor, around = (this.from + this.to) / 2) {
    const width = this.to - this.from;
    const next = Math.min(1, Math.max(LEAST_SHARE, width * factor));
    const from = around - (around - this.from) * (next / width);
    this.show(from, from + next);
  }

  /** Moves by a share of what is in sight. */
  pan(share) {
    const width = this.to - this.from;
    const from = Math.min(1 - width, Math.max(0, this.from + share * width));
    this.show(from, from + width);
  }

  reset() {
    this.show(0, 1);
  }

  /** The time range of a panel that is in sight. */
  range(panel) {
    const length = panel.end_ns - panel.from_ns;
    return { from: panel.from_ns + this.from * length, to: panel.from_ns + this.to * length };
  }

  /** The share of a panel's time axis at which a time lies. */
  shareOf(panel, time) {
    return (time - panel.from_ns) / (panel.end_ns - panel.from_ns);
  }

  toggle(ink) {
    if (!this.hidden.delete(ink)) this.hidden.add(ink);
    this.changed();
  }

  /** Hides all but one, or shows all when it is the only one already. */
  isolate(ink, inks) {
    const others = inks.filter((it) => it !== ink);
    const isAlone = !this.hidden.has(ink) && others.every((it) => this.hidden.has(it));
    this.hidden = new Set(isAlone ? [] : others);
    this.changed();
  }

  raise(ink) {
    if (this.raised === ink) return;
    this.raised = ink;
    this.changed();
  }

  setFitted(isFitted) {
    this.isFitted = isFitted;
    this.changed();
  }

  shownSeries(panel) {
    return panel.series.filter((it) => !this.hidden.has(it.ink));
  }

  shownMarks(panel) {
    return panel.marks.filter((it) => !this.hidden.has(it.ink));
  }

  shownSpikes(panel) {
    return panel.spikes.filter((it) => !this.hidden.has(it.ink));
  }

  /** The memory axis, which all panels but those of differences share: its ends on a plot of that height. */
  memory(panel, height) {
    const sharing = panel.origin_bytes ? [panel] : this.panels.filter((it) => !it.origin_bytes);
    const [{ from_bytes: least, end_bytes: end, is_log: isLog }] = sharing;
    if (panel.origin_bytes) return this.differences(panel);
    const { low, high } =
      this.isFitted ? this.extremesInSight(sharing) : { low: least, high: this.highestShown(sharing) };
    if (high < low) return { from: least, to: end, isLog };
    const headroom = 1 - Math.min(0.4, 30 / Math.max(60, height));
    if (isLog) {
      const from = Math.max(low, least, 1);
      return { from, to: from * Math.max(2, high / from) ** (1 / headroom), isLog };
    }
    const span = high - low || high || 2 ** 20;
    return { from: this.isFitted ? Math.max(0, low - span * 0.06) : least, to: low + span / headroom, isLog };
  }

  /** The axis of a panel of differences: less than nothing lies below zero. */
  differences(panel) {
    const whole = { from: -panel.origin_bytes, to: panel.end_bytes - panel.origin_bytes, isLog: false };
    const { low, high } = this.extremesInSight([panel]);
    if (!this.isFitted || high < low) return whole;
    const margin = (high - low) * 0.06 || 2 ** 20;
    return { from: low - margin, to: high + margin, isLog: false };
  }

  highestShown(panels) {
    let high = 0;
    for (const panel of panels) {
      for (const { curve } of this.shownSeries(panel)) high = Math.max(high, curve.extremes(0, curve.n).high);
      for (const mark of this.shownMarks(panel)) high = Math.max(high, mark.bytes);
      for (const spike of this.shownSpikes(panel)) high = Math.max(high, spike.bytes);
      // A limit that the chart's axis leaves out is far away.
      for (const [bytes] of panel.limits) if (bytes <= panel.end_bytes) high = Math.max(high, bytes);
    }
    return high;
  }

  extremesInSight(panels) {
    let [low, high] = [Infinity, -Infinity];
    for (const panel of panels) {
      const { from, to } = this.range(panel);
      for (const { curve } of this.shownSeries(panel)) {
        const found = curve.extremesBetween(from, to);
        low = Math.min(low, found.low);
        high = Math.max(high, found.high);
      }
    }
    return { low, high };
  }
}
