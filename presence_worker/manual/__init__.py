"""The manual: pages in Markdown, and how they are shown on a terminal and in a browser."""
