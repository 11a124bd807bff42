// roofline.js: what weft reaches beside what the machine allows: floating-point operations a second
// over operations for each byte moved. A slanted roof is the bandwidth that a cache or memory was
// measured to have in the same run, the level roof the highest rate that anything in the runs reached.

function placeOf(run, bytes) {
  return run.caches.find((cache) => bytes <= cache.bytes)?.name ?? "memory";
}

// In a place, of a case, the longest arrays: the call's own cost weighs least there.
function rooflinePoints() {
  const fit = newest.filter((s) => s.contender === "weft" && s.flops > 0 && s.bytes > 0 && s.threads === 1);
  const points = fit.map((s) => ({...s, place: placeOf(data.runs[s.run], s.bytes), intensity: s.flops / s.bytes, rate: s.flops / s.median}));
  return [...d3.rollup(points, (group) => d3.greatest(group, (s) => s.n), (s) => `${caseKey(s)} ${s.place}`).values()];
}

// The bandwidth of each place: the best that was measured with arrays that lie there.
function roofs() {
  const run = data.runs.findLast((r) => r.limits.some((limit) => limit.threads === 1));
  if (!run) return [];
  const limits = run.limits.filter((limit) => limit.threads === 1);
  return [...d3.rollup(limits, (group) => d3.max(group, (limit) => limit.bytes_per_second / 1e9), (limit) => placeOf(run, limit.bytes))]
    .map(([place, bandwidth]) => ({place, bandwidth}));
}

function places() {
  return [...lastRun.caches.map((cache) => cache.name), "memory"];
}

const placeLook = (place) => {
  const at = Math.max(0, places().indexOf(place));
  return {color: `var(--c${[0, 2, 4, 1, 3][at % 5]})`, symbol: symbols[at % symbols.length]};
};

function roofLines(x1, x2, peak) {
  return roofs().map(({place, bandwidth}) => {
    const corner = Math.min(x2, peak / bandwidth);
    return {place, bandwidth, points: [[x1, x1 * bandwidth], [corner, corner * bandwidth], [x2, Math.min(peak, x2 * bandwidth)]]};
  }).filter(({points}) => points[1][0] > x1);
}

function rooflineText(s) {
  return `${s.suite}/${s.name}, n ${formatLength(s.n)}, in ${s.place}: ${significant(s.rate)} Gflop/s at ` +
    `${significant(s.intensity)} operations a byte${s.roof ? `, ${Math.round(100 * s.rate / s.roof)} % of the roof` : ""}`;
}

function withRoofs(points) {
  const bandwidth = new Map(roofs().map((roof) => [roof.place, roof.bandwidth]));
  const peak = d3.max(points, (s) => s.rate);
  return points.map((s) => ({...s, roof: bandwidth.has(s.place) ? Math.min(bandwidth.get(s.place) * s.intensity, Math.max(peak, s.rate)) : null}));
}

// Names of a few points, from the highest down, where there is room for them.
function named(points, x, y, room) {
  const chosen = [];
  for (const s of d3.sort(points, (p) => -p.rate)) {
    const at = [x(s.intensity), y(s.rate)];
    if (chosen.length < room && chosen.every((c) => c.s.name !== s.name) && chosen.every((c) => Math.abs(c.at[1] - at[1]) > 15 || Math.abs(c.at[0] - at[0]) > 120)) chosen.push({s, at});
  }
  return chosen.map(({s}) => s);
}

