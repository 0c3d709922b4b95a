"""`pixlake report` of a lake with hostile names in it, opened in a real browser."""

import json
import os
import re
from urllib.parse import urlsplit

import pytest
from selenium.webdriver import ActionChains, Keys

from tests.conftest import ROOT
from tests.e2e.conftest import wait_for
from tools.browser import PACKAGES, chromium, found, prefer, resize

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("cloud")]
SAMPLES = ROOT / "samples"
PREFIX = "report/"
OWNED = "document.title='owned'"
HOSTILE = [
    f"<img src=x onerror={OWNED}>.jpg",
    f'"><script>{OWNED}</script>.jpg',
    f"' onload='{OWNED}.jpg",
    f"javascript:{OWNED}",
    "{{7*7}}.jpg",
    f"</style></title></textarea><svg onload={OWNED}>.jpg",
    "line\u2028break.jpg",  # moto's router knows no key with a line feed: the page's unit tests have one
    "photo\u202egpj.exe",
    "long" * 200,
]


@pytest.fixture(scope="module")
def report(cloud, tmp_path_factory):
    """The report of photos, hostile keys, a rejected file and one that is gone: the file and what the command said."""
    cloud.pixlake("upload", SAMPLES, "--prefix", f"{PREFIX}samples/")
    s3 = cloud.client("s3")
    sign = (SAMPLES / "dahlias-for-sale.jpg").read_bytes()  # carries text: it has a sheet of its own
    for place, key in enumerate(HOSTILE):
        s3.put_object(Bucket=cloud.bucket, Key=PREFIX + key, Body=sign + bytes([place]))
    s3.put_object(Bucket=cloud.bucket, Key=f"{PREFIX}gone.jpg", Body=sign)
    samples = sum(path.is_file() and path.suffix != ".md" for path in SAMPLES.rglob("*"))
    cloud.rows("object_key", PREFIX, samples + len(HOSTILE) + 1)
    s3.delete_object(Bucket=cloud.bucket, Key=f"{PREFIX}gone.jpg")
    file = tmp_path_factory.mktemp("report") / "report.html"
    printed = cloud.pixlake("report", "--days", "2", "--out", file, "--json").stdout
    return file, json.loads(printed)


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    if found() is None:
        missing = f"Chromium is not installed: apt-get install {PACKAGES}; the report's browser tests need it"
        if os.environ.get("PIXLAKE_REQUIRE_BROWSER"):
            pytest.fail(missing)
        pytest.skip(missing)
    with chromium(tmp_path_factory.mktemp("chromium") / "driver.log") as started:
        yield started


@pytest.fixture
def page(browser, report):
    """The report, freshly opened on a desk and by day."""
    return opened(browser, report[0])


def opened(browser, file, width=1280, scheme="light"):
    for log in ("performance", "browser"):
        browser.get_log(log)  # what came before is forgotten
    resize(browser, width, 900)
    prefer(browser, scheme)
    browser.get(file.as_uri())
    return browser


def test_the_command_says_what_it_wrote(report):
    file, facts = report

    assert facts["path"] == str(file)
    assert facts["bytes"] == file.stat().st_size < 3_000_000
    assert facts["unanswered"] == []
    assert facts["pictures"] >= 12
    assert facts["pictures_absent"] >= 1


@pytest.mark.parametrize(("width", "least"), [(360, 300), (900, 250), (1280, 250)])
def test_every_chart_is_drawn_once_with_a_table_beside_it(browser, report, width, least):
    charts = opened(browser, report[0], width).execute_script(
        """
        return [...document.querySelectorAll("figure.chart")].map(figure => ({
            id: figure.id,
            boxes: [...figure.querySelectorAll("svg")].map(svg => svg.getBoundingClientRect())
                .filter(box => box.width > 0).map(box => [box.width, box.height]),
            marks: [...figure.querySelectorAll("svg path")]
                .filter(path => path.getBoundingClientRect().width > 0).length,
            rows: figure.querySelectorAll("tbody tr").length,
        }))
        """
    )

    assert len(charts) == 9
    for chart in charts:
        assert len(chart["boxes"]) == 1, chart
        wide, high = chart["boxes"][0]
        assert wide > least, chart
        assert high > 30, chart
        assert chart["marks"] > 0, chart
        assert chart["rows"] > 0, chart


