"""Supervision cards as PDF with an embedded Chinese font."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from geogrid.errors import SetupError
from geogrid_maps.ui_texts import text
from geogrid_maps.vendor import font_file

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geogrid_maps.supervision_card_page import CardDocument

_FONT: Final = "Noto Sans SC"
_TEAL: Final = (11, 110, 105)
_GREY: Final = (110, 110, 104)
#: Width of the labels.
_LABEL_MM: Final = 38
_LINE_MM: Final = 7


def card_pdf(document: CardDocument) -> bytes:
    """Return a card as PDF, on A4.

    Raises
    ------
    SetupError
        If the Chinese font is not installed.
    """
    pdf = _new_page(document)
    pdf.set_font(_FONT, "B", 20)
    pdf.set_text_color(*_TEAL)
    pdf.cell(0, 12, document.title, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.set_font(_FONT, "", 11)
    pdf.set_text_color(*_GREY)
    pdf.cell(0, 8, document.number, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if document.synthetic:
        pdf.cell(0, 8, text("synthetic", document.language), align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    pdf.ln(4)
    _write_rows(pdf, document.rows)
    pdf.ln(4)
    pdf.set_text_color(0)
    pdf.multi_cell(0, _LINE_MM, document.duty, new_x=XPos.LMARGIN, new_y=YPos.NEXT)
    if document.answer:
        pdf.ln(4)
        _write_rows(pdf, document.answer)
    return bytes(pdf.output())


def _new_page(document: CardDocument) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_title(f"{document.title} {document.number}")
    pdf.set_lang("zh-CN" if document.language == "zh" else "en")
    pdf.set_margins(22, 20, 22)
    for weight, style in ((400, ""), (700, "B")):
        path = font_file(weight)
        if path is None:
            raise SetupError(
                "The Chinese font for PDF files is missing.",
                code="font_missing",
                remedy="Run make run again where npm can be reached, or use the HTML page.",
            )
        pdf.add_font(_FONT, style, path)
    pdf.add_page()
    return pdf


def _write_rows(pdf: FPDF, rows: Sequence[tuple[str, str]]) -> None:
    pdf.set_draw_color(200)
    for label, value in rows:
        pdf.set_font(_FONT, "", 11)
        pdf.set_text_color(*_GREY)
        top, page = pdf.get_y(), pdf.page_no()
        pdf.cell(_LABEL_MM, _LINE_MM, label)
        pdf.set_text_color(0)
        pdf.multi_cell(0, _LINE_MM, _printable(value, pdf), align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
        if pdf.page_no() == page and pdf.get_y() > top:
            pdf.line(pdf.l_margin, pdf.get_y(), pdf.w - pdf.r_margin, pdf.get_y())


def _printable(value: str, pdf: FPDF) -> str:
    """Return a text with 〓 for characters that the font lacks."""
    glyphs = pdf.fonts[pdf.current_font.fontkey].cmap  # type: ignore[union-attr]
    return "".join(character if ord(character) in glyphs or character == "\n" else "〓" for character in value)
