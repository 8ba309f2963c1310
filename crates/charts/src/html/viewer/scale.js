// Axes and figures for people: round values, units, and how bytes and times are written.
//
// Bytes are in binary units (MiB is 2^20). Times of runs below five minutes are decimal, and longer ones are clock
// times, whose parts stay readable however far one zooms in.

const BYTE_UNITS = [["TiB", 2 ** 40], ["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10], ["B", 1]];
const TIME_UNITS = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]];
/** From this on a run's times are clock times. */
const CLOCK_FROM_NS = 300e9;
const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Round steps of clock times, in seconds. */
const CLOCK_STEPS = [1, 2, 5, 10, 15, 30, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY];

/** The unit that the reader of the page asked for when it was made, if any. */
let namedUnit = null;

function byteUnit(bytes) {
  if (namedUnit !== null) return namedUnit;
  // What would be shown as 1024 of a unit is one of the next.
  const least = (size) => (size > 1024 ? size - size / 2048 : size);
  return BYTE_UNITS.find(([, size]) => bytes >= least(size)) ?? BYTE_UNITS[BYTE_UNITS.length - 1];
}

/** Bytes in the unit that suits them, to four digits: 181.3 MiB. */
function bytesText(bytes) {
  if (bytes < 0) return `−${bytesText(-bytes)}`;
  const [symbol, size] = byteUnit(bytes);
  return `${size === 1 ? grouped(bytes, 0) : digits(bytes / size, 4)} ${symbol}`;
}

/** A difference of bytes, with its sign. */
function differenceText(bytes) {
  return bytes > 0 ? `+${bytesText(bytes)}` : bytesText(bytes);
}

/** Bytes in full: 190,054,400 B. */
function bytesInFull(bytes) {
  return `${grouped(bytes, 0)} B`;
}

/** A number to so many digits, as long as its whole part needs no more. */
function digits(value, n) {
  if (value === 0) return "0";
  // Something is not shown as nothing.
  if (value < 0.001) return grouped(value, Math.floor(-Math.log10(value)) + 2);
  const before = value >= 1 ? Math.floor(Math.log10(value)) + 1 : 1;
  return grouped(value, Math.max(0, n - before));
}

/** A number with its thousands apart, and so many decimals. */
function grouped(value, n) {
  return value.toLocaleString("en-US", { minimumFractionDigits: n, maximumFractionDigits: n });
}

/** How long something took, as the tables write it: 4.2 ms, 0.31 s, 2 min 05 s, 2 h 05 min. */
function durationText(ns) {
  const whole = Math.round(ns / 1e9);
  const padded = (value) => String(Math.floor(value)).padStart(2, "0");
  if (ns === 0) return "0 s";
  if (ns < 1e6) return `${(ns / 1e6).toFixed(2)} ms`;
  if (ns < 1e8) return `${digits(ns / 1e6, 2)} ms`;
  if (ns < 119.95e9) return `${digits(ns / 1e9, 3)} s`;
  if (whole < 2 * HOUR) return `${Math.floor(whole / MINUTE)} min ${padded(whole % MINUTE)} s`;
  return `${Math.floor(whole / HOUR)} h ${padded((whole % HOUR) / MINUTE)} min`;
}

/** The smallest of 1, 2 and 5 times a power of ten that is not below a number. */
function roundStep(least) {
  const power = 10 ** Math.floor(Math.log10(least));
  const factor = [1, 2, 5, 10].find((it) => it * power >= least * (1 - 1e-9)) ?? 10;
  return factor * power;
}

/** Decimals that a step of this size needs. */
function decimalsOf(step) {
  return step < 1 ? Math.min(9, Math.ceil(-Math.log10(step) - 1e-9)) : 0;
}

/** Multiples of a step within a range. */
function multiples(from, to, step) {
  const values = [];
  for (let n = Math.ceil(from / step - 1e-9); n * step <= to * (1 + 1e-12) && values.length < 100; n++) {
    values.push(n * step);
  }
  return values;
}

