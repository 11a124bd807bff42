// main.js: the head of the page, its summary and the list of runs; then everything is drawn.

function drawHead() {
  const {weft, machine} = lastRun;
  document.getElementById("title").textContent = data.title || "weft: performance report";
  document.title = data.title || "weft: performance report";
  document.getElementById("subtitle").textContent = [machine.cpu, weft.level && `level ${weft.level}`, weft.commit && `commit ${weft.commit}`,
    formatDate(lastRun.date), data.runs.length > 1 && `${data.runs.length} runs`, lastRun.warnings.length > 0 && "noisy machine"].filter(Boolean).join(" · ");
}

function drawWarnings() {
  const place = document.getElementById("warnings");
  if (lastRun.warnings.length)
    place.append(element("div", {class: "note"}, `The machine was noisy in the last run, ${lastRun.label}: do not believe small differences.`,
      element("ul", {}, lastRun.warnings.map((text) => element("li", {}, text)))));
}

function card(term, value, words, kind) {
  return element("div", {class: `card ${kind ?? ""}`}, element("dl", {}, element("dt", {}, term), element("dd", {}, value)), element("p", {}, words));
}

// Of each case the fastest peer that computes the same.
function againstBest() {
  const fair = pairs.filter(({peer}) => !peer.differs);
  const best = [...d3.rollup(fair, (group) => d3.min(group, (pair) => pair.ratio), ({weft}) => seriesKey(weft)).values()];
  return best.length ? {mean: geometricMean(best), count: best.length} : null;
}

function shareOfLimit() {
  const bound = rooflinePoints().length ? withRoofs(rooflinePoints()).filter((s) => s.place !== "L1d" && s.roof) : [];
  return bound.length ? {share: d3.median(bound, (s) => s.rate / s.roof), count: bound.length} : null;
}

function drawSummary() {
  const cards = [];
  if (heads.length) {
    const {all, slower: worse} = changesOf(slower.head);
    const base = data.runs[all[0].base].label, mean = geometricMean(all.map((c) => c.ratio));
    cards.push(card("Got slower", `${worse.length} of ${all.length}`, `since ${base}`, worse.length ? "bad" : "good"),
      card("All together", formatChange(mean), `time, geometric mean, since ${base}`, mean > 1.05 ? "bad" : mean < 0.95 ? "good" : ""));
  }
  const best = againstBest(), share = shareOfLimit();
  if (best) cards.push(card("Beside the fastest peer", `${significant(best.mean)}×`, `as fast, geometric mean of ${best.count} figures`));
  if (share) cards.push(card("Of the roofline", `${Math.round(100 * share.share)} %`, `median of ${share.count} cases beyond L1`));
  cards.push(card("Figures", data.series.length.toLocaleString("en"), `of ${cases.size} cases in ${data.runs.length} run${data.runs.length === 1 ? "" : "s"}`));
  document.getElementById("summary").replaceChildren(...cards);
}

function drawRuns() {
  const section = openSection("runs", "Runs", "What was measured, on what. Where several files have one commit and no case in common they count as one run.");
  const compiler = (run) => [run.weft.compiler, run.weft.flags].filter(Boolean).join(", ");
  const caches = (run) => run.caches.map((cache) => `${cache.name} ${formatBytes(cache.bytes)}`).join(", ");
  const list = (caption, runs) => table(caption, [
    {label: "Run", head: true, value: (run) => run.label}, {label: "Date", text: true, value: (run) => formatDate(run.date)},
    {label: "CPU", text: true, value: (run) => run.machine.cpu ?? ""}, {label: "CPUs", value: (run) => run.machine.cpus ?? ""},
    {label: "Caches", text: true, wide: true, value: caches}, {label: "Level", text: true, value: (run) => run.weft.level ?? ""},
    {label: "Weft", text: true, value: (run) => run.weft.version ?? ""}, {label: "Compiler", text: true, wide: true, value: compiler},
    {label: "Noise", text: true, wide: true, value: (run) => run.warnings.join("; ") || "none noted"},
    {label: "Files", text: true, value: (run) => run.files.join(", ")},
  ], runs, {stack: true});
  const runs = d3.reverse(data.runs), shown = 6;
  section.append(list("Runs, the newest first", runs.slice(0, shown)));
  if (runs.length > shown) section.append(folded(`${runs.length - shown} older runs`, () => list("Older runs", runs.slice(shown))));
}

// "auto" follows the system; the choice is kept where the browser lets a page keep one.
function watchTheme() {
  const apply = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
  };
  const inputs = document.querySelectorAll("input[name=theme]");
  let kept = null;
  try { kept = localStorage.getItem("weft-theme"); } catch { /* files may have no storage */ }
  for (const input of inputs) {
    if (input.value === kept) input.checked = true;
    input.addEventListener("change", () => {
      apply(input.value);
      try { localStorage.setItem("weft-theme", input.value); } catch { /* as above */ }
    });
  }
  apply(kept ?? "auto");
}

watchTheme();
drawHead();
drawWarnings();
drawSlower();
drawCurves();
drawRooflines();
drawPeerSection();
drawHistory();
drawRuns();
drawSummary();
frames.forEach((frame) => frame.fit());
document.documentElement.dataset.ready = "true"; // for the tests
