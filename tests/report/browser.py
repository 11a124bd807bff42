"""browser.py: a page of `weft bench report` in headless Chromium. Exits with 77 where there is no
browser, or the build made no template. Environment: WEFT_COMMAND. Neighbours: test_page.py,
scripts/report-picture.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
except ImportError:
    print("no selenium for this Python")
    sys.exit(77)


def skip_without():
    """The browser, its driver and the template must be there: scripts/deps test report."""
    programs = [shutil.which("chromium"), shutil.which("chromedriver")]
    if None in programs:
        print("no chromium, or no chromedriver")
        sys.exit(77)
    template = pathlib.Path(os.path.realpath(os.environ["WEFT_COMMAND"])).parent / "report-template.html"
    if not template.exists():
        print("no report-template.html: scripts/deps report, then configure and build")
        sys.exit(77)
    return programs


class Browser:
    """One Chromium. `requests` are the addresses that pages asked for, but for their own."""

    def __init__(self):
        chromium, driver = skip_without()
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                         "--disable-background-networking", "--force-color-profile=srgb"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service(driver), options=options)
        self.requests = []

    def close(self):
        self.driver.quit()

    def look(self, width=1280, height=900, dark=False):
        """A screen of that size, on a system that is light or dark."""
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600})

    def open(self, path):
        self.driver.get(pathlib.Path(path).absolute().as_uri())
        self.wait("return document.documentElement.dataset.ready === 'true'")

    def wait(self, script, *arguments, seconds=10):
        """Until the script gives something true, which is returned."""
        end = time.monotonic() + seconds
        while True:
            value = self.run(script, *arguments)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.02)

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def complaints(self):
        """What the page wrote on the console since the last call, but for what is only told."""
        return [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] != "INFO"]

    def network(self):
        """Addresses that were asked for since the last call, pages and data in them aside."""
        asked = []
        for entry in self.driver.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                asked.append(message["params"]["request"]["url"])
        return [url for url in asked if not url.startswith("data:")]

    def picture(self, path):
        """The whole page as a PNG file."""
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png", "captureBeyondViewport": True})
        pathlib.Path(path).write_bytes(base64.b64decode(shot["data"]))


def make_page(folder, files, *options):
    """Runs `weft bench report`; the page's path."""
    page = os.path.join(folder, "report.html")
    subprocess.run([os.environ["WEFT_COMMAND"], "bench", "report", *files, "-o", page, *options], check=True)
    return page
