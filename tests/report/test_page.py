"""test_page.py: the page of `weft bench report`, opened: it draws what the runs say, for every width,
light and dark, for hands without a mouse, and asks the network for nothing.
As a program with a folder: leaves pictures of the page there, to be looked at.
Neighbours: browser.py, ../cli/sample_runs.py (the runs that are shown).
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from xml.etree import ElementTree

from browser import Browser, make_page
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "cli"))
import sample_runs  # noqa: E402

SECTIONS = ["slower", "curves", "roofline", "peers", "history", "runs"]
# Of the text elements that are seen, the worst contrast of text to its ground (WCAG's formula).
CONTRAST = """
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", {willReadFrequently: true});
  const rgb = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
    return canvas.getImageData(0, 0, 1, 1).data; };
  const light = (c) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => { const v = c[i] / 255;
    return sum + w * (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); }, 0);
  const ground = (e) => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor);
    if (c[3] === 255) return c; } return [255, 255, 255]; };
  let worst = [99, ""];
  for (const e of document.querySelectorAll("h1,h2,p,dt,dd,a,span,th,td,summary,label,figcaption,button,select,svg text")) {
    if (!e.textContent.trim() || !e.getClientRects().length || getComputedStyle(e).display === "none") continue;
    const style = getComputedStyle(e), color = rgb(e.closest("svg") ? style.fill : style.color);
    if (color[3] < 255) continue;
    const [a, b] = [light(color), light(ground(e))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < worst[0]) worst = [contrast, e.tagName + " " + e.textContent.slice(0, 40)];
  }
  return worst;"""


class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="weft-page-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.page = make_page(cls.folder, sample_runs.write(cls.folder))
        cls.browser = Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.look()
        self.browser.open(self.page)
        self.addCleanup(self.quiet)

    def quiet(self):
        """No test may make the page complain or ask for anything but itself."""
        self.assertEqual(self.browser.complaints(), [])
        self.assertEqual({pathlib.Path(url).name for url in self.browser.network()} - {"report.html"}, set())

    def all(self, selector):
        return self.browser.driver.find_elements(By.CSS_SELECTOR, selector)

    def one(self, selector):
        found = self.all(selector)
        self.assertEqual(len(found), 1, selector)
        return found[0]

    def text(self, selector):
        return self.browser.run("return document.querySelector(arguments[0]).textContent", selector)

    def count(self, selector):
        return self.browser.run("return document.querySelectorAll(arguments[0]).length", selector)

    def choose(self, section, label, text):
        """Takes an option by its text, as a hand would."""
        self.browser.run("""
            const label = [...document.querySelectorAll(`#${arguments[0]} .controls label`)].find((l) => l.firstChild.textContent === arguments[1]);
            const select = label.querySelector("select");
            select.selectedIndex = [...select.options].findIndex((o) => o.textContent === arguments[2]);
            select.dispatchEvent(new Event("change"));""", section, label, text)

    def open_tables(self):
        self.browser.run("for (const d of document.querySelectorAll('details')) d.open = true")
        self.browser.wait("return [...document.querySelectorAll('details')].every((d) => d.querySelector('table'))")

    def rows(self, caption):
        return self.browser.run("""
            const table = [...document.querySelectorAll("table")].find((t) => t.caption.textContent === arguments[0]);
            return [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.textContent));""", caption)

    def test_plots_are_drawn(self):
        """Each plot has a mark for each of its figures, at places that differ."""
        self.choose("curves", "Case", "exp/f32/v")
        lengths = len(sample_runs.LENGTHS)
        contenders = 5  # weft, gcc, clang, sleef, numpy
        for plot in (1, 2):
            dots = f"#curves .pair > figure:nth-child({plot}) svg [aria-label=dot] :is(path, circle)"
            self.assertEqual(self.count(dots), lengths * contenders)
            places = self.browser.run("return [...document.querySelectorAll(arguments[0])].map((e) => e.getAttribute('transform') ?? [e.getAttribute('cx'), e.getAttribute('cy')].join())", dots)
            self.assertGreater(len(set(places)), lengths * 3)
            self.assertFalse([place for place in places if "NaN" in place])
        self.assertEqual(self.count("#curves figure:first-child svg [aria-label=rule] line"), 3)  # caches
        self.assertEqual(self.count("#curves figure:last-child svg [aria-label=line]"), contenders + 1)  # and the limit
        # The roofline: cases with flops, once in each place where their arrays lie; four roofs.
        self.assertEqual(self.count("#roofline svg [aria-label=line]"), 4)
        self.assertEqual(self.count("#roofline svg [aria-label=dot] :is(path, circle)"), 6 * 4 + 2 * 3 - self.count_absent())
        pairs = lengths * (len(sample_runs.CASES) * 3 + 1) + 8
        self.assertEqual(self.count("#peers svg [aria-label=tick] line"), pairs)
        self.assertEqual(self.count("#history svg [aria-label=dot] :is(path, circle)"), 2 * len(sample_runs.COMMITS))
        self.assertFalse(self.browser.run("return /NaN|undefined|Infinity/.test(document.querySelector('main').innerHTML)"))

    @staticmethod
    def count_absent():
        """Places, of the four, that no length of a case with flops falls into."""
        sizes = [0] + [size for _, size in sample_runs.CACHES] + [float("inf")]
        cases = [([n for n in sample_runs.LENGTHS], element) for element, flops, _ in sample_runs.CASES.values() if flops]
        cases += [((256, 4096, 65536, 1 << 20), 16), ((256, 4096, 65536, 1 << 20), 80)]
        found = sum(any(low < n * element <= high for n in lengths)
                    for lengths, element in cases for low, high in zip(sizes, sizes[1:]))
        return 6 * 4 + 2 * 3 - found

    def test_what_got_slower(self):
        case, n = sample_runs.SLOWER
        rows = self.rows("What got slower")
        self.assertEqual([row[:2] for row in rows], [[f"ops/{case}", "4 Ki"]])
        self.assertRegex(rows[0][5], r"^\+2[3-7] %$")
        self.assertIn("1 slower", self.text("#slower"))
        self.assertRegex(self.text("#summary"), r"Got slower1 of 80since 5e6f7a8")
        self.open_tables()
        self.assertEqual([row[0] for row in self.rows("What got faster")], ["ops/" + sample_runs.FASTER[0]])
        self.assertEqual(len(self.rows("All that was compared")), 80)
        # Its name leads to its curves.
        self.one("#slower .scroll:not(details *) tbody a").click()
        self.assertEqual(self.browser.run("return document.querySelectorAll('#curves select')[1].value"), f"ops/{case}")
        # The step before shows nothing.
        self.choose("slower", "Which step", "4d5e6f7 → 5e6f7a8")
        self.assertIn("Nothing got slower", self.text("#slower"))

    def test_history(self):
        self.choose("history", "Of", sample_runs.SLOWER[0])
        self.choose("history", "n", "4 Ki")
        self.open_tables()
        rows = self.rows("History")
        self.assertEqual([row[0] for row in rows], sample_runs.COMMITS)
        self.assertEqual([row[4] for row in rows], [""] * 5 + ["slower"])
        fills = self.browser.run("return [...document.querySelectorAll('#history svg [aria-label=dot] :is(path, circle)')].map((e) => e.getAttribute('fill'))")
        self.assertEqual(fills, ["var(--card)"] * 5 + ["var(--bad)"])

    def test_tables_say_what_plots_show(self):
        self.open_tables()
        self.choose("curves", "Case", "add/f32/vv")
        self.assertEqual(len(self.rows("Time of a call of ops/add/f32/vv")), len(sample_runs.LENGTHS))
        self.assertEqual(len(self.rows("Weft beside its peers")), 5)
        self.assertEqual(len(self.rows("Roofline")), self.count("#roofline svg [aria-label=dot] :is(path, circle)"))
        for figure in self.all("figure"):
            self.assertTrue(figure.find_elements(By.CSS_SELECTOR, "details table"))

    def test_legend_hides_lines(self):
        dots = "#curves figure:first-child svg [aria-label=dot] :is(path, circle)"
        before = self.count(dots)
        button = self.all("#curves .legend button")[1]
        button.send_keys(Keys.ENTER)
        self.assertEqual(button.get_attribute("aria-pressed"), "false")
        self.assertEqual(self.count(dots), before - len(sample_runs.LENGTHS))
        button.send_keys(Keys.SPACE)
        self.assertEqual(self.count(dots), before)

    def test_keyboard(self):
        """Tab reaches everything that can be used, and what has the focus is seen to have it."""
        reached, names = [], set()
        for _ in range(80):
            self.browser.driver.switch_to.active_element.send_keys(Keys.TAB)
            found = self.browser.run("""
                const e = document.activeElement, style = getComputedStyle(e.name === "theme" ? e.nextSibling : e);
                if (e === document.body) return null;
                return [e.tagName, e.closest("section")?.id ?? "", e.getAttribute("aria-label") ?? e.textContent.trim().slice(0, 30),
                        style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2];""")
            if found is None or tuple(found) in names:
                break
            names.add(tuple(found))
            reached.append(found)
        self.assertEqual(reached[0][2], "Skip to the figures")
        self.assertEqual([entry for entry in reached if not entry[3]], [], "focus is not seen")
        self.assertEqual(len([entry for entry in reached if entry[1] == ""]), 2 + len(SECTIONS))  # skip, theme, sections
        self.assertEqual(sorted({entry[1] for entry in reached} - {""}), sorted(SECTIONS))
        plots = [entry for entry in reached if "Arrow keys" in entry[2]]
        self.assertEqual(len(plots), 5)
        self.assertEqual(len([entry for entry in reached if entry[0] == "SELECT"]), self.count("select"))
        self.assertEqual(len([entry for entry in reached if entry[0] == "SUMMARY"]), self.count("summary"))

    def test_arrow_keys_walk_points(self):
        self.choose("curves", "Case", "add/f32/vv")
        plot = self.all("#curves .plot")[0]
        plot.send_keys(Keys.ARROW_RIGHT)
        self.assertRegex(self.text("#announce"), r"^weft, n 1: \d\.\d\d ns a call")
        plot.send_keys(Keys.ARROW_RIGHT)
        self.assertRegex(self.text("#announce"), r"^weft, n 16: ")
        plot.send_keys(Keys.ARROW_DOWN)
        self.assertRegex(self.text("#announce"), r"^gcc, n 16: ")
        plot.send_keys(Keys.END)
        self.assertRegex(self.text("#announce"), r"^numpy, n 16 Mi: ")
        tip = "#curves figure:first-child svg [aria-label=tip] text"
        self.assertTrue(self.browser.wait("return document.querySelector(arguments[0])?.textContent.includes('numpy, n = 16 Mi')", tip))
        plot.send_keys(Keys.ESCAPE)
        self.assertTrue(self.browser.wait("return !document.querySelector(arguments[0])", tip))
        for section, pattern in (("roofline", r"% of the roof$"), ("peers", r"beside weft's"), ("history", r"^1a2b3c4, 2026-01-01, engine")):
            self.one(f"#{section} .plot").send_keys(Keys.ARROW_RIGHT)
            self.assertRegex(self.text("#announce"), pattern)

    def test_focus_stays_with_a_select(self):
        """What a choice redraws gives the focus back to it."""
        for section in ("slower", "curves", "peers", "history"):
            self.one(f"#{section} .controls label:first-child select").send_keys(Keys.ARROW_DOWN)
            self.assertEqual(self.browser.run("return document.activeElement.closest('section')?.id + document.activeElement.tagName"), section + "SELECT")

    def test_light_and_dark(self):
        ground = "return getComputedStyle(document.body).backgroundColor"
        seen = {}
        for dark in (False, True):
            self.browser.look(dark=dark)
            seen[dark] = self.browser.run(ground)
            worst = self.browser.run(CONTRAST)
            self.assertGreaterEqual(worst[0], 4.5, worst)
        self.assertNotEqual(seen[False], seen[True])
        # The switch has the last word, whatever the system says, and Auto gives it back.
        for value, dark in (("light", False), ("dark", True), ("auto", True)):
            self.one(f"input[name=theme][value={value}]").send_keys(Keys.SPACE)
            self.assertEqual(self.browser.run(ground), seen[dark], value)
        self.browser.run("localStorage.clear()")

    def test_every_width(self):
        """The page itself never scrolls sideways; plots are drawn anew to their width."""
        self.open_tables()
        for width in (320, 360, 768, 1280, 1920):
            self.browser.look(width=width)
            self.assertTrue(self.browser.wait("""
                return [...document.querySelectorAll(".plot")].every((p) => Math.abs(p.querySelector("svg").getBoundingClientRect().width - p.clientWidth) <= 1)"""), width)
            self.assertLessEqual(*self.browser.run("return [document.documentElement.scrollWidth, document.documentElement.clientWidth]"), width)
            wide = self.browser.run("""
                return [...document.querySelectorAll("main *")].filter((e) => !e.closest(".scroll, svg, .hidden") || e.matches(".scroll"))
                  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.tagName + "." + e.className)""")
            self.assertEqual(wide, [], width)

    def test_names_for_those_who_listen(self):
        unnamed = self.browser.run("""
            return [...document.querySelectorAll("svg:not([aria-hidden=true])")].filter((e) => !e.getAttribute("aria-label") || !e.getAttribute("aria-description"))
              .concat([...document.querySelectorAll("select")].filter((e) => !e.labels.length))
              .concat([...document.querySelectorAll("main > section")].filter((e) => !e.getAttribute("aria-label") && !document.getElementById(e.getAttribute("aria-labelledby"))))
              .map((e) => e.outerHTML.slice(0, 100))""")
        self.assertEqual(unnamed, [])
        headings = self.browser.run("return [...document.querySelectorAll('h1,h2,h3')].map((e) => e.tagName)")
        self.assertEqual(headings, ["H1"] + ["H2"] * len(SECTIONS))
        ids = self.browser.run("return [...document.querySelectorAll('[id]')].map((e) => e.id)")
        self.assertEqual(len(ids), len(set(ids)))

    def test_few_figures(self):
        """One run of one case, without limits, caches or peers: the page says what is not there."""
        folder = tempfile.mkdtemp(dir=self.folder)
        path = os.path.join(folder, "run.json")
        pathlib.Path(path).write_text('{"format": "weft-bench", "version": 1, "context": {}, "benchmarks": [{"suite": '
                                      '"ops", "case": "<i>x</i>", "contender": "weft", "n": 7, "median": 3.5}]}', encoding="utf-8")
        self.browser.open(make_page(folder, [path], "--title", "<b>bold</b>"))
        self.assertEqual(self.text("h1"), "<b>bold</b>")
        self.assertIn("nothing to compare", self.text("#slower"))
        self.assertIn("No peers were measured", self.text("#peers"))
        self.assertIn("No run has figures", self.text("#roofline"))
        self.assertEqual(self.count("#curves figure:first-child svg [aria-label=dot] :is(path, circle)"), 1)
        self.assertEqual(self.count("main i, main b:not(figcaption b)"), 0)
        self.assertFalse(self.browser.run("return /NaN|undefined|Infinity/.test(document.querySelector('main').innerHTML)"))

    def test_picture(self):
        """scripts/report-picture: an image on its own, with the marks of both plots and no address."""
        files = [os.path.join(self.folder, name) for name, _ in sample_runs.runs()]
        picture = os.path.join(self.folder, "picture.svg")
        script = pathlib.Path(os.environ["WEFT_SOURCE_DIR"]) / "scripts" / "report-picture"
        subprocess.run([sys.executable, script, "--case", "ops/fma/f32/vvv", "--output", picture, *files],
                       check=True, stdout=subprocess.DEVNULL)
        root = ElementTree.parse(picture).getroot()
        svg = "{http://www.w3.org/2000/svg}"
        self.assertEqual({e.tag for e in root.iter()} - {svg + t for t in ("svg", "g", "path", "line", "circle", "text", "tspan", "rect", "style")}, set())
        self.assertIn("Throughput of ops/fma/f32/vvv", [e.text for e in root.iter(svg + "text")])
        marks = [len([e for e in g if e.tag in (svg + "path", svg + "circle")]) for g in root.iter(svg + "g") if g.get("aria-label") == "dot"]
        self.assertEqual(marks[:4], [len(sample_runs.LENGTHS)] * 4)
        self.assertGreater(len(marks), 4)
        text = pathlib.Path(picture).read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"https?://[^\"' ]*", text)), {"http://www.w3.org/2000/svg"})
        self.assertEqual({name for name in re.findall(r"var\((--\w+)\)", text) if text.count(f"{name}:") != 2}, set())


def pictures(folder):
    with tempfile.TemporaryDirectory() as work:
        page = make_page(work, sample_runs.write(work))
        browser = Browser()
        for width, size in ((1280, "desktop"), (360, "phone")):
            for dark, theme in ((False, "light"), (True, "dark")):
                browser.look(width=width, dark=dark)
                browser.open(page)
                browser.wait("return document.querySelectorAll('.plot svg').length === 5")
                browser.picture(os.path.join(folder, f"{size}-{theme}.png"))
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) == 2 and re.match(r"[./\w]", sys.argv[1]) and os.path.isdir(sys.argv[1]):
        pictures(sys.argv[1])
    else:
        unittest.main()
