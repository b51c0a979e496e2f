"""Web pages and "XML Spreadsheet 2003", both often called .xls: their tables, and their traps."""

from __future__ import annotations

from pathlib import Path

import pytest

from migrate.errors import SourceError, UsageError
from migrate.extractors import kind_of, open_source
from tests.unit.extractors.sheets import codes, one, read, values, whole

PAGE = """<html><head><meta charset="{}"><title>Zákazníci</title></head><body>
<table border=1><tr><th>id</th><th>Meno</th></tr>
<tr><td>007</td><td>Ján<br>Novák</td></tr><tr><td>8<td>Žofia &amp; Eva</table></body></html>"""

XML = """<?xml version="1.0"?>
<?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"
 xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
 <Worksheet ss:Name="Zákazníci"><Table>
  <Column ss:Index="3" ss:Hidden="1"/>
  <Row><Cell><Data ss:Type="String">id</Data></Cell><Cell><Data ss:Type="String">since</Data></Cell>
   <Cell><Data ss:Type="String">sum</Data></Cell></Row>
  <Row ss:Index="3"><Cell ss:MergeDown="1"><Data ss:Type="Number">1</Data></Cell>
   <Cell><Data ss:Type="DateTime">2019-03-01T00:00:00.000</Data></Cell>
   <Cell><Data ss:Type="Number">10.50</Data></Cell></Row>
  <Row><Cell ss:Index="2"><Data ss:Type="DateTime">2019-03-01T10:05:00.000</Data></Cell>
   <Cell><Data ss:Type="Error">#N/A</Data></Cell></Row>
  <Row ss:Hidden="1"><Cell><Data ss:Type="String">x</Data><Comment><ss:Data>ask</ss:Data></Comment>
   </Cell><Cell/><Cell><Data ss:Type="Boolean">1</Data></Cell></Row>
 </Table></Worksheet>
 <Worksheet ss:Name="Old"><Table><Row><Cell><Data ss:Type="String">a</Data></Cell></Row></Table>
 <WorksheetOptions xmlns="urn:schemas-microsoft-com:office:excel"><Visible>SheetHidden</Visible>
 </WorksheetOptions></Worksheet>
</Workbook>"""


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "report.xls") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "cp1250", "utf-16", "utf-8-sig"])
def test_an_xls_that_is_a_web_page(tmp_path: Path, encoding: str) -> None:
    path = written(tmp_path, PAGE.format(encoding), encoding)
    assert kind_of(path) == "web_page"
    table = one(path)
    assert table.name == "zakaznici"
    assert values(table, "id") == ["007", "8"]
    assert values(table, "Meno") == ["Ján\nNovák", "Žofia & Eva"]


def test_a_page_that_says_nothing_of_its_encoding(tmp_path: Path) -> None:
    path = written(tmp_path, "<table><tr><th>a<th>b<tr><td>Müller<td>1</table>", "cp1252")
    assert values(one(path), "a") == ["Müller"]
    path = written(tmp_path, "<table><tr><th>a<th>b<tr><td>Ľuboš<td>1</table>", "cp1250")
    (table,) = open_source(path, encoding="cp1250")
    assert values(table, "a") == ["Ľuboš"]
    with pytest.raises(UsageError, match="no encoding"):
        open_source(path, encoding="cp9999")


def test_several_tables_are_named_by_caption_heading_or_number(tmp_path: Path) -> None:
    page = """<html><body><h2>Customers</h2><table><tr><th>id<th>name<tr><td>1<td>A</table>
    <table><caption>Codes</caption><tr><th>code<th>rate<tr><td>x<td>1,5</table>
    <table><tr><th>k<th>v<tr><td>1<td>2</table><table><tr><td>menu</table></body></html>"""
    tables = read(written(tmp_path, page))
    assert [t.name for t in tables] == ["customers", "codes", "report_3"]
    (second,) = open_source(tmp_path / "report.xls", tables={"rates": {"sheet": "Codes"}})
    assert values(second, "rate") == ["1,5"]
    with pytest.raises(SourceError, match='did you mean "Codes"'):
        open_source(tmp_path / "report.xls", tables={"rates": {"sheet": "Code"}})


