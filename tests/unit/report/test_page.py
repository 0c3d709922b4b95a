"""The page as text: whole, closed to the network, and dead to whatever the lake holds."""

import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from pixlake.report.answers import Answers
from pixlake.report.making import put_together
from pixlake.report.page import digest, render
from pixlake.report.sheets import LIMIT, sheets
from pixlake.report.thumbnails import Place, Thumbnail
from pixlake.report.words import visible
from sink.policy import Policy
from tests.unit.report.lake import BUCKET, HOSTILE, MADE_AT, PERIOD, answers

PIXEL = Thumbnail("data:image/webp;base64,AAAA", 4, 3)
EVENT_ATTRIBUTE = re.compile(r"on[a-z]+")


class Reader(HTMLParser):
    """Elements, attributes and text of a page, as a browser takes them apart."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.elements, self.data = [], []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.data.append(data)

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def report(answered=None, absent=()):
    made = put_together(answered or answers(), PERIOD, MADE_AT, database="pixlake<b>", bucket='photos"><script>')
    gone = Thumbnail(reason="gone: <b>the object</b>")
    return replace(made, thumbnails={place: gone if place.key in absent else PIXEL for place in made.places})


@pytest.fixture(scope="module")
def text():
    return render(report(absent=[HOSTILE[3]]))


@pytest.fixture(scope="module")
def page(text):
    return Reader(text)


def test_nothing_of_the_lake_becomes_an_element_an_attribute_or_a_link(page):
    tags = {tag for tag, _ in page.elements}

    assert tags & {"script", "iframe", "object", "embed", "form", "base", "image", "use", "foreignobject"} == set()
    assert {
        tag for tag, attributes in page.elements if any(EVENT_ATTRIBUTE.fullmatch(name) for name in attributes)
    } == set()
    links = [value for _, attributes in page.elements for name, value in attributes.items() if name in ("href", "src")]
    assert all(link.startswith(("data:", "#")) for link in links), links
    assert not any("style" in attributes for _, attributes in page.elements)


def test_hostile_keys_are_there_to_be_read(page):
    shown = "".join(page.data)

    for key in HOSTILE:
        assert visible(key) in shown
    assert "\u202e" not in shown
    assert "\u2028" not in shown


def test_only_the_pages_own_style_is_allowed(text, page):
    (policy,) = [meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)[1]

    assert policy.split("; ")[:3] == ["default-src 'none'", "img-src data:", f"style-src '{digest(style)}'"]
    assert "unsafe" not in policy
    assert "url(" not in style
    assert "@import" not in style


def test_the_page_has_landmarks_headings_and_alternatives(page):
    tags = [tag for tag, _ in page.elements]

    assert page.all("html") == [{"lang": "en"}]
    assert [tags.count(tag) for tag in ("header", "main", "footer", "h1")] == [1, 1, 1, 1]
    assert all(image["alt"] and int(image["width"]) for image in page.all("img"))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    named = [attributes["aria-labelledby"] for _, attributes in page.elements if "aria-labelledby" in attributes]
    assert set(named) <= set(ids)
    charts = [figure for figure in page.all("figure") if figure.get("class") == "chart"]
    assert len(charts) == len(page.all("table")) == 9


def test_a_picture_that_cannot_be_had_has_its_reason(page):
    shown = "".join(page.data)

    assert shown.count("gone: <b>the object</b>") == 4  # a place on each sheet


def test_an_empty_lake_says_so():
    nothing = {name: [] for name in answers().rows} | {
        "duplicate_share": [{"scored": 0, "contents": 0, "repetitions": 0, "share": None, "repeated_bytes": 0}]
    }
    page = Reader(render(report(Answers(nothing))))

    shown = "".join(page.data)
    assert shown.count("Nothing was uploaded in these days.") == 2
    assert "No image is borderline." in shown
    assert page.all("img") == page.all("svg") == []


def test_a_missing_query_is_named_in_its_section_and_the_rest_is_there():
    rows = dict(answers().rows)
    for name in ("uploads_per_hour", "most_text"):
        del rows[name]
    lacking = Answers(rows, {"uploads_per_hour": "no query <uploads_per_hour>", "most_text": "no query <most_text>"})

    page = Reader(render(report(lacking)))

    shown = "".join(page.data)
    assert shown.count("no query <uploads_per_hour>") == shown.count("no query <most_text>") == 1
    assert "The uploads could not be counted" in shown
    assert len(page.all("table")) == 8


def veiled(answered):
    return {
        (sheet.id, picture.place.key): picture.veiled
        for sheet in sheets(answered, Policy.read())
        for picture in sheet.pictures
    }


def rows_of(scores):
    return [
        {"day": "2026-11-21", "bucket": BUCKET, "object_key": key, "score": score, "is_nsfw": score >= 0.8}
        for key, score in scores.items()
    ]


def test_what_may_not_be_safe_is_veiled_on_every_sheet():
    rows = answers(keys=["safe", "doubtful"]).rows | {"most_nsfw": rows_of({"doubtful": 0.2, "safe": 0.19})}

    found = veiled(Answers(rows))

    assert found["sheet-most-nsfw", "safe"]
    assert found["sheet-review-queue", "safe"]
    assert found["sheet-most-text", "doubtful"]
    assert found["sheet-lowest-quality", "doubtful"]
    assert not found["sheet-most-text", "safe"]
    assert not found["sheet-lowest-quality", "safe"]


def test_what_cannot_be_told_safe_is_veiled():
    rows = dict(answers(keys=["unknown"]).rows)
    beyond = Answers(rows | {"most_nsfw": rows_of({str(n): 0.9 for n in range(LIMIT)})})
    del rows["most_nsfw"]
    unanswered = Answers(rows, {"most_nsfw": "failed"})

    assert veiled(beyond)["sheet-most-text", "unknown"]
    assert veiled(unanswered)["sheet-most-text", "unknown"]


def test_a_sheet_says_how_many_more_there_are():
    keys = [str(n) for n in range(40)]
    (sheet,) = [each for each in sheets(answers(keys=keys), Policy.read()) if each.id == "sheet-most-text"]

    assert sheet.words.endswith("Shown are 12 of 40.")
    assert [picture.place for picture in sheet.pictures] == [Place(BUCKET, key) for key in keys[:12]]
