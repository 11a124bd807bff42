// slower.js: what became of weft between a run and the one before: counts, the table of what got
// slower, and beside it what got faster and everything else.

const heads = [...new Set(data.changes.map((change) => change.head))];
const slower = {head: heads[heads.length - 1]};

function changesOf(head) {
  const all = data.changes.filter((change) => change.head === head);
  return {
    all,
    slower: d3.sort(all.filter((change) => change.verdict > 0), (change) => -change.ratio),
    faster: d3.sort(all.filter((change) => change.verdict < 0), (change) => change.ratio),
  };
}

function changeTable(caption, rows) {
  const name = (c) => element("a", {href: "#curves", onclick: () => showCase(c)}, `${c.suite}/${c.name}`);
  const other = rows.some((c) => c.contender !== "weft");
  return table(caption, [
    {label: "Benchmark", head: true, value: name},
    ...(other ? [{label: "Contender", text: true, value: (c) => c.contender}] : []),
    {label: "n", value: (c) => formatLength(c.n)},
    {label: "Threads", value: (c) => c.threads},
    {label: "Before", value: (c) => formatTime(c.was)},
    {label: "After", value: (c) => formatTime(c.is)},
    {label: "Change", class: "change", value: (c) => formatChange(c.ratio)},
    {label: "95 % interval", value: (c) => `${formatChange(c.low)} to ${formatChange(c.high)}`},
    {label: "p", value: (c) => formatChance(c.p)},
  ], rows, {stack: true, rowClass: (c) => (c.verdict > 0 ? "slower" : c.verdict < 0 ? "faster" : null)});
}

function folded(summary, make) {
  const details = element("details", {}, element("summary", {}, summary));
  details.addEventListener("toggle", () => details.open && details.childNodes.length === 1 && details.append(make()));
  return details;
}

function drawSlower() {
  const section = openSection("slower", "What got slower",
    "Weft against itself, the run before on the same machine. A change counts when chance explains it in fewer " +
    "than one of a hundred cases (p < 0.01, Mann-Whitney) and it is more than 5 %.");
  if (heads.length === 0) {
    section.append(element("p", {class: "empty"}, "There is nothing to compare: it takes two runs of the same cases on the same machine."));
    return;
  }
  const {all, slower: worse, faster} = changesOf(slower.head);
  const base = data.runs[all[0].base], head = data.runs[slower.head];
  if (heads.length > 1)
    section.append(element("div", {class: "controls"}, select("Which step",
      d3.reverse(heads).map((h) => [h, `${data.runs[changesOf(h).all[0].base].label} → ${data.runs[h].label}`]), slower.head,
      (value) => { slower.head = Number(value); drawSlower(); drawSummary(); section.querySelector("select").focus(); })));
  section.append(element("p", {}, element("span", {class: "pill slower"}, `${worse.length} slower`), " ",
    element("span", {class: "pill faster"}, `${faster.length} faster`), ` of ${all.length}, from `,
    element("code", {}, base.label), " to ", element("code", {}, head.label),
    `; geometric mean ${formatChange(geometricMean(all.map((c) => c.ratio)))}.`));
  section.append(worse.length ? changeTable("What got slower", worse)
    : element("p", {class: "empty"}, "Nothing got slower in this step."));
  if (faster.length) section.append(folded("What got faster", () => changeTable("What got faster", faster)));
  section.append(folded("All that was compared", () => changeTable("All that was compared", all)));
}