def test_every_thumbnail_is_a_picture_with_words(page, report):
    pictures = page.execute_script(
        """
        return Promise.all([...document.images].map(image => image.decode().then(() => ({
            alt: image.alt, width: image.naturalWidth, height: image.naturalHeight,
            stated: [image.width > 0, image.getAttribute("width"), image.getAttribute("height")]
        }))))
        """
    )

    assert len(pictures) >= report[1]["pictures"]
    for picture in pictures:
        assert picture["width"] > 0
        assert picture["stated"] == [True, str(picture["width"]), str(picture["height"])]
        assert picture["alt"].startswith("Thumbnail of ")
    absent = page.execute_script("return [...document.querySelectorAll('.absent')].map(frame => frame.innerText)")
    assert "gone: the object no longer exists" in absent


def test_nothing_is_fetched_and_nothing_complains(page, report):
    page.execute_script("return Promise.all([...document.images].map(image => image.decode()))")

    events = [json.loads(entry["message"])["message"] for entry in page.get_log("performance")]
    requests = [event["params"]["request"]["url"] for event in events if event["method"] == "Network.requestWillBeSent"]
    assert requests.count(report[0].as_uri()) == 1
    assert {urlsplit(url).scheme for url in requests if url != report[0].as_uri()} <= {"data"}
    assert page.get_log("browser") == []


def test_the_policy_stops_what_would_fetch_or_run(page):
    page.execute_script(
        """
        window.stopped = [];
        document.addEventListener("securitypolicyviolation", event => stopped.push(event.effectiveDirective));
        const hostile = "<img src='http://127.0.0.1:9/x.png'><i onclick='document.title=1'>";
        document.body.insertAdjacentHTML("beforeend", hostile);
        document.querySelector("i").click();
        const script = document.createElement("script");
        script.textContent = "document.title = 'owned'";
        document.body.append(script);
        """
    )

    wait_for(
        lambda: page.execute_script("return stopped.includes('img-src') && stopped.includes('script-src-elem')"),
        "the policy's word",
    )
    assert page.title.startswith("Image report")


def test_hostile_keys_are_text(page):
    shown = page.execute_script("return [...document.querySelectorAll('.key')].map(key => key.textContent)")

    for key in HOSTILE[:5]:
        assert PREFIX + key in shown
    assert f"{PREFIX}line\\u2028break.jpg" in shown
    assert f"{PREFIX}photo\\u202egpj.exe" in shown
    assert page.title.startswith("Image report")
    foreign = "script, iframe, object, embed, link:not([rel=icon]), form, textarea, [onerror], [onload], [style]"
    assert page.execute_script(f"return document.querySelectorAll('{foreign}').length") == 0
    assert page.execute_script("return document.querySelectorAll('svg:not([role=img])').length") == 0


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_nothing_is_wider_than_the_screen(browser, report, width):
    page = opened(browser, report[0], width)
    page.execute_script("document.querySelectorAll('details.table').forEach(table => table.open = true)")

    wide = page.execute_script(
        """
        const inScroll = element => element.closest(".scroll, .unseen, svg");
        return [...document.querySelectorAll("body *")].filter(element => !inScroll(element))
            .filter(element => element.closest(".frame") === null || element.matches(".frame"))
            .filter(element => element.getBoundingClientRect().right > innerWidth + 0.5)
            .map(element => element.outerHTML.slice(0, 80))
        """
    )

    assert wide == []
    assert page.execute_script("return document.documentElement.scrollWidth") == width


