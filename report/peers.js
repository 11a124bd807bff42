// peers.js: weft beside everything that did the same in the same run.

const peerView = {suite: "", place: ""};

// One for each figure of a peer: how many times weft's time it took.
const pairs = (() => {
  const own = new Map(newest.filter((s) => s.contender === "weft").map((s) => [`${caseKey(s)}/${s.n}/${s.threads}`, s]));
  return newest.filter((s) => !s.own).map((s) => ({peer: s, weft: own.get(`${caseKey(s)}/${s.n}/${s.threads}`)}))
    .filter(({peer, weft}) => weft && weft.run === peer.run)
    .map((pair) => ({...pair, ratio: pair.peer.median / pair.weft.median, place: placeOf(data.runs[pair.peer.run], pair.peer.bytes)}));
})();

function chosenPairs() {
  return pairs.filter(({peer, place}) => (!peerView.suite || peer.suite === peerView.suite) && (!peerView.place || place === peerView.place));
}

function peerGroups() {
  const groups = d3.groups(chosenPairs(), ({peer}) => peer.contender).map(([name, list]) => {
    const ratios = list.map((pair) => pair.ratio);
    return {name, list, mean: geometricMean(ratios), low: d3.quantile(ratios, 0.1), high: d3.quantile(ratios, 0.9),
      won: ratios.filter((ratio) => ratio >= 1).length / ratios.length};
  });
  return d3.sort(groups, (group) => contenders.indexOf(group.name));
}

function times(ratio) {
  return `${significant(ratio, 3)}×`;
}

function pairText({peer, weft, ratio, place}) {
  return `${peer.contender} on ${peer.suite}/${peer.name}, n ${formatLength(peer.n)}, in ${place}: ` +
    `${formatTime(peer.median)} beside weft's ${formatTime(weft.median)}, ${times(ratio)}` + (peer.differs ? "; computes something else" : "");
}

function pairTip({peer, weft, ratio, place}) {
  return [`${peer.suite}/${peer.name}`, `n ${formatLength(peer.n)}, in ${place}`, `${peer.contender} ${formatTime(peer.median)}`,
    `weft ${formatTime(weft.median)}`, times(ratio), peer.differs ? "computes something else" : null].filter(Boolean).join("\n");
}

// Ratios far out are drawn at the edge; the table has them as they are.
function clamped(ratio, [low, high]) {
  return Math.max(low, Math.min(high, ratio));
}

function peerDomain(groups) {
  const ratios = d3.sort(groups.flatMap((group) => group.list.map((pair) => pair.ratio)));
  return [Math.min(0.7, d3.quantileSorted(ratios, 0.01) / 1.1), Math.max(1.5, d3.quantileSorted(ratios, 0.99) * 1.1)];
}

function drawPeers(width) {
  const groups = peerGroups();
  if (groups.length === 0) return null;
  const domain = peerDomain(groups), left = Math.min(150, 24 + 7.4 * d3.max(groups, (g) => g.name.length));
  const at = (pair) => clamped(pair.ratio, domain), row = (pair) => pair.peer.contender;
  const ticks = powers(domain[0], domain[1], 2, (width - left) / 52);
  const room = width > 460;
  return draw({
    width, height: 62 + 54 * groups.length, marginLeft: left, marginRight: 24, marginTop: 34, marginBottom: 40,
    x: {type: "log", base: 2, domain}, y: {type: "band", domain: groups.map((g) => g.name), padding: 0.35, label: null},
    ariaLabel: "Weft beside its peers", ariaDescription: groups.map((g) => `${g.name} takes ${times(g.mean)} weft's time in the geometric mean`).join("; "),
    marks: [
      Plot.gridX(ticks, {stroke: "var(--grid)", strokeOpacity: 1}),
      Plot.axisX(ticks, {tickFormat: (v) => (v < 1 ? `1/${Math.round(1 / v)}×` : `${v}×`), label: "the peer's time in terms of weft's →", tickSize: 4, labelOffset: 34}),
      Plot.axisY({tickSize: 0, fontSize: 13, fill: "var(--ink)", label: null}),
      Plot.ruleX([1], {stroke: "var(--ink)", strokeWidth: 1.4}),
      Plot.text(["← the peer is faster"], {x: () => 1, frameAnchor: "top", dx: -8, dy: -20, textAnchor: "end", text: (t) => (room ? t : "← peer"), fill: "var(--soft)"}),
      Plot.text(["weft is faster →"], {x: () => 1, frameAnchor: "top", dx: 8, dy: -20, textAnchor: "start", text: (t) => (room ? t : "weft →"), fill: "var(--soft)"}),
      ...groups.flatMap((g) => [
        Plot.tickX(g.list, {x: at, y: row, stroke: look.get(g.name).color, strokeOpacity: Math.max(0.12, Math.min(0.7, 14 / g.list.length)), strokeWidth: 1.6}),
        Plot.dot([g], {x: (d) => clamped(d.mean, domain), y: "name", r: 7, symbol: look.get(g.name).symbol, fill: look.get(g.name).color, stroke: "var(--card)", strokeWidth: 2}),
        Plot.text([g], {x: (d) => clamped(d.mean, domain), y: "name", text: (d) => times(d.mean), dy: -19, fontWeight: 650, fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 4}),
      ]),
      ...pointed(groups.flatMap((g) => g.list), at, row, pairTip),
    ],
  }, at, (pair) => pair.peer.contender);
}

