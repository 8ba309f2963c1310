// One panel onto a canvas: axes, bands, curves, and the crosshair.
//
// Of a curve with more points than pixels only what a pixel column can show is drawn: where it enters, its lowest and
// highest value, where it leaves. The pyramid of the curve knows them without a look at every point.

const FONT = '12px system-ui, -apple-system, "Segoe UI", "DejaVu Sans", sans-serif';
const SMALL_FONT = FONT.replace("12px", "11px");
const BAND_ROW_PX = 18;
const MOST_BAND_ROWS = 12;
/** More points than this in a pixel column, and the column's extremes are drawn instead. */
const DENSE = 3;
/** What other curves keep of their ink while one stands out. */
const FADED = 0.18;

/** The places on a panel, in CSS pixels, and the values that they stand for. */
class Frame {
  constructor(state, panel, width, height, context, left = 0) {
    const nRows = bandRows(panel);
    this.top = 24 + nRows * BAND_ROW_PX + momentsHeight(panel);
    this.bottom = height - 34;
    this.memory = state.memory(panel, this.bottom - this.top);
    const nLabels = Math.floor((this.bottom - this.top) / 40);
    this.memoryTicks = memoryTicks(this.memory, nLabels);
    context.font = FONT;
    const labels = this.memoryTicks.ticks.map((tick) => context.measureText(tick.label).width);
    this.left = Math.max(left, Math.ceil(Math.max(28, ...labels)) + 12);
    this.right = width - 14;
    this.time = state.range(panel);
    this.timeTicks = timeTicks(this.time, panel, Math.floor((this.right - this.left) / 64));
  }

  x(time) {
    return this.left + ((time - this.time.from) / (this.time.to - this.time.from)) * (this.right - this.left);
  }

  y(bytes) {
    const { from, to, isLog } = this.memory;
    // On a logarithmic axis what lies below its beginning, such as zero, lies on it.
    const share = isLog ? Math.log(Math.max(bytes, from) / from) / Math.log(to / from) : (bytes - from) / (to - from);
    return this.bottom - share * (this.bottom - this.top);
  }

  timeAt(x) {
    return this.time.from + ((x - this.left) / (this.right - this.left)) * (this.time.to - this.time.from);
  }

  /** What one pixel of the time axis stands for. */
  get nsPerPx() {
    return (this.time.to - this.time.from) / Math.max(1, this.right - this.left);
  }
}

function bandRows(panel) {
  const deepest = panel.bands.reduce((level, band) => Math.max(level, band[3]), -1);
  return Math.min(MOST_BAND_ROWS, deepest + 1);
}

/**
 * Draws a panel; `hover` is what the pointer points at, if anything. Its axis is no further left than `left`, so that
 * equal times of panels below each other stand below each other. Gives the frame that it was drawn in.
 */
function paintPanel(context, state, panel, { width, height, left }, colors, hover) {
  const frame = new Frame(state, panel, width, height, context, left);
  context.fillStyle = colors.paper;
  context.fillRect(0, 0, width, height);
  paintAxes(context, frame, colors);
  paintBands(context, state, panel, frame, colors, hover);
  paintGaps(context, panel, frame, colors);
  paintMoments(context, panel, frame, colors);
  context.save();
  context.beginPath();
  context.rect(frame.left, frame.top - 12, frame.right - frame.left, frame.bottom - frame.top + 13);
  context.clip();
  paintCurves(context, state, panel, frame, colors);
  context.restore();
  paintMarks(context, state, panel, frame, colors);
  if (panel.remark) paintText(context, panel.remark, (frame.left + frame.right) / 2, (frame.top + frame.bottom) / 2,
    { color: colors.quiet, align: "center" });
  if (hover) paintHover(context, hover, frame, colors);
  return frame;
}

function paintText(context, text, x, y, { color, align = "left", font = FONT }) {
  context.font = font;
  context.fillStyle = color;
  context.textAlign = align;
  context.textBaseline = "middle";
  // Names may be of any script: each is set from its own direction, and stays where it belongs.
  context.direction = "ltr";
  context.fillText(text, x, y);
}