function drawRoofline(width) {
  const points = withRoofs(rooflinePoints());
  if (points.length === 0) return null;
  const [from, to] = d3.extent(points, (s) => s.intensity);
  const x1 = from / 2.2, x2 = to * 4, peak = d3.max(points, (s) => s.rate);
  const lines = roofLines(x1, x2, peak);
  const low = Math.min(d3.min(points, (s) => s.rate), d3.min(lines, (l) => l.points[0][1]) ?? Infinity) / 1.4, high = peak * 1.9;
  const height = Math.max(320, Math.min(480, width * 0.6));
  const x = d3.scaleLog([x1, x2], [58, width - 14]), y = d3.scaleLog([low, high], [height - 44, 20]);
  return draw({
    width, height, marginTop: 20, marginLeft: 58, marginBottom: 44, marginRight: 14,
    x: {type: "log", base: 2, domain: [x1, x2]}, y: {type: "log", domain: [low, high]},
    ariaLabel: "Roofline", ariaDescription: `${points.length} cases under the roofs of ${lines.map((l) => l.place).join(", ")}.`,
    marks: [
      Plot.gridY(powers(low, high, 10, 8), {stroke: "var(--grid)", strokeOpacity: 1}),
      Plot.gridX(powers(x1, x2, 2, (width - 80) / 50), {stroke: "var(--grid)", strokeOpacity: 1}),
      Plot.axisX(powers(x1, x2, 2, (width - 80) / 50), {tickFormat: fraction, label: "operations for each byte →", tickSize: 4, labelOffset: 34}),
      Plot.axisY(powers(low, high, 10, 8), {tickFormat: (v) => String(v), label: "↑ Gflop/s", tickSize: 4}),
      Plot.ruleY([peak], {stroke: "var(--soft)", strokeDasharray: "5 4", strokeOpacity: 0.8}),
      Plot.text([peak], {x: x1, y: (v) => v, text: () => `highest measured: ${significant(peak)} Gflop/s`, textAnchor: "start", dx: 6, dy: -9, fill: "var(--soft)", fontSize: 11}),
      ...lines.flatMap(({place, bandwidth, points: line}) => [
        Plot.line(line, {stroke: placeLook(place).color, strokeWidth: 2, strokeOpacity: 0.85}),
        Plot.text([line[0]], {text: () => (width > 520 ? `${place} ${significant(bandwidth)} GB/s` : place), textAnchor: "start", lineAnchor: "bottom",
          dx: 6, dy: -6, fontSize: 11, fontWeight: 600,
          rotate: -angle(line, x, y), fill: placeLook(place).color, stroke: "var(--card)", strokeWidth: 4}),
      ]),
      ...d3.groups(points, (s) => s.place).map(([place, group]) => Plot.dot(group, {x: "intensity", y: "rate", fill: placeLook(place).color,
        fillOpacity: 0.85, stroke: "var(--card)", strokeWidth: 0.8, r: 4.6, symbol: placeLook(place).symbol})),
      Plot.text(named(points, x, y, width > 600 ? 14 : 2), {x: "intensity", y: "rate", text: (s) => s.name, dx: 9, textAnchor: "start", fontSize: 11,
        fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 4}),
      ...pointed(points, "intensity", "rate", (s) => rooflineText(s).replace(/: |, | at /g, "\n")),
    ],
  }, (s) => s.intensity, (s) => s.rate);
}

function angle([from, to], x, y) {
  return Math.atan2(y(from[1]) - y(to[1]), x(to[0]) - x(from[0])) * 180 / Math.PI;
}

function fraction(value) {
  return value < 1 ? `1/${Math.round(1 / value)}` : String(value);
}

function rooflineRows() {
  return table("Roofline", [
    {label: "Case", head: true, value: (s) => `${s.suite}/${s.name}`}, {label: "n", value: (s) => formatLength(s.n)},
    {label: "Arrays in", text: true, value: (s) => s.place}, {label: "Operations a byte", value: (s) => significant(s.intensity)},
    {label: "Gflop/s", value: (s) => significant(s.rate)}, {label: "Of the roof", value: (s) => (s.roof ? `${Math.round(100 * s.rate / s.roof)} %` : "")},
  ], d3.sort(withRoofs(rooflinePoints()), (s) => s.rate / (s.roof ?? Infinity)));
}

function drawRooflines() {
  const section = openSection("roofline", "Roofline",
    "How much weft computes for each byte that it must move. A point on its slanted roof moves bytes as fast as that cache, or " +
    "memory, was measured to; only arithmetic that is worth counting is here: cases whose floating-point operations are known, one thread.");
  const order = (points) => d3.sort(points, (s) => places().indexOf(s.place), (s) => s.intensity);
  const frame = new Frame("Roofline", "each case where its arrays lie, at the longest length there", {
    draw: drawRoofline, rows: rooflineRows,
    points: () => order(withRoofs(rooflinePoints())).map((s) => ({datum: s, line: s.place, along: s.intensity, text: rooflineText(s)})),
  });
  section.append(frame.figure);
}