def test_cells_that_span_rows_and_columns(tmp_path: Path) -> None:
    page = """<table><tr><th rowspan=2>id<th colspan=2>Obrat<tr><th>Suma<th>Mena
    <tr><td rowspan=2>1<td>5<td>EUR<tr><td>6<td>USD<tr><td>2<td>7<td>EUR</table>"""
    table = one(written(tmp_path, page))
    assert table.column_names == ("id", "Obrat / Suma", "Obrat / Mena")
    assert values(table, "id") == ["1", "1", "2"]
    assert values(table, "Obrat / Suma") == ["5", "6", "7"]


def test_a_table_in_a_cell_is_a_table_of_its_own(tmp_path: Path) -> None:
    page = """<table><tr><td>Menu<td><table><tr><th>id<th>name<tr><td>1<td>A</table></table>"""
    assert ["id", "name"] in [list(t.column_names) for t in open_source(written(tmp_path, page))]


def test_scripts_and_styles_are_no_text(tmp_path: Path) -> None:
    page = "<table><tr><th>a<th>b<tr><td><style>x{}</style>1<td><script>f('<td>')</script>2</table>"
    table = one(written(tmp_path, page))
    assert whole(table)[["a", "b"]].to_numpy().tolist() == [["1", "2"]]


def test_absurd_spans_and_broken_pages_are_bounded(tmp_path: Path) -> None:
    page = '<table><tr><th>a<th>b<tr><td colspan="999999" rowspan="999999">1<td>2</table'
    assert whole(open_source(written(tmp_path, page))[0])["a"].tolist()[0] == "1"
    with pytest.raises(SourceError, match="no table"):
        open_source(written(tmp_path, "<html><body>Not found</body></html>"))
    for text in ("<html><![endif", "<table><tr><td", "<!doctype html><table>"):
        with pytest.raises(SourceError):
            open_source(written(tmp_path, text))


def test_a_spreadsheet_of_2003(tmp_path: Path) -> None:
    path = written(tmp_path, XML)
    table = one(path)
    assert table.name == "zakaznici"
    assert values(table, "id") == ["1", "1", "x"]
    assert values(table, "since") == ["2019-03-01", "2019-03-01T10:05:00", None]
    assert values(table, "sum") == ["10.5", "#N/A", "true"]
    assert values(table, "_comment") == [None, None, "id: ask"]
    assert set(codes(table)) == {
        "hidden_sheet", "cell_error", "hidden_rows", "hidden_columns", "merged_cells_filled",
        "marks_read",
    }  # fmt: skip
    (old,) = open_source(path, tables={"old": {}})
    assert old.column_names == ("a",)


def test_a_note_on_a_sheet_of_2003_is_told(tmp_path: Path) -> None:
    note = '<Row ss:Index="3"><Cell ss:Index="9"><Data ss:Type="String">ask Eva</Data></Cell></Row>'
    (head, tail) = XML.split("</Table>", 1)
    path = written(tmp_path, f"{head}{note.replace('3', '9', 1)}</Table>{tail}")
    table = open_source(path)[0]
    (said,) = [issue for issue in table.issues() if issue.code == "note_beside_table"]
    assert (said.value, said.place) == ("ask Eva", "report.xls!Zákazníci!I9")


def test_entities_and_broken_xml_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    with pytest.raises(SourceError, match="entities"):
        open_source(written(tmp_path, XML.replace("<Workbook", bomb + "<Workbook", 1)))
    for cut in range(200, len(XML) - 20, 97):
        with pytest.raises(SourceError):
            open_source(written(tmp_path, XML[:cut]))