function paintLine(context, color, width, points, dashes = []) {
  context.strokeStyle = color;
  context.lineWidth = width;
  context.setLineDash(dashes);
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  context.stroke();
  context.setLineDash([]);
}

function paintAxes(context, frame, colors) {
  const { left, right, top, bottom } = frame;
  for (const tick of frame.memoryTicks.ticks) {
    const y = Math.round(frame.y(tick.at)) + 0.5;
    const isZero = tick.at === 0 && frame.memory.from < 0;
    paintLine(context, isZero ? colors.axis : colors.grid, 1, [[left, y], [right, y]]);
    paintText(context, tick.label, left - 8, y, { color: colors.quiet, align: "right" });
  }
  paintText(context, frame.memoryTicks.unit, left - 8, top - 15, { color: colors.ink, align: "right" });
  paintLine(context, colors.axis, 1, [[left, Math.round(bottom) + 0.5], [right, Math.round(bottom) + 0.5]]);
  const unit = frame.timeTicks.unit;
  context.font = FONT;
  const unitLeft = right - context.measureText(unit).width;
  for (const tick of frame.timeTicks.ticks) {
    const x = Math.round(frame.x(tick.at)) + 0.5;
    paintLine(context, colors.axis, 1, [[x, bottom], [x, bottom + 5]]);
    const half = context.measureText(tick.label).width / 2;
    if (x + half < unitLeft - 8 && x - half > 0) {
      paintText(context, tick.label, x, bottom + 16, { color: colors.quiet, align: "center" });
    }
  }
  paintText(context, unit, right, bottom + 16, { color: colors.ink, align: "right" });
}

function paintBands(context, state, panel, frame, colors, hover) {
  const rowTop = (level) => 4 + level * BAND_ROW_PX;
  const lastRight = new Map();
  for (const band of panel.bands) {
    const [name, from, to, level, nCalls, ink, tint, whole] = band;
    if (state.isHidden(ink) || level >= MOST_BAND_ROWS || to < frame.time.from || from > frame.time.to) continue;
    const left = Math.max(frame.left, frame.x(from));
    const right = Math.min(frame.right, Math.max(frame.x(to), left + 1));
    // Where thousands fall on one pixel, one of them stands for all.
    if (right - left < 1.5 && lastRight.get(level) >= right - 0.5) continue;
    lastRight.set(level, right);
    const own = tint === null ? colors.band : state.data.band_tints[tint][colors.name];
    context.fillStyle = hover?.band === band ? colors.bandRaised : own;
    // Calls that are too short to be told apart are faint.
    context.globalAlpha = nCalls > 1 ? 0.5 : 1;
    const gap = right - left > 3 ? 1 : 0;
    context.fillRect(left, rowTop(level), right - left - gap, BAND_ROW_PX - 3);
    // The foot stands out where the tint hardly does, and shows the ink of a function that has its own.
    const pen = ink === null ? null : state.pens.get(ink);
    const footPx = pen ? 2 : 1;
    context.fillStyle = pen ? pen[colors.name] : colors.axis;
    context.fillRect(left, rowTop(level) + BAND_ROW_PX - 3 - footPx, right - left - gap, footPx);
    context.globalAlpha = 1;
    if (right - left < 30) continue;
    const wordings = panel.band_names[name];
    const long = nCalls > 1 ? `${wordings[0]}  in ${durationText(to - from)}` : bandText(wordings[0], from, to, whole);
    const room = right - left - 10;
    const fitting = [long, ...wordings].find((words) => isFitting(context, words, room));
    const text = fitting ?? clipped(context, wordings.at(-1), room);
    if (text) paintText(context, text, left + 5, rowTop(level) + 8, { color: colors.ink, font: SMALL_FONT });
  }
  if (hover?.band) {
    const [left, right] = [hover.band[1], hover.band[2]].map((time) => frame.x(time));
    context.fillStyle = colors.bandVeil;
    const from = Math.max(frame.left, left);
    context.fillRect(from, frame.top, Math.max(1, Math.min(frame.right, right) - from), frame.bottom - frame.top);
  }
}

/** What a bar says where there is room: what was called, and how long it took. */
function bandText(name, from, to, whole) {
  return `${name}  ${tookText(from, to, whole)}`;
}

