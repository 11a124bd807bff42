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

// Where a contender comes with several numbers of threads in a case, its name says which.
(() => {
  const key = (s) => `${s.suite}/${s.name}/${s.contender}`;
  const fewest = d3.rollup(data.series, (group) => d3.min(group, (s) => s.threads), key);
  const name = (s) => (s.threads > (fewest.get(key(s)) ?? 1) ? `${s.contender}, ${s.threads} threads` : s.contender);
  for (const list of [data.series, data.changes]) {
    const names = list.map(name);
    list.forEach((s, i) => { s.contender = names[i]; });
  }
})();

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

function caseKey(s) {
  return `${s.suite}/${s.name}`;
}

// Weft first, then weft's other ways, then peers, each in the order of the files.
const contenders = (() => {
  const own = new Set(newest.filter((s) => s.own).map((s) => s.contender));
  const rank = (name) => (name === "weft" ? 0 : own.has(name) ? 1 : 2);
  return d3.sort(new Set(newest.map((s) => s.contender)), rank);
})();

const symbols = ["circle", "square", "triangle", "diamond", "cross", "star", "wye", "times"];
const dashes = ["none", "7 3", "2 3", "9 3 2 3", "4 2", "1 2", "12 4", "6 2 2 2"];
// Weft's own look is nobody else's; the seven that are met most often differ from each other.
const look = new Map([["weft", {color: "var(--c0)", symbol: symbols[0], dash: dashes[0]}]]);
for (const [name] of d3.rollups(newest.filter((s) => s.contender !== "weft"), (group) => group.length, (s) => s.contender)
  .sort((a, b) => b[1] - a[1])) {
  const at = look.size - 1, shape = 1 + (at + Math.floor(at / 7)) % 7;
  look.set(name, {color: `var(--c${1 + at % 7})`, symbol: symbols[shape], dash: dashes[shape]});
}

function geometricMean(values) {
  return Math.exp(d3.mean(values, Math.log));
}
