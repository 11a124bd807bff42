// page.js: the pieces that parts of the page are built of: elements, tables, selects, and a frame for
// plots that redraws them to their width, lets the arrow keys walk their points, and has their table.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value === true ? "" : value);
  made.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return made;
}

function announce(text) {
  document.getElementById("announce").textContent = text;
}

// A section's heading and what it is about; returns the section.
function openSection(id, title, lead) {
  const section = document.getElementById(id);
  section.replaceChildren(element("h2", {id: `${id}-title`}, title), element("p", {class: "lead"}, lead));
  return section;
}

// columns: {label, value(row), text: left-aligned, head: it names the row, class, wide}; stack: rows
// become cards where there is little room.
function table(caption, columns, rows, {stack = false, rowClass = () => null} = {}) {
  const cell = (column, row) => element(column.head ? "th" : "td", {
    scope: column.head ? "row" : null, "data-label": column.head ? null : column.label,
    class: [column.text && "text", column.class, column.wide && "wide"].filter(Boolean).join(" ") || null,
  }, column.value(row));
  const head = element("tr", {}, columns.map((column) =>
    element("th", {scope: "col", class: column.text || column.head ? "text" : null}, column.label)));
  const made = element("table", {class: stack ? "stack" : null},
    element("caption", {class: stack ? "hidden" : null}, caption), element("thead", {}, head),
    element("tbody", {}, rows.map((row) => element("tr", {class: rowClass(row)}, columns.map((column) => cell(column, row))))));
  return element("div", {class: stack ? "scroll of-stack" : "scroll", tabindex: 0, role: "region", "aria-label": caption}, made);
}

// options: [value, text] or [group, [[value, text]...]].
function select(label, options, value, change) {
  const option = ([key, text]) => element("option", {value: key, selected: String(key) === String(value)}, text);
  const made = element("select", {onchange: (event) => change(event.target.value)}, options.map(([key, rest]) =>
    Array.isArray(rest) ? element("optgroup", {label: key}, rest.map(option)) : option([key, rest])));
  return element("label", {}, label, made);
}

const frames = [];
const resized = new ResizeObserver((entries) => {
  for (const {target} of entries) frames.find((frame) => frame.holder === target)?.fit();
});

// A plot with its caption and its table.
//   draw(width)  gives the plot, or null where there is nothing to draw
//   points()     gives what the arrow keys walk: {datum, text}; datum is what a mark of the plot holds
//   rows()       gives the table's element
class Frame {
  constructor(title, caption, {draw, points, rows}) {
    Object.assign(this, {title, draw, points, rows, width: 0, at: -1});
    this.holder = element("div", {
      class: "plot", tabindex: 0, role: "application", "aria-roledescription": "plot",
      "aria-label": `${title}. Arrow keys walk the points; the same figures stand in the table below.`,
      onkeydown: (event) => this.key(event), onblur: () => this.leave(),
    });
    this.table = element("details", {ontoggle: () => this.fillTable()}, element("summary", {}, `${title}: as a table`));
    this.figure = element("figure", {}, element("figcaption", {}, element("b", {}, title), caption), this.holder, this.table);
    frames.push(this);
    resized.observe(this.holder);
  }

  fit() {
    const width = Math.floor(this.holder.clientWidth);
    if (width > 0 && width !== this.width) {
      this.width = width;
      this.redraw();
    }
  }

  redraw() {
    if (!this.width) return;
    const plot = this.draw(this.width);
    this.at = -1;
    this.plot = plot;
    this.table.hidden = !plot;
    this.holder.replaceChildren(plot ?? element("p", {class: "empty"}, "No run has figures for this plot."));
    this.fillTable();
  }

  fillTable() {
    while (this.table.childNodes.length > 1) this.table.lastChild.remove();
    if (this.table.open) this.table.append(this.rows());
  }

  // Left and right walk along a line, up and down between lines; Home, End and Escape do as usual.
  key(event) {
    const points = this.plot ? this.points() : [];
    const from = points[this.at];
    const moves = {
      ArrowRight: () => this.at + 1, ArrowLeft: () => this.at - 1, Home: () => 0, End: () => points.length - 1,
      ArrowDown: () => otherLine(points, from, 1, this.at), ArrowUp: () => otherLine(points, from, -1, this.at),
    };
    if (event.key === "Escape") return this.leave();
    if (!moves[event.key] || points.length === 0 || event.ctrlKey || event.metaKey || event.altKey) return undefined;
    event.preventDefault();
    const begins = this.at < 0 && event.key !== "End"; // any arrow comes in at the first point
    this.at = begins ? 0 : Math.max(0, Math.min(points.length - 1, moves[event.key]()));
    this.show(points[this.at]);
    return announce(points[this.at].text);
  }

  // The pointer's tip of Plot, by an event where the point is.
  show(point) {
    const svg = this.svg(), box = svg.getBoundingClientRect();
    const scale = box.width / svg.viewBox.baseVal.width;
    const at = this.plot.place(point.datum);
    const where = {clientX: box.left + at.x * scale, clientY: box.top + at.y * scale, bubbles: true, pointerType: "mouse"};
    svg.dispatchEvent(new PointerEvent("pointerenter", where));
    svg.dispatchEvent(new PointerEvent("pointermove", where));
  }

  leave() {
    this.at = -1;
    this.plot && this.svg().dispatchEvent(new PointerEvent("pointerleave", {pointerType: "mouse"}));
  }

  svg() {
    return this.plot.tagName === "svg" ? this.plot : this.plot.querySelector(":scope > svg");
  }
}

function otherLine(points, from, step, at) {
  const lines = [...new Set(points.map((point) => point.line))];
  const wanted = lines[(lines.indexOf(from.line) + step + lines.length) % lines.length];
  const there = d3.least(points.filter((point) => point.line === wanted), (point) => Math.abs(Math.log(point.along / from.along)));
  return there ? points.indexOf(there) : at;
}

// What shows the point under the pointer, or under the keys: a ring and its figures.
function pointed(list, x, y, title) {
  return [
    Plot.dot(list, Plot.pointer({x, y, r: 8, stroke: "var(--ink)", strokeWidth: 1.6, fill: "none"})),
    Plot.tip(list, Plot.pointer({x, y, title, fill: "var(--card)", stroke: "var(--soft)", fontSize: 12, lineHeight: 1.3, lineWidth: 24})),
  ];
}

// Plot.plot with what all plots of the page share; x and y say where a datum lies.
function draw(options, x, y) {
  const plot = Plot.plot({
    style: {background: "none", color: "var(--ink)", overflow: "visible"},
    ...options,
  });
  plot.place = (datum) => ({x: plot.scale("x").apply(x(datum)), y: plot.scale("y").apply(y(datum))});
  return plot;
}
