// curves.js: one case over its lengths: time of a call and throughput, weft and what it is compared
// with, the caches marked where the case's arrays fill them.

const cases = d3.group(newest, caseKey);
const curves = {suite: null, key: null, hidden: new Set()};

// The case that says most comes first: most lengths, then most contenders.
function richest(keys) {
  const worth = (key) => new Set(cases.get(key).map((s) => s.n)).size * 100 + new Set(cases.get(key).map((s) => s.contender)).size;
  return d3.greatest(keys, (a, b) => d3.ascending(worth(a), worth(b)));
}

function casesOf(suite) {
  return [...cases.keys()].filter((key) => cases.get(key)[0].suite === suite);
}

function caseSeries() {
  return d3.sort(cases.get(curves.key) ?? [], (a, b) => contenders.indexOf(a.contender) - contenders.indexOf(b.contender) || a.n - b.n);
}

function visibleSeries() {
  return caseSeries().filter((s) => !curves.hidden.has(s.contender));
}

const throughput = (s) => s.bytes / s.median;

function curveText(s) {
  const rate = s.bytes > 0 ? `, ${significant(throughput(s))} GB/s` : "";
  return `${s.contender}, n ${formatLength(s.n)}: ${formatTime(s.median)} a call, ${significant(s.median / s.n)} ns an element${rate}` +
    (s.differs ? "; computes something else" : "");
}

function tipText(s) {
  return [`${s.contender}, n = ${formatLength(s.n)}`, `${formatTime(s.median)} a call`,
    `95 %: ${formatTime(s.low)} to ${formatTime(s.high)}`, `${significant(s.median / s.n)} ns an element`,
    s.bytes > 0 ? `${significant(throughput(s))} GB/s` : null, s.bytes > 0 ? `${formatBytes(s.bytes)} in all` : null,
    s.differs ? "computes something else" : null].filter(Boolean).join("\n");
}

// The length at which the case's arrays are as large as a cache, for caches within the plot.
function cacheMarks(list, room) {
  const largest = d3.greatest(list, (s) => s.n);
  const run = data.runs[d3.max(list, (s) => s.run)];
  if (!largest?.bytes) return [];
  const element = largest.bytes / largest.n, [low, high] = d3.extent(list, (s) => s.n);
  return run.caches.map((cache) => ({name: room ? `${cache.name} ${formatBytes(cache.bytes)}` : cache.name, n: cache.bytes / element}))
    .filter((mark) => mark.n > low && mark.n < high);
}

// What the machine's memory can do at these lengths, where the run measured it.
function limitLine(list) {
  const some = list[0], run = data.runs[d3.max(list, (s) => s.run)];
  const largest = d3.greatest(list, (s) => s.n), [low, high] = d3.extent(list, (s) => s.n);
  if (!largest?.bytes) return [];
  const best = d3.rollup(run.limits.filter((limit) => limit.threads === some.threads), (group) => d3.max(group, (limit) => limit.bytes_per_second), (limit) => limit.bytes);
  return d3.sort(best, ([bytes]) => bytes)
    .map(([bytes, rate]) => ({n: bytes * largest.n / largest.bytes, rate: rate / 1e9}))
    .filter((limit) => limit.n >= low && limit.n <= high);
}

function cacheRules(marks) {
  return [
    Plot.ruleX(marks, {x: "n", stroke: "var(--soft)", strokeOpacity: 0.7, strokeDasharray: "2 4"}),
    Plot.text(marks, {x: "n", text: "name", frameAnchor: "top", dy: -14, fill: "var(--soft)", fontSize: 11, lineAnchor: "bottom"}),
  ];
}

function lineMarks(list, value, low, high) {
  return [...d3.group(list, (s) => s.contender)].flatMap(([name, line]) => {
    const {color, symbol, dash} = look.get(name);
    return [
      Plot.areaY(line, {x: "n", y1: low, y2: high, fill: color, fillOpacity: 0.14}),
      Plot.line(line, {x: "n", y: value, stroke: color, strokeWidth: name === "weft" ? 2.6 : 1.6, strokeDasharray: dash}),
      Plot.dot(line, {x: "n", y: value, fill: "var(--card)", stroke: color, strokeWidth: 1.7, symbol, r: name === "weft" ? 4.2 : 3.6}),
    ];
  });
}

function logAxes(list, width, y, low, high, format) {
  const [from, to] = d3.extent(list, (s) => s.n);
  const even = powers(from, to, 2, (width - 80) / 58), ys = powers(low, high, 10, 8);
  const xs = even.length > 1 ? even : [...new Set([from, to])];
  return [
    Plot.gridY(ys, {stroke: "var(--grid)", strokeOpacity: 1}), Plot.gridX(xs, {stroke: "var(--grid)", strokeOpacity: 1}),
    Plot.axisX(xs, {tickFormat: formatLength, label: "elements, n →", tickSize: 4, labelOffset: 34}),
    Plot.axisY(ys.length > 1 ? ys : d3.ticks(low, high, 4), {tickFormat: format, label: `↑ ${y}`, tickSize: 4}),
  ];
}

