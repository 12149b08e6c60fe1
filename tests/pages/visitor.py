"""A browser that visits pages and tells what went wrong on them: `python -m tests.pages.visitor URL COOKIE PAGE…`.

A process of its own, because playwright's event loop and the ORM do not go together.
"""

import json
import shutil
import sys

from playwright.sync_api import ConsoleMessage, Page, Response, sync_playwright

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SIZES = ((1440, 1000), (390, 844))
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def main() -> None:
    url, cookie, *pages = sys.argv[1:]
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(FLAGS))
        for width, height in SIZES:
            context = browser.new_context(viewport={"width": width, "height": height})
            context.add_cookies([{"name": "xoptweb_session", "value": cookie, "url": url}])
            page = context.new_page()
            watch(page, wrong)
            for path in pages:
                page.goto(url + path, wait_until="load")
                page.wait_for_timeout(150)
                if page.evaluate(OVERFLOW) > 0:
                    wrong.append(f"{path} is wider than {width} px")
            context.close()
        browser.close()
    sys.stdout.write(json.dumps(wrong))


def watch(page: Page, wrong: list[str]) -> None:
    def console(message: ConsoleMessage) -> None:
        if "Security Policy" in message.text:
            wrong.append(f"{page.url}: {message.text}")

    def answered(response: Response) -> None:
        if response.status >= 400:
            wrong.append(f"{page.url}: {response.status} {response.url}")

    page.on("console", console)
    page.on("response", answered)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))


if __name__ == "__main__":
    main()