function peerNote(name) {
  const note = lastRun.peers.find((peer) => peer.name === name && peer.found) ?? data.runs.flatMap((run) => run.peers).findLast((peer) => peer.name === name);
  return note?.note ?? "";
}

function peerRows() {
  return table("Weft beside its peers", [
    {label: "Peer", head: true, value: (g) => g.name}, {label: "Version", text: true, wide: true, value: (g) => peerNote(g.name)},
    {label: "Figures", value: (g) => g.list.length}, {label: "Geometric mean", value: (g) => times(g.mean)},
    {label: "A tenth below", value: (g) => times(g.low)}, {label: "A tenth above", value: (g) => times(g.high)},
    {label: "Weft as fast or faster", value: (g) => `${Math.round(100 * g.won)} %`},
  ], peerGroups());
}

function worstTable() {
  const worst = d3.sort(chosenPairs().filter(({peer, ratio}) => ratio < 1 && !peer.differs), (pair) => pair.ratio).slice(0, 100);
  return table("Where peers are faster, the furthest first, a hundred at most", [
    {label: "Case", head: true, value: ({peer}) => element("a", {href: "#curves", onclick: () => showCase(peer)}, `${peer.suite}/${peer.name}`)},
    {label: "n", value: ({peer}) => formatLength(peer.n)}, {label: "Peer", text: true, value: ({peer}) => peer.contender},
    {label: "Weft", value: ({weft}) => formatTime(weft.median)}, {label: "Peer's time", value: ({peer}) => formatTime(peer.median)},
    {label: "In terms of weft's", value: ({ratio}) => times(ratio)},
  ], worst, {stack: true});
}

let peerFrame = null;

function drawPeerSection(focus) {
  const section = openSection("peers", "Weft beside its peers",
    "Each line is one case at one length, measured in the same run, the contenders in turn. To the right of 1× weft is faster. " +
    "The large mark is the geometric mean.");
  if (pairs.length === 0) {
    section.append(element("p", {class: "empty"}, "No peers were measured in these runs; scripts/peers installs them."));
    return;
  }
  const suites = [...new Set(pairs.map(({peer}) => peer.suite))];
  const where = places().filter((place) => pairs.some((pair) => pair.place === place));
  section.append(element("div", {class: "controls"},
    select("Suite", [["", "all"], ...suites.map((s) => [s, s])], peerView.suite, (value) => { peerView.suite = value; drawPeerSection(0); }),
    select("Arrays in", [["", "all places"], ...where.map((p) => [p, p])], peerView.place, (value) => { peerView.place = value; drawPeerSection(1); })));
  peerFrame ??= new Frame("Weft beside its peers", "the peer's time divided by weft's", {
    draw: drawPeers, rows: peerRows,
    points: () => peerGroups().flatMap((g) => d3.sort(g.list, (pair) => pair.ratio).map((pair) => ({datum: pair, line: g.name, along: pair.ratio, text: pairText(pair)}))),
  });
  section.append(peerFrame.figure, folded("Where peers are faster", worstTable));
  peerFrame.redraw();
  if (focus !== undefined) section.querySelectorAll("select")[focus].focus();
}
