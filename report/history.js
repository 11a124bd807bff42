// history.js: weft over its commits: one case at one length, or all cases of a suite together.

const machineOf = (run) => [run.machine.cpu, run.weft.level].filter(Boolean).join(", ") || "unknown machine";
const past = {machine: machineOf(lastRun), key: "", n: ""};

function pastSeries() {
  return data.series.filter((s) => s.own && machineOf(data.runs[s.run]) === past.machine);
}

// Of each suite, and each run of it, the geometric mean of the times in terms of the first run's.
function pastOfSuites() {
  return d3.groups(pastSeries(), (s) => s.suite).flatMap(([suite, list]) => {
    const first = new Map(d3.sort(list, (s) => -s.run).map((s) => [seriesKey(s), s]));
    return d3.groups(list, (s) => s.run).map(([run, group]) => {
      const ratio = geometricMean(group.map((s) => s.median / first.get(seriesKey(s)).median));
      return {run, line: suite, value: ratio, low: ratio, high: ratio, verdict: 0, count: group.length};
    });
  });
}

function pastOfCase() {
  const list = pastSeries().filter((s) => caseKey(s) === past.key && String(s.n) === String(past.n));
  return d3.sort(list, (s) => s.run).map((s) => ({run: s.run, line: s.contender, value: s.median, low: s.low, high: s.high,
    verdict: data.changes.find((c) => c.head === s.run && caseKey(c) === past.key && c.n === s.n && c.contender === s.contender)?.verdict ?? 0}));
}

const pastPoints = () => d3.sort(past.key ? pastOfCase() : pastOfSuites(), (p) => p.line, (p) => p.run);
const pastValue = (value) => (past.key ? formatTime(value) : formatChange(value));

function pastText(p) {
  const run = data.runs[p.run];
  const word = p.verdict > 0 ? "; slower than before" : p.verdict < 0 ? "; faster than before" : "";
  return `${run.label}, ${formatDate(run.date)}, ${p.line}: ${pastValue(p.value)}${past.key ? "" : ` against the first run, ${p.count} figures`}${word}`;
}

const pastColors = ["var(--c0)", "var(--c1)", "var(--c2)", "var(--c3)", "var(--c4)", "var(--c5)"];

function drawPast(width) {
  const points = pastPoints();
  if (points.length === 0) return null;
  const runs = [...new Set(d3.sort(points.map((p) => p.run)))], lines = [...new Set(points.map((p) => p.line))];
  const low = d3.min(points, (p) => p.low), high = d3.max(points, (p) => p.high), margin = Math.max((high - low) * 0.15, high * 0.02);
  const step = Math.max(1, Math.ceil(runs.length / ((width - 90) / 74)));
  const color = (line) => pastColors[lines.indexOf(line) % pastColors.length];
  const ends = lines.map((line) => points.findLast((p) => p.line === line));
  return draw({
    width, height: Math.max(280, Math.min(360, width * 0.5)), marginLeft: 68, marginBottom: 50, marginRight: lines.length > 1 && width > 460 ? 80 : 20, marginTop: 24,
    x: {type: "point", domain: runs, padding: 0.3}, y: {domain: [low - margin, high + margin], nice: true},
    ariaLabel: "History", ariaDescription: `${runs.length} runs from ${data.runs[runs[0]].label} to ${data.runs[runs[runs.length - 1]].label}.`,
    marks: [
      Plot.gridY({stroke: "var(--grid)", strokeOpacity: 1, ticks: 6}),
      Plot.axisY({ticks: 6, tickFormat: pastValue, label: past.key ? "↑ time of a call" : "↑ time against the first run", tickSize: 4}),
      Plot.axisX(runs.filter((_, i) => (runs.length - 1 - i) % step === 0), {tickFormat: (r) => `${data.runs[r].label.slice(0, 9)}\n${formatDate(data.runs[r].date).slice(2)}`, label: null, tickSize: 4}),
      past.key ? null : Plot.ruleY([1], {stroke: "var(--soft)"}),
      ...lines.flatMap((line, i) => {
        const of = points.filter((p) => p.line === line);
        return [
          Plot.areaY(of, {x: "run", y1: "low", y2: "high", fill: color(line), fillOpacity: 0.14}),
          Plot.line(of, {x: "run", y: "value", stroke: color(line), strokeWidth: 2.2, strokeDasharray: dashes[i % dashes.length]}),
          Plot.dot(of, {x: "run", y: "value", r: 4.4, symbol: symbols[i % symbols.length], strokeWidth: 1.8, stroke: color(line),
            fill: (p) => (p.verdict > 0 ? "var(--bad)" : p.verdict < 0 ? "var(--good)" : "var(--card)")}),
        ];
      }),
      lines.length > 1 && width > 460 ? Plot.text(ends, {x: "run", y: "value", text: "line", textAnchor: "start", dx: 10, fill: (p) => color(p.line), fontWeight: 600}) : null,
      ...pointed(points, "run", "value", (p) => pastText(p).replace(/, |: |; /g, "\n")),
    ],
  }, (p) => p.run, (p) => p.value);
}

function pastRows() {
  return table("History", [
    {label: "Run", head: true, value: (p) => data.runs[p.run].label}, {label: "Date", text: true, value: (p) => formatDate(data.runs[p.run].date)},
    {label: "Of", text: true, value: (p) => p.line}, {label: past.key ? "Time of a call" : "Against the first run", value: (p) => pastValue(p.value)},
    {label: "Verdict", text: true, value: (p) => (p.verdict > 0 ? "slower" : p.verdict < 0 ? "faster" : "")},
  ], pastPoints());
}

let pastFrame = null;

function drawHistory(focus) {
  const section = openSection("history", "History",
    "Weft over the runs of one machine, in the order of their dates. Red points got slower than the run before, green ones faster.");
  const machines = [...new Set(data.runs.map(machineOf))];
  const keys = d3.groups([...new Map(pastSeries().map((s) => [caseKey(s), s])).values()], (s) => s.suite);
  if (!keys.some(([, list]) => list.some((s) => caseKey(s) === past.key))) past.key = "";
  const lengths = d3.sort(new Set(pastSeries().filter((s) => caseKey(s) === past.key).map((s) => s.n)));
  if (!lengths.map(String).includes(String(past.n))) past.n = lengths[Math.floor(lengths.length / 2)] ?? "";
  const controls = element("div", {class: "controls"});
  if (machines.length > 1)
    controls.append(select("Machine", machines.map((m) => [m, m]), past.machine, (value) => { past.machine = value; drawHistory("Machine"); }));
  controls.append(select("Of", [["", "all cases, by suite"], ...keys.map(([suite, list]) => [suite, list.map((s) => [caseKey(s), s.name])])], past.key,
    (value) => { past.key = value; drawHistory("Of"); }));
  if (past.key)
    controls.append(select("n", lengths.map((n) => [n, formatLength(n)]), past.n, (value) => { past.n = value; drawHistory("n"); }));
  pastFrame ??= new Frame("History", "medians; lower is better", {
    draw: drawPast, rows: pastRows,
    points: () => pastPoints().map((p) => ({datum: p, line: p.line, along: p.run + 1, text: pastText(p)})),
  });
  section.append(controls, pastFrame.figure);
  pastFrame.redraw();
  if (focus) [...controls.querySelectorAll("label")].find((label) => label.firstChild.textContent === focus)?.querySelector("select").focus();
}