/** How long what is shown of a call took, and the whole of it where that is more. */
function tookText(from, to, whole) {
  return whole ? `${durationText(to - from)} of ${durationText(whole)}` : durationText(to - from);
}

function isFitting(context, text, width) {
  context.font = SMALL_FONT;
  return context.measureText(text).width <= width;
}

/** As much of a text as fits, with an ellipsis where it was cut; nothing where that would say nothing. */
function clipped(context, text, width) {
  if (isFitting(context, text, width)) return text;
  const letters = Array.from(text.slice(0, 400));
  let [fits, tooMany] = [0, letters.length];
  while (tooMany - fits > 1) {
    const middle = (fits + tooMany) >> 1;
    if (isFitting(context, `${letters.slice(0, middle).join("")}…`, width)) fits = middle;
    else tooMany = middle;
  }
  return fits < 3 ? "" : `${letters.slice(0, fits).join("")}…`;
}

/** All curves of a panel: first what lies below them, then their lines. */
function paintCurves(context, state, panel, frame, colors) {
  const lines = panel.series.map(({ curve }) => visiblePieces(curve, frame));
  const fade = (ink) => (context.globalAlpha = state.raised && ink !== state.raised ? FADED : 1);
  panel.series.forEach((series, idx) => {
    const isHidden = state.isHidden(series.ink);
    const isLayer = series.ground === "layer";
    // A hidden layer leaves its place empty: those above it stay where they are.
    if (isHidden && !isLayer) return;
    fade(isHidden ? state.raised : series.ink);
    const color = isHidden ? colors.paper : series.pen[colors.name];
    if (isLayer && context.globalAlpha < 1) paintAreas(context, lines[idx].pieces, frame, colors.paper, 1);
    if (isLayer) paintAreas(context, lines[idx].pieces, frame, color, context.globalAlpha);
    if (series.ground === "tinted") paintAreas(context, lines[idx].pieces, frame, color, context.globalAlpha * 0.1);
    const floor = lines[series.ground?.between];
    if (floor) paintBetween(context, lines[idx].pieces.flat(), floor.pieces.flat(), color);
  });
  for (const [bytes] of panel.limits) {
    const [y, pen] = [frame.y(bytes), panel.limit_pen];
    paintLine(context, pen[colors.name], pen.width_px, [[frame.left, y], [frame.right, y]], pen.dashes_px);
  }
  panel.series.forEach((series, idx) => {
    if (state.isHidden(series.ink)) return;
    fade(series.ink);
    paintSeries(context, series, lines[idx], frame, colors);
  });
  for (const spike of state.shownSpikes(panel)) {
    const { from, to, bytes } = spike;
    const places = [from, [from[0], bytes], [to[0], bytes], to];
    const corners = places.map(([time, value]) => [frame.x(time), frame.y(value)]);
    if (corners[3][0] < frame.left || corners[0][0] > frame.right) continue;
    fade(spike.ink);
    paintLine(context, inkColor(panel, spike.ink, colors), 0.75, corners, [2, 2]);
  }
  context.globalAlpha = 1;
}

function paintAreas(context, pieces, frame, color, alpha) {
  const before = context.globalAlpha;
  [context.globalAlpha, context.fillStyle] = [alpha, color];
  for (const points of pieces) {
    if (points.length < 2) continue;
    context.beginPath();
    for (const [x, y] of points) context.lineTo(x, y);
    context.lineTo(points[points.length - 1][0], frame.bottom);
    context.lineTo(points[0][0], frame.bottom);
    context.fill();
  }
  context.globalAlpha = before;
}

/** A tint between a curve and the one that it is not below. */
function paintBetween(context, points, floor, color) {
  const before = context.globalAlpha;
  [context.globalAlpha, context.fillStyle] = [before * 0.1, color];
  context.beginPath();
  for (const [x, y] of points) context.lineTo(x, y);
  for (const [x, y] of floor.slice().reverse()) context.lineTo(x, y);
  context.fill();
  context.globalAlpha = before;
}