/** Round values of memory within a range, in the one unit that suits it, for so many labels at most. */
function memoryTicks({ from, to, isLog }, nLabels) {
  const [symbol, size] = byteUnit(Math.max(to, -from));
  if (isLog && to / from > 5) return { ticks: factorTicks(from / size, to / size, nLabels, size), unit: symbol };
  let step = roundStep((to - from) / size / Math.max(2, nLabels));
  if (size === 1) step = Math.max(1, step);
  const sign = (value) => (from >= 0 || value === 0 ? "" : value > 0 ? "+" : "−");
  const label = (value) => sign(value) + grouped(Math.abs(value), decimalsOf(step));
  const ticks = multiples(from / size, to / size, step).map((it) => ({ at: it * size, label: label(it) }));
  return { ticks, unit: symbol };
}

/** Of a logarithmic axis: 1, 2 and 5 times powers of ten, or powers alone where there are many. */
function factorTicks(from, to, nLabels, size) {
  const nPowers = Math.log10(to / from);
  const factors = nPowers * 3 <= nLabels ? [1, 2, 5] : [1];
  const skip = Math.max(1, Math.ceil(nPowers / Math.max(1, nLabels)));
  const ticks = [];
  for (let power = Math.floor(Math.log10(from)); 10 ** power <= to; power += skip) {
    for (const factor of factors) {
      const value = factor * 10 ** power;
      if (value >= from && value <= to) ticks.push({ at: value * size, label: grouped(value, decimalsOf(value)) });
    }
  }
  return ticks;
}

/** Round times within a range of a panel, for so many labels at most. */
function timeTicks({ from, to }, { end_ns: end, share_unit: shareUnit }, nLabels) {
  const least = (to - from) / Math.max(2, nLabels);
  if (end >= CLOCK_FROM_NS && !shareUnit) return clockTicks(from, to, end, least / 1e9);
  const [symbol, size] = shareUnit ?? timeUnit(end);
  let step = roundStep(least / size);
  if (size === 1) step = Math.max(1, step);
  const label = (value) => value.toFixed(decimalsOf(step));
  const ticks = multiples(from / size, to / size, step).map((it) => ({ at: it * size, label: label(it) }));
  return { ticks, unit: symbol };
}

function clockTicks(from, to, end, least) {
  const step = least < 1 ? roundStep(least) : CLOCK_STEPS.find((it) => it >= least) ?? DAY * roundStep(least / DAY);
  const ticks = multiples(from / 1e9, to / 1e9, step);
  const withSeconds = step % MINUTE !== 0 || end < HOUR * 1e9;
  const label = (seconds) => clockText(seconds, end, decimalsOf(step), withSeconds);
  const unit = `${end >= DAY * 1e9 ? "days " : ""}${end >= HOUR * 1e9 ? "h:min" : "min"}${withSeconds ? ":s" : ""}`;
  return { ticks: ticks.map((it) => ({ at: it * 1e9, label: label(it) })), unit };
}

/** Seconds as a clock shows them, with the parts that a run of that length needs. */
function clockText(seconds, end, decimals, withSeconds) {
  const rounded = Number(seconds.toFixed(decimals));
  const padded = (value) => String(Math.floor(value)).padStart(2, "0");
  let text = "";
  if (end >= DAY * 1e9) text += `${Math.floor(rounded / DAY)}d `;
  const hours = end >= DAY * 1e9 ? padded((rounded % DAY) / HOUR) : String(Math.floor(rounded / HOUR));
  if (end >= HOUR * 1e9) text += `${hours}:${padded((rounded % HOUR) / MINUTE)}`;
  else text += String(Math.floor(rounded / MINUTE));
  if (!withSeconds) return text;
  return `${text}:${(rounded % MINUTE).toFixed(decimals).padStart(decimals ? decimals + 3 : 2, "0")}`;
}

function timeUnit(end) {
  return TIME_UNITS.find(([, size]) => end >= size) ?? TIME_UNITS[TIME_UNITS.length - 1];
}

/** A time of a panel, told so finely that neighbours a hundredth of `span` apart differ. */
function timeText(time, { end_ns: end, share_unit: shareUnit }, span) {
  if (shareUnit) {
    const [symbol, size] = shareUnit;
    return `${(time / size).toFixed(Math.min(6, decimalsOf(span / size / 100)))} ${symbol}`;
  }
  if (end >= CLOCK_FROM_NS) {
    const decimals = decimalsOf(Math.max(1e-9, span / 1e11));
    return clockText(time / 1e9, end, decimals, true);
  }
  const [symbol, size] = timeUnit(end);
  const decimals = Math.min(decimalsOf(span / size / 1000), Math.round(Math.log10(size)));
  return `${(time / size).toFixed(decimals)} ${symbol}`;
}
