"""What a release's dossier says, for people and for machines: pages, files and lines."""

from __future__ import annotations

from gonogo.report.html import render_html
from gonogo.report.junit import junit_xml
from gonogo.report.results import results
from gonogo.report.terminal import summary_lines

__all__ = ["junit_xml", "render_html", "results", "summary_lines"]
