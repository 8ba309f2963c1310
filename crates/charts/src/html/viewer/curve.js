// The points of a curve: unpacking them, finding them by time, and the extremes of any stretch of them.
//
// packed.rs says how they are packed. Times are nanoseconds since the run's start and amounts are bytes, both as
// floating point, which is exact up to 2^53: a hundred days, eight pebibytes.

/** How many entries of one level of a pyramid are one entry of the next. */
const PYRAMID_FACTOR = 16;

class Curve {
  constructor(packed, breaks = [], origin = 0) {
    const n = packed.n_points;
    this.n = n;
    this.times = new Float64Array(n);
    this.values = new Float64Array(n);
    this.unpack(packed, origin);
    this.levels = pyramid(this.values);
    /** Places of points that no line joins to the one before. */
    this.breaks = new Set(breaks);
  }

  /** Values are told from the origin on, so that those of differences need no sign. */
  unpack({ text, step_ns, step_bytes }, origin) {
    const bytes = atob(text);
    let place = 0;
    const difference = () => {
      let number = 0;
      let weight = 1;
      for (;;) {
        const byte = bytes.charCodeAt(place++);
        number += (byte & 0x7f) * weight;
        if (byte < 0x80) break;
        weight *= 128;
      }
      return number % 2 === 0 ? number / 2 : -(number + 1) / 2;
    };
    let at = 0;
    let amount = 0;
    for (let idx = 0; idx < this.n; idx++) {
      at += difference();
      amount += difference();
      this.times[idx] = at * step_ns;
      this.values[idx] = amount * step_bytes - origin;
    }
  }

  /** The place of the first point that is not before a time, among those from one place to another. */
  firstFrom(time, from = 0, to = this.n) {
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.times[middle] < time) from = middle + 1;
      else to = middle;
    }
    return from;
  }

  /** The place of the point that is nearest to a time; -1 where the curve does not live then. */
  nearest(time, slack) {
    if (this.n === 0) return -1;
    if (time < this.times[0] - slack || time > this.times[this.n - 1] + slack) return -1;
    const after = Math.min(this.firstFrom(time), this.n - 1);
    if (after === 0) return 0;
    // Between two readings with a gap between them there is none.
    const isFar = time - this.times[after - 1] > slack && this.times[after] - time > slack;
    if (isFar && this.breaks.has(after)) return -1;
    return time - this.times[after - 1] <= this.times[after] - time ? after - 1 : after;
  }

  /** What is known of a time: the reading that is nearest to it, or what holds there between two equal ones. */
  readingAt(time, slack, place = this.nearest(time, slack)) {
    if (place < 0) return null;
    const reading = { place, time: this.times[place], bytes: this.values[place] };
    if (Math.abs(reading.time - time) <= slack) return reading;
    const after = this.firstFrom(time);
    const isLevel = after > 0 && after < this.n && this.values[after - 1] === this.values[after];
    return isLevel && !this.breaks.has(after) ? { ...reading, time } : reading;
  }

  /** The value at a time on the line from point to point; 0 where the curve does not live then. */
  valueAt(time) {
    if (this.nearest(time, 0) < 0) return 0;
    const after = this.firstFrom(time);
    if (this.times[after] === time) return this.values[after];
    const share = (time - this.times[after - 1]) / (this.times[after] - this.times[after - 1]);
    return this.values[after - 1] + share * (this.values[after] - this.values[after - 1]);
  }

  /** The lowest and the highest value among the points from one place up to another, which is left out. */
  extremes(from, to) {
    let low = Infinity;
    let high = -Infinity;
    const take = (lows, highs, idx) => {
      if (lows[idx] < low) low = lows[idx];
      if (highs[idx] > high) high = highs[idx];
    };
    // Climb while whole groups lie inside, and take what sticks out of them on each level.
    for (const { lows, highs } of this.levels) {
      while (from < to && from % PYRAMID_FACTOR !== 0) take(lows, highs, from++);
      while (from < to && to % PYRAMID_FACTOR !== 0) take(lows, highs, --to);
      if (from >= to) break;
      from /= PYRAMID_FACTOR;
      to /= PYRAMID_FACTOR;
    }
    return { low, high };
  }

  /** The extremes within a stretch of time, with what enters and leaves it. */
  extremesBetween(fromTime, toTime) {
    const from = Math.max(0, this.firstFrom(fromTime) - 1);
    const to = Math.min(this.n, this.firstFrom(toTime) + 1);
    return this.extremes(from, to);
  }
}

/** Lows and highs: of the points themselves, of groups of them, of groups of groups, up to a single group. */
function pyramid(values) {
  const levels = [{ lows: values, highs: values }];
  for (;;) {
    const { lows: belowLows, highs: belowHighs } = levels[levels.length - 1];
    const n = Math.ceil(belowLows.length / PYRAMID_FACTOR);
    const lows = new Float64Array(n).fill(Infinity);
    const highs = new Float64Array(n).fill(-Infinity);
    for (let idx = 0; idx < belowLows.length; idx++) {
      const group = (idx / PYRAMID_FACTOR) | 0;
      if (belowLows[idx] < lows[group]) lows[group] = belowLows[idx];
      if (belowHighs[idx] > highs[group]) highs[group] = belowHighs[idx];
    }
    levels.push({ lows, highs });
    if (n <= 1) return levels;
  }
}
