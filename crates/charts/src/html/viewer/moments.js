// Moments that the program marked: thin upright lines, each with its name above the labels of peaks, where there is
// room before the next.

const MOMENT_ROW_PX = 16;
const MOMENT_ROOM_PX = 28;
const MOST_MOMENT_PX = 180;

/** The height of the row with their names. */
function momentsHeight(panel) {
  return panel.moments.length > 0 ? MOMENT_ROW_PX : 0;
}

function paintMoments(context, panel, frame, colors) {
  const inSight = panel.moments.filter(([time]) => time >= frame.time.from && time <= frame.time.to);
  const top = 4 + bandRows(panel) * BAND_ROW_PX;
  inSight.forEach(([time, name], idx) => {
    const x = Math.round(frame.x(time)) + 0.5;
    paintLine(context, colors.axis, 1, [[x, top], [x, frame.bottom]], [2, 2]);
    const end = idx + 1 < inSight.length ? frame.x(inSight[idx + 1][0]) : frame.right;
    const room = Math.min(MOST_MOMENT_PX, end - x - 8);
    if (room >= MOMENT_ROOM_PX) paintText(context, clipped(context, name, room), x + 4, top + 7,
      { color: colors.quiet, font: SMALL_FONT });
  });
}

/** The names of the moments that are so near to a place of the pointer. */
function momentsAt(panel, frame, x) {
  return panel.moments.filter(([time]) => Math.abs(frame.x(time) - x) <= 4).map(([, name]) => name);
}
