// Peaks and limits on a panel, and their labels, which leave each other room.

const MARK_PX = 4;

/** Peaks: a dot for what the kernel knows, a ring for a bound, a dashed level for one without a time. */
function paintMarks(context, state, panel, frame, colors) {
  const taken = [];
  const marks = state.shownMarks(panel).slice().sort((a, b) => b.bytes - a.bytes);
  const inSight = marks.filter((mark) => mark.at_ns === null ? mark.to_ns >= frame.time.from
    : (mark.at_ns >= frame.time.from && mark.at_ns <= frame.time.to));
  for (const mark of inSight) {
    const y = frame.y(mark.bytes);
    if (y < frame.top - 12 || y > frame.bottom) continue;
    const color = inkColor(panel, mark.ink, colors);
    const x = mark.at_ns === null ? levelEnd(mark, frame) : frame.x(mark.at_ns);
    context.globalAlpha = state.raised && mark.ink !== state.raised ? FADED : 1;
    if (mark.at_ns === null) {
      paintLine(context, color, 1, [[frame.left, y], [x, y]], [6, 4]);
    } else {
      const foot = Math.min(frame.bottom, frame.y(mark.curve_bytes ?? mark.bytes));
      if (foot - y > 3) paintLine(context, color, 1, [[x, foot], [x, y]], [2, 2]);
      paintDisc(context, x, y, MARK_PX + (mark.is_dot ? 1 : 0), mark.is_dot ? colors.paper : color);
      paintDisc(context, x, y, mark.is_dot ? MARK_PX : MARK_PX - 1.5, mark.is_dot ? color : colors.paper);
      taken.push({ left: x - 6, right: x + 6, top: y - 6, bottom: y + 6 });
    }
    context.globalAlpha = 1;
  }
  for (const mark of inSight) labelMark(context, mark, frame, colors, taken);
  for (const [bytes, label] of panel.limits) {
    const y = frame.y(bytes);
    const box = { left: frame.left, right: frame.right, top: y - 18, bottom: y };
    if (y < frame.top || y > frame.bottom || taken.some((it) => overlaps(it, box))) continue;
    const text = clipped(context, label, frame.right - frame.left - 12);
    const right = frame.left + 12 + context.measureText(text).width;
    paintPlate(context, { left: frame.left + 3, right: right - 3, top: y - 17, bottom: y - 2 }, colors);
    paintText(context, text, frame.left + 6, y - 9, { color: panel.limit_pen[colors.name], font: SMALL_FONT });
    taken.push({ ...box, right });
  }
}

/** Where the line of a peak without a time ends: with its run, or where it can still be seen. */
function levelEnd(mark, frame) {
  return Math.min(frame.right, Math.max(frame.left + 6, frame.x(mark.to_ns)));
}

function inkColor(panel, ink, colors) {
  if (ink === "Limit") return panel.limit_pen[colors.name];
  return panel.series.find((it) => it.ink === ink)?.pen[colors.name] ?? colors.ink;
}

/** Paper below a text that lies on curves. */
function paintPlate(context, box, colors) {
  context.globalAlpha = 0.8;
  context.fillStyle = colors.paper;
  context.fillRect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.globalAlpha = 1;
}

/** Writes the longest wording that has room above, beside or below its mark. */
function labelMark(context, mark, frame, colors, taken) {
  context.font = FONT;
  const y = frame.y(mark.bytes);
  if (y < frame.top - 12 || y > frame.bottom) return;
  const x = mark.at_ns === null ? (frame.left + levelEnd(mark, frame)) / 2 : frame.x(mark.at_ns);
  for (const text of mark.texts) {
    const width = context.measureText(text).width;
    const centred = Math.min(frame.right - width, Math.max(frame.left + 4, x - width / 2));
    for (const [left, middle] of [[centred, y - 16], [x + 12, y], [x - width - 12, y], [centred, y + 17]]) {
      const box = { left: left - 3, right: left + width + 3, top: middle - 8, bottom: middle + 8 };
      const isInside = box.left >= frame.left && box.right <= frame.right + 4
        && box.top >= frame.top - 24 && box.bottom <= frame.bottom;
      if (!isInside || taken.some((it) => overlaps(it, box))) continue;
      taken.push(box);
      paintPlate(context, box, colors);
      paintText(context, text, left, middle, { color: colors.ink });
      return;
    }
  }
}

function overlaps(a, b) {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
