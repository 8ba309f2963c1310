// What is shown at the moment: which chart of the page's, which part of the time, which curves; and who wants to know.
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
    /** Names of the legend whose curves are hidden, in whichever chart they stand. */
    this.hidden = new Set();
    /** The ink that stands out while the others step back. */
    this.raised = null;
    /** Whether the memory axis spans what is in sight, rather than beginning at zero. */
    this.isFitted = false;
    this.listeners = [];
    this.choiceListeners = [];
    /** The panels of the charts that were shown already. */
    this.unpacked = new Map();
    this.choose(0);
  }

  onChange(listener) {
    this.listeners.push(listener);
  }

  onChoice(listener) {
    this.choiceListeners.push(listener);
  }

  /** Shows another chart, counted round. The part of the time stays, and so does what is hidden. */
  choose(number) {
    const { charts } = this.data;
    this.chosen = (number + charts.length) % charts.length;
    this.chart = charts[this.chosen];
    this.names = namesByInk(this.chart.legend);
    /** The pens of the legend, by ink. */
    this.pens = new Map(this.chart.legend.map((entry) => [entry.ink, entry.pen]));
    if (!this.unpacked.has(this.chosen)) this.unpacked.set(this.chosen, this.panelsOf(this.chart));
    this.panels = this.unpacked.get(this.chosen);
    this.raised = null;
    for (const listener of this.choiceListeners) listener();
    this.changed();
  }

  /** The panels of a chart, with their curves unpacked and what happened meanwhile. */
  panelsOf(chart) {
    const { curves, events } = this.data;
    const unpacked = ({ points, breaks }, origin) => new Curve(points, breaks, origin);
    return chart.panels.map((panel, idx) => ({
      ...panel,
      ...events[idx],
      series: panel.series.map((it) => ({ ...it, curve: unpacked(curves[it.curve], panel.origin_bytes) })),
    }));
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

  isHidden(ink) {
    return this.hidden.has(this.names.get(ink));
  }

  toggle(ink) {
    const name = this.names.get(ink);
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.changed();
  }

  /** Hides all but one, or shows all when it is the only one already. */
  isolate(ink, inks) {
    const others = inks.filter((it) => it !== ink);
    const isAlone = !this.isHidden(ink) && others.every((it) => this.isHidden(it));
    this.hidden = new Set(isAlone ? [] : others.map((it) => this.names.get(it)));
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
    return panel.series.filter((it) => !this.isHidden(it.ink));
  }

  shownMarks(panel) {
    return panel.marks.filter((it) => !this.isHidden(it.ink));
  }

  shownSpikes(panel) {
    return panel.spikes.filter((it) => !this.isHidden(it.ink));
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

/** What a legend calls its inks. Of equal names each has its number, so that every curve is hidden by itself. */
function namesByInk(legend) {
  const counts = new Map();
  const names = new Map();
  for (const { ink, label } of legend) {
    if (ink === null) continue;
    const n = (counts.get(label) ?? 0) + 1;
    counts.set(label, n);
    names.set(ink, `${n} ${label}`);
  }
  return names;
}
