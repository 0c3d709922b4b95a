"""Charts as SVG: what they show, and that nothing of the lake gets out of its place."""

import re
from xml.etree import ElementTree as ET

import pytest

from pixlake.report import charts, svg
from pixlake.report.answers import Answers
from pixlake.report.figure import About
from pixlake.report.figures import figures
from pixlake.report.period import Period
from sink.policy import Policy
from tests.unit.report.lake import PERIOD, answers

POLICY = Policy.read()


@pytest.fixture(scope="module")
def busy():
    return figures(About(answers(), PERIOD, POLICY))


def texts(drawing):
    return [element.text for element in ET.fromstring(drawing).iter("text")]


def tooltips(drawing):
    return [element.text for element in ET.fromstring(drawing).iter("title")][1:]


def test_every_chart_is_drawn_for_a_phone_with_a_table_and_a_name(busy):
    for figure in busy.values():
        assert figure.problem == ""
        assert figure.rows
        assert {len(row) for row in figure.rows} == {len(figure.columns)}
        for drawing in figure.drawings.values():
            root = ET.fromstring(drawing)
            assert root.get("role") == "img"
            assert root.find("title").text
            assert root.get("aria-labelledby") == root.find("title").get("id")
        assert "narrow" in figure.drawings
    names = [re.search('id="([^"]+)"', drawing)[1] for figure in busy.values() for drawing in figure.drawings.values()]
    assert len(set(names)) == len(names)


def test_only_harmless_elements_and_attributes_are_in_a_drawing(busy):
    for figure in busy.values():
        for drawing in figure.drawings.values():
            for element in ET.fromstring(drawing).iter():
                assert element.tag in svg.ELEMENTS
                assert set(element.attrib) <= svg.ATTRIBUTES | {"role", "aria-labelledby", "id"}
                assert all("url(" not in value for value in element.attrib.values())


def test_colours_are_the_pages_variables(busy):
    colours = {
        colour
        for figure in busy.values()
        for drawing in figure.drawings.values()
        for colour in re.findall(r'(?:fill|stroke)="([^"]+)"', drawing)
    }

    assert {colour for colour in colours if not colour.startswith("var(--")} <= {"none", "transparent"}


def test_a_hostile_code_is_a_text(busy):
    drawing = busy["rejects"].drawings["narrow"]

    assert "<svg onload=alert(1…" in texts(drawing)
    assert "<svg onload=alert(1)>: 1" in tooltips(drawing)
    assert drawing.count("<svg") == 1


@pytest.mark.parametrize(
    "name", ['"];alert(1)//', "\\", "\\u0022", "a\u2028b", "'", "${x}", "\U0001f600", "</script>", "日本語"]
)
def test_no_name_can_end_its_literal_in_a_chart(name):
    drawing = svg.draw(charts.ranked_bars([(name, 3, "3"), ("other", 1, "1")], charts.ACCENT), "x")

    assert texts(drawing)[:2] == [name, "other"]


def test_equal_names_stay_two_bars():
    drawing = svg.draw(charts.ranked_bars([("same", 3, "3"), ("same", 1, "1")], charts.ACCENT), "x")

    assert tooltips(drawing) == ["same: 3", "same: 1"]


def test_thresholds_of_the_policy_are_drawn_and_named(busy):
    assert "low < 0.3" in texts(busy["quality"].drawings["narrow"])
    assert "text > 0.03" in texts(busy["text"].drawings["narrow"])
    assert {"review ≥ 0.2", "not safe ≥ 0.8"} <= set(texts(busy["nsfw"].drawings["narrow"]))
    assert "low < 0.3" in texts(busy["quality-time"].drawings["medium"])
    assert busy["nsfw"].drawings["narrow"].count("stroke-dasharray") == 2


def test_a_single_image_in_a_bin_is_visible():
    bins = [(0.0, 0.05, 1_000_000, "many"), (0.9, 0.95, 1, "one")]
    drawing = ET.fromstring(svg.draw(charts.histogram(bins, [], "score"), "x"))

    (one,) = [path for path in drawing.iter("path") if path.findtext("title") == "one"]
    height = float(re.search(r"v(-?[\d.]+)h-", one.get("d"))[1])
    assert height >= 1.5


def test_uploads_are_stacked_by_the_hour_and_by_the_day_over_a_longer_time():
    week = figures(About(answers(), PERIOD, POLICY))["uploads"]
    month = Period.ending(PERIOD.last, 30)
    figure = figures(About(answers(), month, POLICY))["uploads"]

    assert len(tooltips(week.drawings["wide"])) == 7 * 24 * 3
    assert "Nothing came before" not in week.words
    assert len(figure.rows) == 7
    assert figure.rows[0][0] == "15 Nov 2026"
    assert "Nothing came before 15 Nov 2026" in figure.words  # the drawing leaves most of the empty days out
    scored = sum(row["scored"] for row in answers()["uploads_per_hour"])
    assert sum(int(row[1].replace(",", "")) for row in figure.rows) == scored


def test_what_was_not_asked_or_not_there_is_said_in_words():
    nothing = {name: [] for name in answers().rows} | {
        "duplicate_share": [{"scored": 0, "contents": 0, "repetitions": 0, "share": None, "repeated_bytes": 0}]
    }
    del nothing["top_categories"]
    empty = figures(About(Answers(nothing, {"top_categories": "no named query top_categories"}), PERIOD, POLICY))

    assert empty["categories"].problem == "no named query top_categories"
    assert empty["uploads"].problem == "Nothing was uploaded in these days."
    assert all(figure.problem and not figure.drawings for figure in empty.values())


def test_one_hour_of_waiting_is_told_by_bars():
    rows = dict(answers().rows)
    rows["latency_per_hour"] = rows["latency_per_hour"][:1]

    figure = figures(About(Answers(rows), PERIOD, POLICY))["latency"]

    assert "half within" in texts(figure.drawings["narrow"])
    assert len(figure.rows) == 1


def test_a_drawing_with_something_unknown_in_it_is_refused(monkeypatch):
    import vl_convert

    for hostile in ("<script>1</script>", '<image href="http://x"/>', '<path fill="url(http://x)"/>'):
        drawing = f'<svg xmlns="http://www.w3.org/2000/svg">{hostile}</svg>'
        monkeypatch.setattr(vl_convert, "vegalite_to_svg", lambda *_, drawing=drawing, **__: drawing)
        with pytest.raises(ValueError, match="a drawing"):
            svg.draw({}, "x")