function paintSeries(context, series, { pieces, isDense }, frame, colors) {
  const isLayer = series.ground === "layer";
  const color = isLayer ? series.edge[colors.name] : series.pen[colors.name];
  const width = isLayer ? 0.75 : series.pen.width_px;
  context.lineJoin = "round";
  for (const points of pieces) {
    // A dash through a thicket would hide it, and says nothing there.
    paintLine(context, color, width, points, isDense || isLayer ? [] : series.pen.dashes_px);
    const radius = dotRadius(points, series);
    if (radius > 0 && !isDense) for (const [x, y] of points) paintDisc(context, x, y, radius, color);
  }
}

/** How large a dot at each reading of a piece is: they are shown where they stand well apart, or would not be seen. */
function dotRadius(points, series) {
  const own = series.pen.dot_px;
  if (points.length === 1) return own || 3;
  const isApart = points.every(([x], idx) => idx === 0 || x - points[idx - 1][0] > 8);
  const isSparse = isApart && points.at(-1)[0] - points[0][0] > points.length * 24;
  return Math.max(own, isSparse && series.ground !== "layer" ? series.pen.width_px + 0.6 : 0);
}

/** Slanting hairlines over stretches in which nothing was read. */
function paintGaps(context, panel, frame, colors) {
  for (const gap of panel.gaps) {
    const [left, right] = gap.map((time) => Math.min(frame.right, Math.max(frame.left, frame.x(time))));
    if (right - left < 2) continue;
    context.save();
    context.beginPath();
    context.rect(left, frame.top, right - left, frame.bottom - frame.top);
    context.clip();
    const height = frame.bottom - frame.top;
    for (let foot = left - height; foot < right; foot += 7) {
      paintLine(context, colors.hatch, 1, [[foot, frame.bottom], [foot + height, frame.top]]);
    }
    context.restore();
  }
}

/** The corners of a curve's lines within the frame, or of what a pixel column can show of them, piece by piece. */
function visiblePieces(curve, frame) {
  const first = Math.max(0, curve.firstFrom(frame.time.from) - 1);
  const last = Math.min(curve.n, curve.firstFrom(frame.time.to, first) + 1);
  const nColumns = Math.max(1, Math.ceil(frame.right - frame.left));
  const pieces = [];
  const start = (idx) => {
    if (pieces.length === 0 || curve.breaks.has(idx)) pieces.push([]);
    return pieces[pieces.length - 1];
  };
  const isDense = last - first > DENSE * nColumns;
  if (!isDense) {
    for (let idx = first; idx < last; idx++) start(idx).push([frame.x(curve.times[idx]), frame.y(curve.values[idx])]);
    return { pieces, isDense };
  }
  let from = first;
  for (let column = 0; from < last && column <= nColumns; column++) {
    const end = column === nColumns ? Infinity : frame.timeAt(frame.left + column + 1);
    const to = curve.firstFrom(end, from, last);
    if (to === from) continue;
    const x = frame.left + column + 0.5;
    const { low, high } = curve.extremes(from, to);
    const piece = start(from);
    for (const value of [curve.values[from], low, high, curve.values[to - 1]]) piece.push([x, frame.y(value)]);
    from = to;
  }
  return { pieces, isDense };
}

function paintDisc(context, x, y, radius, color) {
  context.fillStyle = color;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** The crosshair, a dot at each reading that is told, and the part of the time that is being chosen. */
function paintHover(context, hover, frame, colors) {
  if (hover.selection) {
    const [from, to] = hover.selection.map((x) => Math.min(frame.right, Math.max(frame.left, x)));
    context.fillStyle = colors.selection;
    context.fillRect(Math.min(from, to), frame.top, Math.abs(to - from), frame.bottom - frame.top);
    return;
  }
  if (hover.time === undefined) return;
  const x = frame.x(hover.time);
  paintLine(context, colors.axis, 1, [[x, frame.top], [x, frame.bottom]], [3, 3]);
  for (const reading of hover.readings) {
    const readingX = frame.x(reading.time);
    if (readingX < frame.left - 1 || readingX > frame.right + 1) continue;
    const y = frame.y(reading.bytes);
    if (reading === hover.nearest) paintLine(context, colors.axis, 1, [[frame.left, y], [frame.right, y]], [3, 3]);
    paintDisc(context, readingX, y, 4.5, colors.paper);
    paintDisc(context, readingX, y, 3, reading.series.pen[colors.name]);
  }
}
