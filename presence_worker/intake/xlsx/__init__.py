"""XLSX: the parts of a workbook, its cells as people read them, and the sheets that have rows."""