function drawCurve(width, kind) {
  const list = visibleSeries().filter((s) => kind.value(s) > 0);
  if (list.length === 0) return null;
  const limit = kind.limit ? limitLine(list) : [];
  const values = [...list.flatMap((s) => [kind.value(s)]), ...limit.map((l) => l.rate)];
  const low = d3.min(values) / 1.25, high = d3.max(values) * 1.25;
  return draw({
    width, height: Math.max(280, Math.min(400, width * 0.72)), marginTop: 38, marginLeft: 58, marginBottom: 44, marginRight: 14,
    x: {type: "log", base: 2}, y: {type: "log", domain: [low, high]},
    ariaLabel: `${kind.title} of ${curves.key}`, ariaDescription: `Lines of ${[...new Set(list.map((s) => s.contender))].join(", ")} over the number of elements; both axes are logarithmic.`,
    marks: [
      ...logAxes(list, width, kind.axis, low, high, kind.format), ...cacheRules(cacheMarks(list, width > 520)),
      Plot.line(limit, {x: "n", y: "rate", stroke: "var(--soft)", strokeWidth: 5, strokeOpacity: 0.28, strokeLinecap: "round"}),
      ...lineMarks(list, kind.value, kind.low, kind.high),
      ...pointed(list, "n", kind.value, tipText),
    ],
  }, (s) => s.n, kind.value);
}

const latencyKind = {title: "Time of a call", axis: "time of a call", format: (ns) => formatTime(ns, 2).replace(".0 ", " "),
  value: (s) => s.median, low: (s) => s.low, high: (s) => s.high};
const throughputKind = {title: "Throughput", axis: "GB/s", format: (rate) => String(rate), limit: true,
  value: throughput, low: (s) => s.bytes / s.high, high: (s) => s.bytes / s.low};

function curveTable() {
  const list = visibleSeries();
  const names = [...new Set(list.map((s) => s.contender))];
  const rows = d3.sort(d3.groups(list, (s) => s.n), ([n]) => n);
  const of = ([, group], name) => group.find((s) => s.contender === name);
  return (figure) => table(`${figure.title} of ${curves.key}`, [
    {label: "n", head: true, value: ([n]) => formatLength(n)},
    ...names.map((name) => ({label: name, value: (row) => (of(row, name) ? figure.cell(of(row, name)) : "")})),
  ], rows);
}

function curveFrame(kind, caption, cell) {
  return new Frame(kind.title, caption, {
    draw: (width) => drawCurve(width, kind),
    points: () => visibleSeries().filter((s) => kind.value(s) > 0).map((s) => ({datum: s, line: s.contender, along: s.n, text: curveText(s)})),
    rows: () => curveTable()({title: kind.title, cell}),
  });
}

// A line's own look, as the plots draw it.
function swatch(name) {
  const {color, symbol, dash} = look.get(name);
  const svg = d3.create("svg").attr("width", 30).attr("height", 12).attr("aria-hidden", "true");
  svg.append("line").attr("x1", 0).attr("x2", 30).attr("y1", 6).attr("y2", 6).attr("stroke", color).attr("stroke-width", 2).attr("stroke-dasharray", dash);
  const shape = d3[`symbol${symbol[0].toUpperCase()}${symbol.slice(1)}`];
  svg.append("path").attr("transform", "translate(15,6)").attr("d", d3.symbol(shape, 40)()).attr("fill", "var(--card)").attr("stroke", color).attr("stroke-width", 1.7);
  return svg.node();
}

function legend(redraw) {
  const names = [...new Set(caseSeries().map((s) => s.contender))];
  const toggle = (name) => element("li", {}, element("button", {
    type: "button", "aria-pressed": String(!curves.hidden.has(name)),
    onclick: (event) => {
      curves.hidden.has(name) ? curves.hidden.delete(name) : curves.hidden.add(name);
      event.currentTarget.setAttribute("aria-pressed", String(!curves.hidden.has(name)));
      redraw();
    },
  }, swatch(name), name));
  return element("ul", {class: "legend", "aria-label": "Shown in the curves"}, names.map(toggle));
}

function caseOptions(suite) {
  const groups = d3.groups(casesOf(suite), (key) => cases.get(key)[0].name.split("/")[0]);
  const option = (key) => [key, cases.get(key)[0].name];
  return groups.length > 1 && groups.some(([, keys]) => keys.length > 1)
    ? groups.map(([group, keys]) => [group, keys.map(option)]) : groups.flatMap(([, keys]) => keys.map(option));
}

const curveFrames = [];

function drawCurves(focus) {
  const section = openSection("curves", "Curves",
    "Time of a call and bytes moved in that time, both over the number of elements. Dotted lines stand where the arrays of a " +
    "call are as large as a cache; the pale band behind the throughput is what the machine's memory reached in the same run.");
  const suites = [...new Set(newest.map((s) => s.suite))];
  const choose = (suite, key) => { curves.suite = suite; curves.key = key; };
  if (!curves.key) choose(suites.includes("ops") ? "ops" : suites[0], null);
  curves.key ??= richest(casesOf(curves.suite));
  section.append(element("div", {class: "controls"},
    select("Suite", suites.map((suite) => [suite, suite]), curves.suite, (suite) => { choose(suite, richest(casesOf(suite))); drawCurves("Suite"); }),
    select("Case", caseOptions(curves.suite), curves.key, (key) => { choose(curves.suite, key); drawCurves("Case"); })));
  if (curveFrames.length === 0)
    curveFrames.push(curveFrame(latencyKind, "the median; the shade is its 95 % interval; lower is better", (s) => formatTime(s.median)),
      curveFrame(throughputKind, "bytes that a call must read and write, by its time; higher is better", (s) => `${significant(throughput(s))} GB/s`));
  section.append(legend(() => curveFrames.forEach((frame) => frame.redraw())),
    element("div", {class: "pair"}, curveFrames.map((frame) => frame.figure)));
  curveFrames.forEach((frame) => frame.redraw());
  if (focus) [...section.querySelectorAll("label")].find((label) => label.textContent.startsWith(focus))?.querySelector("select").focus();
}

// From a row of a table to its curves.
function showCase(s) {
  curves.suite = s.suite;
  curves.key = caseKey(s);
  drawCurves();
}