def test_words_in_a_phones_charts_are_large_enough_to_read_and_within_their_drawing(browser, report):
    page = opened(browser, report[0], 360)

    words = page.execute_script(
        """
        return [...document.querySelectorAll("svg text")].filter(text => text.getBoundingClientRect().width > 0)
            .map(text => {
                const box = text.getBoundingClientRect(), drawing = text.closest("svg").getBoundingClientRect();
                const scale = drawing.width / text.closest("svg").viewBox.baseVal.width;
                return {text: text.textContent, size: parseFloat(getComputedStyle(text).fontSize) * scale,
                        inside: box.left >= drawing.left - 1 && box.right <= drawing.right + 1};
            })
        """
    )

    assert len(words) > 40
    assert [word for word in words if word["size"] < 9 or not word["inside"]] == []


def blurred(page, place):
    return page.execute_script(
        f"return getComputedStyle(document.querySelectorAll('.veil img')[{place}]).filter"
    ).startswith("blur(")


def test_what_may_not_be_safe_is_blurred_until_it_is_clicked_or_entered(page):
    veils = page.find_elements("css selector", "#sheet-most-nsfw ~ ul .veil summary")
    assert len(veils) >= 10  # of twelve; one or two are gone
    assert all(blurred(page, place) for place in range(len(veils)))

    veils[0].click()
    assert [blurred(page, place) for place in range(3)] == [False, True, True]

    page.execute_script("arguments[0].focus({focusVisible: true})", veils[1])
    assert page.execute_script("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    ActionChains(page).send_keys(Keys.ENTER).perform()
    assert [blurred(page, place) for place in range(3)] == [False, False, True]
    ActionChains(page).send_keys(Keys.ENTER).perform()
    veils[0].click()
    assert [blurred(page, place) for place in range(3)] == [True, True, True]


CONTRASTS = """
const parts = colour => (colour.match(/[\\d.]+/g) || []).map(Number);
const channel = value => (value /= 255) <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
const ratio = (one, other) => {
    const [low, high] = [light(one), light(other)].sort((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
};
const ground = element => {
    for (let node = element; node; node = node.parentElement) {
        const colour = parts(getComputedStyle(node).backgroundColor);
        if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
};
const seen = element => element.getBoundingClientRect().width > 1;
const written = element => [...element.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
const texts = [...document.querySelectorAll("body :not(title)")].filter(seen).filter(written);
const marks = [...document.querySelectorAll("svg path[fill^=var]")].filter(seen);
const about = (element, colour) => ({
    what: element.textContent.trim().slice(0, 40) || element.getAttribute("fill"),
    ratio: ratio(parts(colour), ground(element)),
});
return {
    texts: texts.map(element => {
        const style = getComputedStyle(element);
        return about(element, element.closest("svg") ? style.fill : style.color);
    }),
    marks: marks.map(element => about(element, getComputedStyle(element).fill)),
    paper: ground(document.body),
};
"""


@pytest.mark.parametrize(("scheme", "paper"), [("light", [253, 253, 252]), ("dark", [20, 22, 25])])
def test_texts_and_marks_stand_out_by_day_and_by_night(browser, report, scheme, paper):
    page = opened(browser, report[0], scheme=scheme)
    page.execute_script("document.querySelectorAll('details.table').forEach(table => table.open = true)")

    found = page.execute_script(CONTRASTS)

    assert found["paper"] == paper
    assert len(found["texts"]) > 200
    assert len(found["marks"]) > 20
    assert [text for text in found["texts"] if text["ratio"] < 4.5] == []  # WCAG 2, AA
    assert [mark for mark in found["marks"] if mark["ratio"] < 3] == []  # and for graphics


def test_a_screen_reader_finds_its_way(page):
    tree = page.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    told = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in tree
        if not node.get("ignored", False)
    ]

    roles = [role for role, _ in told]
    assert {"banner", "main", "contentinfo"} <= set(roles)
    headings = [name for role, name in told if role == "heading"]
    assert headings[0]
    assert "What came in" in headings
    drawings = [name for role, name in told if role == "image" and not name.startswith("Thumbnail of ")]
    assert len(drawings) >= 9
    assert all(re.search(r"\d", name) for name in drawings)
    buttons = [name for role, name in told if role == "DisclosureTriangle"]
    assert sum("Thumbnail of " in name for name in buttons) >= 10
