// data.js: what bench/page_write.c wrote into the page, as objects, and questions that several parts
// of the page ask of them. Neighbours: every other file here; they are joined in the order that
// cmake/report_template.cmake gives.

const raw = JSON.parse(document.getElementById("data").textContent);

const data = {
  title: raw.title,
  runs: raw.runs.map((run, index) => describeRun(run, index)),
  series: raw.series.map(([run, suite, name, contender, n, threads, median, low, high, bytes, flops, count, own, differs]) => ({
    run, suite: raw.suites[suite], name: raw.cases[name], contender: raw.contenders[contender], n, threads,
    median, low, high, bytes, flops, count, own: Boolean(own), differs: Boolean(differs),
  })),
  changes: raw.changes.map(([base, head, suite, name, contender, n, threads, was, is, ratio, low, high, p, verdict]) => ({
    base, head, suite: raw.suites[suite], name: raw.cases[name], contender: raw.contenders[contender], n, threads,
    was, is, ratio, low, high, p, verdict,
  })),
};

function describeRun(run, index) {
  const contexts = run.parts.map((part) => part.context);
  const {weft = {}, machine = {}, options = {}} = contexts[0];
  const caches = (Array.isArray(machine.caches) ? machine.caches : []).filter((cache) => cache.bytes > 0);
  return {
    index, weft: weft ?? {}, machine: machine ?? {}, options: options ?? {}, caches,
    files: run.parts.map((part) => part.file),
    date: run.date > 0 ? new Date(run.date * 1000) : null,
    label: weft?.commit ? weft.commit.slice(0, 14) : `run ${index + 1}`,
    limits: run.parts.flatMap((part) => part.limits).filter((limit) => limit.bytes > 0 && limit.bytes_per_second > 0),
    peers: contexts.flatMap((context) => (Array.isArray(context.peers) ? context.peers : [])),
    warnings: [...new Set(contexts.flatMap((context) => context.noise?.warnings ?? []))],
  };
}

const lastRun = data.runs[data.runs.length - 1];

// Of each series the figures of the newest run that has it.
const newest = [...d3.rollup(data.series, (group) => d3.greatest(group, (s) => s.run), seriesKey).values()];

function seriesKey(s) {
  return `${s.suite}/${s.name}/${s.contender}/${s.n}/${s.threads}`;
}

// "add/f32/vv", with its threads where they are not one.
function caseLabel(s) {
  return s.threads > 1 ? `${s.name}, ${s.threads} threads` : s.name;
}

function caseKey(s) {
  return `${s.suite}/${s.name}/${s.threads}`;
}

// Weft first, then weft's other ways, then peers, each in the order of the files.
const contenders = (() => {
  const own = new Set(newest.filter((s) => s.own).map((s) => s.contender));
  const rank = (name) => (name === "weft" ? 0 : own.has(name) ? 1 : 2);
  return d3.sort(new Set(newest.map((s) => s.contender)), rank);
})();

const symbols = ["circle", "square", "triangle", "diamond", "cross", "star", "wye", "times"];
const dashes = ["none", "7 3", "2 3", "9 3 2 3", "4 2", "1 2", "12 4", "6 2 2 2"];
const look = new Map(contenders.map((name, i) => [name, {
  color: `var(--c${i % 8})`, symbol: symbols[i % 8], dash: dashes[(i + (i >= 8 ? 1 : 0)) % 8],
}]));

function geometricMean(values) {
  return Math.exp(d3.mean(values, Math.log));
}
