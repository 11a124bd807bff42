// format.js: figures as people read them.

function significant(value, digits = 3) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const decimals = Math.max(0, digits - 1 - Math.floor(Math.log10(Math.abs(value))));
  return value.toLocaleString("en", {minimumFractionDigits: Math.min(decimals, 6), maximumFractionDigits: Math.min(decimals, 6)});
}

function formatTime(ns, digits = 3) {
  const [unit, scale] = [["s", 1e9], ["ms", 1e6], ["µs", 1e3], ["ns", 1]].find(([, s]) => ns >= s) ?? ["ns", 1];
  return `${significant(ns / scale, digits)} ${unit}`;
}

// 4096 is 4 Ki: lengths are mostly powers of two. Others are written out.
function formatLength(n) {
  for (const [unit, scale] of [["Mi", 2 ** 20], ["Ki", 2 ** 10]])
    if (n >= scale && n % scale === 0) return `${n / scale} ${unit}`;
  return n.toLocaleString("en");
}

function formatBytes(bytes) {
  for (const [unit, scale] of [["GiB", 2 ** 30], ["MiB", 2 ** 20], ["KiB", 2 ** 10]])
    if (bytes >= scale) return `${significant(bytes / scale, bytes % scale ? 3 : 1).replace(/\.0+$/, "")} ${unit}`;
  return `${bytes} B`;
}

function formatChange(ratio) {
  const percent = 100 * (ratio - 1);
  if (Math.abs(percent) < 0.05) return "0.0 %";
  return `${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(Math.abs(percent) < 10 ? 1 : 0)} %`;
}

function formatChance(p) {
  return p < 0 ? "too few samples" : p < 0.0001 ? "< 0.0001" : p.toFixed(p < 0.01 ? 4 : 2);
}

function formatDate(date) {
  return date ? date.toISOString().slice(0, 10) : "no date";
}

// Ticks of a logarithmic axis: only so many labels that they do not run into each other.
function powers(low, high, base, room) {
  const first = Math.ceil(Math.log(low) / Math.log(base) - 1e-9), last = Math.floor(Math.log(high) / Math.log(base) + 1e-9);
  const step = Math.max(1, Math.ceil((last - first + 1) / Math.max(2, room)));
  return d3.range(first, last + 1, step).map((power) => base ** power);
}
